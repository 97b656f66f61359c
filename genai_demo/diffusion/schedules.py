"""Noise schedules: how much of the picture is left at each of 1,000 training times, and which of them are visited.

x_t = alpha * x0 + sigma * eps with alpha = sqrt(abar), sigma = sqrt(1 - abar);
abar: alphas_cumprod, the product of 1 - beta up to t (Ho et al. 2020, eq. 4), (1000,), falling.
The network is told the angle atan2(sigma, alpha), so it works under any of these, whatever it was trained with.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

T = 1000  # training times
RHO = 7.0  # of Karras et al. 2022, eq. 5
CEILING = 160.0  # largest sigma / alpha that is visited; only the last handful of times of "cosine" lie above it
DIFFUSERS = "diffusers "  # begins the spacings whose times are diffusers' own


@functools.cache
def betas(schedule: str) -> np.ndarray:
    """Variance added at each time, (1000,) float64; the same four as in diffusers, with its usual limits."""
    if schedule == "linear":  # Ho et al. 2020
        return np.linspace(1e-4, 0.02, T)
    if schedule == "scaled_linear":  # Rombach et al. 2022: linear in sqrt(beta); it never reaches pure noise
        return np.asarray(np.linspace(0.00085**0.5, 0.012**0.5, T) ** 2)
    if schedule == "sigmoid":  # Xu et al. 2022 (GeoDiff)
        return np.asarray((0.02 - 1e-4) / (1 + np.exp(-np.linspace(-6, 6, T))) + 1e-4)
    if schedule == "cosine":  # Nichol & Dhariwal 2021, eq. 17: abar is a squared cosine, beta at most 0.999
        time = np.arange(T + 1) / T
        abar = np.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2
        return np.asarray(np.minimum(1 - abar[1:] / abar[:-1], 0.999))
    raise ValueError(schedule)


@functools.cache
def alphas_cumprod(schedule: str) -> np.ndarray:
    """abar, (1000,) float64, falling from almost 1."""
    return np.cumprod(1 - betas(schedule))


@dataclass(frozen=True, slots=True)
class Grid:
    """The noise levels a sampler visits, n + 1 of them, from noisy to clean: alpha (rising to 1), sigma (falling to 0).

    A sampler takes n steps; step i goes from level i to level i + 1.
    """

    alpha: tuple[float, ...]
    sigma: tuple[float, ...]

    @property
    def steps(self) -> int:
        return len(self.alpha) - 1

    def angle(self, i: int) -> float:
        """What the network is told at level i: 0 for data, pi / 2 for noise."""
        return math.atan2(self.sigma[i], self.alpha[i])

    def ratio(self, i: int) -> float:
        """sigma / alpha at level i: the noise where the picture is not shrunk (Karras et al. 2022 call it sigma)."""
        return self.sigma[i] / self.alpha[i]

    def decibels(self, i: int) -> float | None:
        """Signal to noise at level i; None where there is no noise."""
        return 20 * math.log10(self.alpha[i] / self.sigma[i]) if self.sigma[i] else None


def timesteps(steps: int, spacing: str = "trailing", last: int = T) -> np.ndarray:
    """Which of the first `last` times are visited, (steps,) int64, falling.

    trailing starts at the noisiest time (Lin et al. 2023, Table 2): last - i * last / steps, rounded, less 1.
    leading ends at the cleanest: i * last / steps, rounded down. linspace has both ends, rounded.
    These are not always diffusers' grids: its trailing is np.arange with a stride that isn't exact, so that some times
    differ by 1, and its leading rounds the stride down. "diffusers trailing" and so on (`diffusers_timesteps`) are.
    """
    if spacing.startswith(DIFFUSERS):
        return diffusers_timesteps(steps, spacing.removeprefix(DIFFUSERS))
    if spacing == "trailing":
        return np.round(last - np.arange(steps) * (last / steps)).astype(np.int64) - 1
    if spacing == "leading":
        return (np.arange(steps) * (last / steps)).astype(np.int64)[::-1]
    return np.linspace(0, last - 1, steps).round()[::-1].astype(np.int64)


def diffusers_timesteps(steps: int, spacing: str) -> np.ndarray:
    """The times of diffusers' DDIMScheduler with this `timestep_spacing`, (steps,) int64, falling; of all T times.

    At some step counts (61 is the first) its trailing lists one time more, -1, which is no time: left out. Its one
    step of linspace is at the cleanest time. ValueError for more than T steps.
    """
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(num_train_timesteps=T, timestep_spacing=spacing)
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps.numpy()
    return np.asarray(times[times >= 0])


def grid(schedule: str, steps: int, spacing: str = "trailing", ceiling: float = CEILING) -> Grid:
    """The levels of `steps` steps under a schedule; the last one is clean.

    spacing "karras" puts them evenly in ratio ** (1 / 7) between the schedule's ends (Karras et al. 2022, eq. 5).
    Times noisier than the ceiling are left out: nothing of a picture is left there, and a step as long as theirs
    makes second-order rules overshoot (diffusers' DPM-Solver has lambda_min_clipped for it). The spacings that bear
    diffusers' name choose among all times, as it does. Each step leads to the next level listed; diffusers' DDIM
    steps to t - T // steps instead, which is the same only where steps divides T.
    """
    abar = alphas_cumprod(schedule)
    if not spacing.startswith(DIFFUSERS):
        abar = abar[np.sqrt((1 - abar) / abar) <= ceiling]
    if spacing == "karras":
        ratio = np.sqrt((1 - abar[[-1, 0]]) / abar[[-1, 0]]) ** (1 / RHO)
        return from_ratios((ratio[0] + np.linspace(0, 1, steps) * (ratio[1] - ratio[0])) ** RHO)
    chosen = abar[timesteps(steps, spacing, len(abar))]
    return Grid((*np.sqrt(chosen).tolist(), 1.0), (*np.sqrt(1 - chosen).tolist(), 0.0))


def from_ratios(ratios: np.ndarray) -> Grid:
    """The grid whose levels have these sigma / alpha, (n,) falling; the clean level is appended."""
    angle = np.arctan(ratios)
    return Grid((*np.cos(angle).tolist(), 1.0), (*np.sin(angle).tolist(), 0.0))


def below(schedule: str, ratio: float, steps: int) -> Grid:
    """A grid that starts at exactly sigma / alpha = ratio and then takes times of the schedule, evenly spaced."""
    abar = alphas_cumprod(schedule)
    all_ratios = np.sqrt((1 - abar) / abar)  # rising with t
    start = float(np.interp(ratio, all_ratios, np.arange(T)))
    times = start * (1 - np.arange(steps) / steps)
    chosen = np.interp(times, np.arange(T), all_ratios)
    chosen[0] = ratio
    return from_ratios(chosen)
