"""Drawings of six shapes, made on the spot: 28x28, white on black, any number, the same for the same seed."""

from __future__ import annotations

import numpy as np

SHAPES = ("disc", "ring", "square", "triangle", "cross", "star")
SIDE = 28
EDGE = 1.2  # pixels over which an outline fades


def load(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawings (n, 28, 28) uint8 of random place, size, turn and brightness, and labels (n,) indexing SHAPES."""
    random = np.random.default_rng(seed)
    labels = random.integers(len(SHAPES), size=n)
    radius = random.uniform(5.5, 10.5, (n, 1, 1))
    centre = 13.5 + random.uniform(-1, 1, (2, n, 1, 1)) * (12.5 - radius)
    turn = random.uniform(0, 2 * np.pi, (n, 1, 1))
    bright = random.uniform(0.6, 1, (n, 1, 1))
    rows, columns = np.mgrid[:SIDE, :SIDE][:, None]
    dy, dx = rows - centre[0], columns - centre[1]
    x, y = (np.cos(turn) * dx + np.sin(turn) * dy) / radius, (np.cos(turn) * dy - np.sin(turn) * dx) / radius
    depth = _depth(x, y, labels) * radius  # pixels inside the outline, negative outside
    return np.asarray((np.clip(depth / EDGE + 0.5, 0, 1) * bright * 255).round(), np.uint8), labels


def _depth(x: np.ndarray, y: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far inside the unit shape each point is, (n, 28, 28); about right near the outline, which is all we draw."""
    depth = np.empty_like(x)
    for label in range(len(SHAPES)):
        own = labels == label
        depth[own] = _inside(label, x[own], y[own])
    return depth


def _inside(label: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same for points of one shape."""
    away = np.hypot(x, y)
    if label == 0:
        return np.asarray(1 - away)
    if label == 1:
        return np.asarray(0.28 - np.abs(away - 0.72))
    if label == 2:
        return np.asarray(0.8 - np.maximum(np.abs(x), np.abs(y)))
    if label == 4:
        bar = np.minimum(0.95 - np.abs(x), 0.3 - np.abs(y))
        return np.asarray(np.maximum(bar, np.minimum(0.95 - np.abs(y), 0.3 - np.abs(x))))
    angle = np.arctan2(y, x)
    if label == 3:
        third = (angle + np.pi / 3) % (2 * np.pi / 3) - np.pi / 3
        return np.asarray(0.55 - away * np.cos(third))
    return np.asarray(0.45 + 0.5 * np.abs(np.cos(2.5 * angle)) ** 3 - away)
