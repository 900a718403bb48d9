"""The search behind the calibration: it stays in its box, repeats itself, and finds what there is to find."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.demo.search import search

LOW, HIGH = np.array([-5.0, 0.0, 10.0]), np.array([5.0, 1.0, 400.0])
HILL = np.array([1.5, 0.9, 42.0])


def closeness(point: np.ndarray) -> float:
    return -float(np.sum(((point - HILL) / (HIGH - LOW)) ** 2))


def test_it_climbs_a_hill():
    best, top = search(closeness, LOW, HIGH, evaluations=2_000, seed=3)
    assert top > -1e-4
    np.testing.assert_allclose(best, HILL, atol=0.02 * (HIGH - LOW).max())


def test_the_same_seed_finds_the_same_point_and_another_seed_another():
    first, second = (search(closeness, LOW, HIGH, evaluations=200, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]
    assert search(closeness, LOW, HIGH, evaluations=200, seed=8)[1] != first[1]


def test_it_asks_exactly_as_often_as_it_may():
    asked = []
    search(lambda point: asked.append(1) or closeness(point), LOW, HIGH, evaluations=123, seed=1)
    assert len(asked) == 123


def test_what_has_no_score_is_never_chosen():
    def half_blind(point: np.ndarray) -> float:
        return float("nan") if point[0] > 0 else closeness(point)

    best, top = search(half_blind, LOW, HIGH, evaluations=500, seed=2)
    assert np.isfinite(top)
    assert best[0] <= 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 6))
def test_it_never_leaves_the_box_and_never_forgets_the_best(seed, dimensions):
    low = np.linspace(-3, 0, dimensions)
    high = low + np.linspace(1e-6, 50, dimensions)
    seen: list[float] = []

    def noted(point: np.ndarray) -> float:
        assert (point >= low).all()
        assert (point <= high).all()
        seen.append(float(np.sin(point * 7).sum()))
        return seen[-1]

    _, top = search(noted, low, high, evaluations=60, seed=seed)
    assert top == max(seen)
