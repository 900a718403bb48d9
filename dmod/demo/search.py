"""Dynamically dimensioned search: the best point of a box in a given number of evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Point = NDArray[np.float64]

WIDTH = 0.2  # standard deviation of a step, as a share of each side; the authors' advice


def search(
    score: Callable[[Point], float], low: Point, high: Point, *, evaluations: int, seed: int
) -> tuple[Point, float]:
    """The point of the box with the highest score found, and its score.

    Tolson and Shoemaker (2007), Water Resour. Res. 43, W01413: from a random point, dimensions are perturbed with a
    probability that falls with the logarithm of the evaluations, from all of them at first to one at the end; what
    leaves the box comes back by reflection. A score that is NaN counts as the worst.

    Args:
        score: of a point, (dimensions,); the higher the better.
        low: of the box, (dimensions,).
        high: of the box, (dimensions,).
        evaluations: of the score, 2 at least.
        seed: of the random numbers; the same seed finds the same point.
    """
    draw = np.random.default_rng(seed)
    best = low + draw.random(low.size) * (high - low)
    top = _sound(score(best))
    for done in range(1, evaluations):
        share = 1 - np.log(done) / np.log(evaluations)
        moved = draw.random(low.size) < share
        if not moved.any():
            moved[draw.integers(low.size)] = True
        steps = np.where(moved, draw.standard_normal(low.size) * WIDTH * (high - low), 0.0)
        trial = _reflected(best + steps, low, high)
        found = _sound(score(trial))
        if found >= top:
            best, top = trial, found
    return best, top


def _sound(value: float) -> float:
    return value if np.isfinite(value) else -np.inf


def _reflected(point: Point, low: Point, high: Point) -> Point:
    """Inside the box: mirrored at the side it left, or on that side if the mirror image leaves the other."""
    inner = np.where(point < low, 2 * low - point, point)
    inner = np.where(inner > high, 2 * high - inner, inner)
    return np.clip(np.where((inner < low) | (inner > high), np.where(point < low, low, high), inner), low, high)
