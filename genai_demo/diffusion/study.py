"""Runs that look into the process: the forward noising of a picture, and error against number of evaluations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import curve, number, pictures
from genai_demo.diffusion.guide import Guide, Network, Noise, labels, pictures_of, place, rms, tensor_of
from genai_demo.diffusion.options import ErrorOptions, ForwardOptions
from genai_demo.diffusion.sample import NOISE_RANGE
from genai_demo.diffusion.samplers import SAMPLERS, Step, evaluations
from genai_demo.diffusion.schedules import alphas_cumprod, grid
from genai_demo.inputs.pictures import decode_picture


def marginal(x0: Tensor, abar: float, eps: Tensor) -> Tensor:
    """A draw from q(x_t | x_0) (Ho et al. 2020, eq. 4): sqrt(abar) * x0 + sqrt(1 - abar) * eps."""
    return math.sqrt(abar) * x0 + math.sqrt(1 - abar) * eps


def noisier(x: Tensor, abar: float, abar_next: float, eps: Tensor) -> Tensor:
    """A draw from q(x_t | x_s), t later than s: the same rule with the share abar_next / abar."""
    return marginal(x, abar_next / abar, eps)


@dataclass(frozen=True, slots=True, eq=False)
class ForwardStep:
    """One noise level. All pictures (1, 28, 28)."""

    index: int
    total: int
    x: np.ndarray = pictures("noisy, x_t")
    eps: np.ndarray = pictures("the noise in it")
    x0: np.ndarray = pictures("clean, as the network guesses")
    given: np.ndarray = pictures("your picture")
    t: int = number("noise level, t of 1,000", digits=0)
    decibels: float | None = number("signal to noise", unit="dB", digits=1)
    alpha: float = curve("picture left, alpha", chart="picture and noise")
    sigma: float = curve("noise, sigma", chart="picture and noise")
    error: float = curve("error of the guess")


@torch.inference_mode()
def forward(model: Network, options: ForwardOptions, *, seed: int) -> Iterator[ForwardStep]:
    """Noise a picture through the levels of a schedule; at each, ask the network what the clean one was.

    "at once" jumps to each level with one noise, "step by step" adds fresh noise to the level before: any single
    level is distributed the same both ways. Raises DemoError where the picture is none.
    """
    clean = tensor_of(decode_picture(options.picture), model)
    noise = Noise(seed, 1, model.shape, clean.device)
    guide = Guide(model, labels(model, options.label, 1), 1.0)
    abar = np.concatenate([[1.0], alphas_cumprod(options.schedule)])  # abar[t], t = 0 is the clean picture
    times = np.linspace(0, len(abar) - 1, options.steps).round().astype(int)
    eps, x, before = noise(), clean, 1.0
    for index, t in enumerate(times.tolist()):
        if options.way == "at once":
            x = marginal(clean, float(abar[t]), eps)
        elif t:
            x = noisier(x, before, float(abar[t]), noise())
        before = float(abar[t])
        alpha, sigma = math.sqrt(before), math.sqrt(1 - before)
        x0, _ = guide(x, math.atan2(sigma, alpha)) if t else (clean, eps)
        inside = (x - alpha * clean) / sigma if t else torch.zeros_like(clean)
        decibels = 20 * math.log10(alpha / sigma) if t else None
        yield ForwardStep(
            index,
            options.steps,
            pictures_of(x),
            pictures_of(inside, NOISE_RANGE),
            pictures_of(x0),
            pictures_of(clean),
            t,
            decibels,
            alpha,
            sigma,
            rms(x0 - clean),
        )


AGAINST = "error against the fine run"


@dataclass(frozen=True, slots=True, eq=False)
class ErrorStep:
    """One budget of evaluations, spent by each sampler. Errors: log10 of the root mean square in pixels of -1..1."""

    index: int
    total: int
    exact: np.ndarray = pictures("fine run", columns=4)
    ddim: np.ndarray = pictures("DDIM", columns=4)
    heun: np.ndarray = pictures("Heun", columns=4)
    dpm: np.ndarray = pictures("DPM-Solver++", columns=4)
    ddpm: np.ndarray = pictures("DDPM, fresh noise each time", columns=4)
    budget: int = number("evaluations a picture", digits=0)
    fine: int = number("evaluations of the fine run", digits=0)
    euler_gap: float = number("Euler and DDIM differ by", digits=6)
    ddim_error: float = curve("DDIM = Euler", unit="log10 rms", chart=AGAINST, against="budget")
    heun_error: float = curve("Heun", unit="log10 rms", chart=AGAINST, against="budget")
    dpm_error: float = curve("DPM-Solver++", unit="log10 rms", chart=AGAINST, against="budget")
    ddpm_error: float = curve("DDPM, fresh noise each time", unit="log10 rms", chart=AGAINST, against="budget")


@torch.inference_mode()
def error(model: Network, options: ErrorOptions, *, seed: int) -> Iterator[ErrorStep]:
    """Every sampler from the same noise with 1, 2, 4, ... evaluations, against a fine run of the probability flow.

    DDPM draws noise of its own on its way, so it arrives elsewhere however fine its steps are.
    """
    noise = Noise(seed, options.samples, model.shape, place(model)[0])
    x = noise()
    guide = Guide(model, labels(model, options.label, options.samples), options.guidance_scale, clip=options.clip)

    def finish(name: str, steps: int, spacing: str = options.spacing) -> Tensor:
        return _last(SAMPLERS[name](guide, x, grid(options.schedule, steps, spacing), noise.copy())).after

    exact = finish("heun", options.reference, "karras")
    budgets = [2**k for k in range(int(math.log2(options.most)) + 1)]
    for index, budget in enumerate(budgets):
        spent = {name: (budget + 1) // 2 if name == "heun" else budget for name in SAMPLERS}
        made = {name: finish(name, steps) for name, steps in spent.items()}
        ddim, heun, dpm, ddpm = (made[name] for name in ("ddim", "heun", "dpm", "ddpm"))
        yield ErrorStep(
            index,
            len(budgets),
            pictures_of(exact),
            pictures_of(ddim),
            pictures_of(heun),
            pictures_of(dpm),
            pictures_of(ddpm),
            budget,
            evaluations("heun", options.reference),
            rms(made["euler"] - ddim),
            *(math.log10(max(rms(y - exact), 1e-9)) for y in (ddim, heun, dpm, ddpm)),
        )


def _last(steps: Iterator[Step]) -> Step:
    for step in steps:  # noqa: B007
        pass
    return step
