"""Measured quality: pure functions on pictures and features. Each architecture applies them in its measuring.py.

Pictures are (n, 28, 28) uint8; features (n, 128), what the bundled classifier makes of them before its last layer.
Distances between features are therefore this project's own: they compare its models, not models elsewhere.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import pick_device
from genai_demo.core.spec import find_spec
from genai_demo.core.weights import find
from genai_demo.data import fashion_mnist
from genai_demo.quality.classifier.model import Classifier, build

BATCH = 500  # pictures, or rows of a distance table, at a time
BLOCK = 10_000  # training pictures compared at a time
JUDGE = "classifier/fashion"


@functools.cache
def judge() -> Classifier:
    """The classifier in float32, whatever precision the pages run in: rounding would move the distances."""
    _, path = find(find_spec(JUDGE))
    model: Classifier = build(path).to(pick_device()).requires_grad_(False)  # type: ignore[arg-type]
    return model


def _batches(pictures: np.ndarray) -> Iterator[Tensor]:
    """(n, 28, 28) uint8 -> batches (b, 1, 28, 28) float32 in [0, 1] where the judge is."""
    device = next(judge().parameters()).device
    for start in range(0, len(pictures), BATCH):
        batch = torch.from_numpy(np.array(pictures[start : start + BATCH]))
        yield batch.to(device).float().div(255).unsqueeze(1)


@torch.inference_mode()
def features(pictures: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> (n, 128) float64, the space in which Frechet distance, density and coverage are taken."""
    found: np.ndarray = torch.cat([judge().features(x) for x in _batches(pictures)]).double().cpu().numpy()
    return found


@torch.inference_mode()
def classes(pictures: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> (n,) int64, the class the judge sees in each."""
    found: np.ndarray = torch.cat([judge()(x).argmax(1) for x in _batches(pictures)]).cpu().numpy()
    return found


@torch.inference_mode()
def confidence(pictures: np.ndarray) -> float:
    """(n, 28, 28) uint8 -> the mean probability of the class the judge sees in each: low where it sees none."""
    return float(torch.cat([judge()(x).softmax(1).amax(1) for x in _batches(pictures)]).mean())


def accuracy(pictures: np.ndarray, labels: np.ndarray) -> float:
    """Share of the pictures in which the judge sees the label: "GAN-test" (Shmelkov, Schmid & Alahari 2018)."""
    return float((classes(pictures) == labels).mean())


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Frechet distance between Gaussians fitted to two sets of features, (n, d) and (m, d) (Heusel et al. 2017).

    |mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2)); the last trace is the sum of the square roots of the eigenvalues
    of A^(1/2) B A^(1/2), which is symmetric, so that singular covariances do no harm. Falls with n: compare equal n.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    cov_a, cov_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ cov_b @ root), 0, None)).sum()
    apart = np.square(a.mean(0) - b.mean(0)).sum()
    return float(max(0.0, apart + np.trace(cov_a) + np.trace(cov_b) - 2 * cross))


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances between rows, (n, d) and (m, d) -> (n, m)."""
    table = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * (a @ b.T)
    return np.asarray(np.clip(table, 0, None))


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> tuple[float, float]:
    """Density and coverage of features, (n, d) and (m, d) (Naeem et al. 2020).

    Around each real point lies a ball that reaches to its k-th nearest real neighbour. Density: how many balls a
    fake point lies in, over k (about 1 for real data, more where fakes crowd). Coverage: share of the balls that
    have a fake point in them; real data of the same size gives 1 - 2^-k. Raises ValueError where n is k or fewer.
    """
    if len(real) <= k:
        raise ValueError(f"{len(real)} real points have no {k}-th neighbour")
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    inside, covered = 0, 0
    for start in range(0, len(real), BATCH):
        rows = real[start : start + BATCH]
        radius = np.partition(_squared(rows, real), k, axis=1)[:, k]  # place 0 is the point itself
        within = _squared(rows, fake) < radius[:, None]
        inside += int(within.sum())
        covered += int(within.any(1).sum())
    return inside / (k * len(fake)), covered / len(real)


def nearest(fake: np.ndarray, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The training picture nearest to each of n pictures: distances (n,) and indices (n,).

    Distance: Euclidean over the pixels, black to white counted as 1; an exact copy has 0.
    """
    flat = fake.reshape(len(fake), -1)
    best, index = np.full(len(fake), np.inf, np.float32), np.zeros(len(fake), np.int64)
    for start in range(0, len(training), BLOCK):
        block = training[start : start + BLOCK].reshape(-1, flat.shape[1]).astype(np.float32)
        for low in range(0, len(fake), BATCH):
            rows = slice(low, low + BATCH)
            table = _squared(flat[rows].astype(np.float32), block)
            place = table.argmin(1)
            value = table[np.arange(len(place)), place]
            closer = value < best[rows]
            best[rows] = np.where(closer, value, best[rows])
            index[rows] = np.where(closer, start + place, index[rows])
    found = training[index].reshape(flat.shape).astype(np.float64) - flat
    return np.sqrt(np.square(found / 255).sum(1)), index


def auroc(usual: np.ndarray, strange: np.ndarray) -> float:
    """Chance that a strange score (m,) is higher than a usual one (n,), ties for a half (Mann & Whitney 1947)."""
    above = (strange[:, None] > usual).mean() + (strange[:, None] == usual).mean() / 2
    return float(above)


def even(labels: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Indices (count // 10 * 10,) of as many pictures of each class, drawn without repeats, class by class."""
    random = np.random.default_rng(seed)
    each = [random.choice(np.flatnonzero(labels == label), count // 10, replace=False) for label in range(10)]
    return np.concatenate(each)


class Reference(NamedTuple):
    """Real pictures to measure against, n of each kind evenly over the classes, and what n real ones would score."""

    test: np.ndarray  # (n, 28, 28)
    train: np.ndarray  # (60000, 28, 28), all
    test_features: np.ndarray  # (10000, 128), all
    even_features: np.ndarray  # (n, 128), of `test`
    floor: dict[str, float]  # frechet, density, coverage of n training pictures in the place of samples


def reference(count: int) -> Reference:
    """What `count` samples are measured against. Raises DemoError where the data set can't be had."""
    train, train_labels = fashion_mnist.load("train")
    test, test_labels = fashion_mnist.load("test")
    pick = even(test_labels, min(count, len(test)))
    found = features(test)
    blank = Reference(test[pick], train, found, found[pick], {})
    return blank._replace(floor=distances(blank, features(train[even(train_labels, count)])))


def distances(real: Reference, fake: np.ndarray) -> dict[str, float]:
    """Frechet distance to the whole test split; density and coverage of as many test pictures. fake: features."""
    density, coverage = density_coverage(real.even_features, fake)
    return {
        "frechet": round(frechet(real.test_features, fake), 2),
        "density": round(density, 3),
        "coverage": round(coverage, 3),
    }


def memorised(real: Reference, fake: np.ndarray) -> dict[str, float]:
    """Whether samples lie nearer to training pictures than unseen real pictures do; distances as in `nearest`.

    below_median, below_percentile: share of the samples nearer than the median, and than the nearest 1 %, of the
    test pictures; 0.5 and 0.01 for samples as new as those.
    """
    ours, theirs = nearest(fake, real.train)[0], nearest(real.test, real.train)[0]
    return {
        "nearest_median": round(float(np.median(ours)), 3),
        "nearest_median_test": round(float(np.median(theirs)), 3),
        "nearest_least": round(float(ours.min()), 3),
        "nearest_least_test": round(float(theirs.min()), 3),
        "below_median": round(float((ours < np.median(theirs)).mean()), 4),
        "below_percentile": round(float((ours < np.quantile(theirs, 0.01)).mean()), 4),
    }
