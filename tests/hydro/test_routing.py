"""Water through channels: the textbook's numbers, a plain loop over every sub-step, and the laws it must keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.errors import UsageError
from dmod.hydro.hydrofabric import Hydrofabric, Tables
from dmod.hydro.routing import Muskingum, Network, plan, recursion

HOUR = 3600.0


def fabric(below: dict[int, int]) -> Hydrofabric:
    """Catchment N drains to nexus `below[N]`, which feeds the catchment of that number, if there is one."""
    nexuses = sorted(set(below.values()))
    tables = Tables(
        [f"cat-{n}" for n in below], [1.0] * len(below), [f"nex-{n}" for n in below.values()],
        np.full(len(below), np.nan), [f"nex-{n}" for n in nexuses], [f"wb-{n}" for n in nexuses], {}, "2.2",
    )  # fmt: skip
    return Hydrofabric.build(tables, Path("river.gpkg"))


CHAIN = fabric({1: 2, 2: 3, 3: 99})  # nex-2 and nex-3 have flowpaths wb-2 and wb-3; nex-99 is the mouth


def channel(lag: float, weight: float, step: float = HOUR) -> Muskingum:
    """One reach, wb-2, from nex-2 to nex-99."""
    return Muskingum(Network.of(fabric({1: 2, 2: 99})), np.array([0.0, lag]), np.array([0.0, weight]), step)


def one(reach: Muskingum, inflow: list[float] | np.ndarray) -> np.ndarray:
    """What comes out of one reach."""
    local = np.zeros((2, len(inflow)))
    local[0] = inflow
    total, outflow = reach.route(local)
    np.testing.assert_array_equal(total[1], outflow[0])
    return outflow[0]


def test_the_example_of_the_textbook():
    """Chow, Maidment and Mays (1988), example 8.4.1: K = 2.3 h, X = 0.15, steps of an hour, cfs."""
    inflow = [137, 208, 320, 442, 546, 630, 678, 691, 675, 634, 571, 477, 390, 329, 247, 184, 134, 108, 90]
    expected = [91, 114, 159, 233, 324, 420, 509, 578, 623, 642, 635, 603, 546, 479, 413, 341, 274, 215, 170]
    reach = channel(2.3 * HOUR, 0.15)
    assert [float(c[0]) for c in (reach._c0, reach._c1, reach._c2)] == pytest.approx([0.0631, 0.3442, 0.5927], abs=5e-5)
    reach._in[:], reach._out[:] = 93, 85  # where the example begins
    assert one(reach, inflow) == pytest.approx(expected, abs=0.6)


def loop(lag: float, weight: float, step: float, inflow: np.ndarray) -> np.ndarray:
    """The same, sub-step by sub-step and piece by piece."""
    found = plan(np.array([lag]), np.array([weight]), step)
    pieces, parts, weight = int(found.pieces[0]), int(found.parts[0]), float(found.weights[0])
    lag, step = lag / pieces, step / parts
    whole = 2 * lag * (1 - weight) + step
    c0, c1, c2 = (
        (step - 2 * lag * weight) / whole,
        (step + 2 * lag * weight) / whole,
        (2 * lag * (1 - weight) - step) / whole,
    )
    for _ in range(pieces):
        before = after = 0.0
        means = []
        for flow in inflow:
            told = []
            for _ in range(parts):
                after, before = c0 * flow + c1 * before + c2 * after, flow
                told.append(after)
            means.append(np.mean(told))
        inflow = np.array(means)
    return inflow


LAGS, WEIGHTS = st.floats(1, 9 * HOUR), st.floats(0, 0.5)
STEPS = st.sampled_from([900.0, HOUR, 6 * HOUR, 24 * HOUR])
FLOWS = st.lists(st.floats(0, 1e4), min_size=1, max_size=40).map(np.array)


@settings(deadline=None)
@given(st.floats(60, 40 * HOUR), WEIGHTS, STEPS, FLOWS)
def test_it_is_the_plain_loop_over_every_sub_step(lag, weight, step, inflow):
    assert one(channel(lag, weight, step), inflow) == pytest.approx(loop(lag, weight, step, inflow), rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(LAGS, WEIGHTS), min_size=1, max_size=9), STEPS)
def test_no_coefficient_is_negative(pairs, step):
    lags, weights = np.array(pairs).T
    found = plan(lags, weights, step)
    share = found.pieces * step / (found.parts * lags)
    assert (2 * found.weights <= share + 1e-6).all()
    assert (share <= 2 * (1 - found.weights) + 1e-6).all()
    assert (found.weights <= weights).all()
    assert (found.weights >= weights - 0.01).all(), "what is asked for, or nearly so"


@pytest.mark.parametrize(
    ("lag", "step", "pieces", "parts"),
    [
        (HOUR, HOUR, 1, 1),
        (HOUR, 24 * HOUR, 1, 15),  # 24 h / (2 x 1 h x 0.8)
        (10 * HOUR, HOUR, 4, 1),  # 2 x 10 h x 0.2 / 1 h
        (0.0, HOUR, 1, 1),
        (60.0, HOUR, 1, 38),
    ],
)
def test_a_short_reach_cuts_the_step_and_a_long_one_is_cut_itself(lag, step, pieces, parts):
    found = plan(np.array([lag]), np.array([0.2]), step)
    assert (found.pieces[0], found.parts[0], found.weights[0]) == (pieces, parts, 0.2)


@pytest.mark.parametrize(("lag", "weight"), [(-1.0, 0.2), (HOUR, 0.51), (HOUR, -0.1), (np.nan, 0.2), (np.inf, 0.2)])
def test_what_is_no_reach_is_refused(lag, weight):
    with pytest.raises(UsageError, match="are no reach"):
        channel(lag, weight)


@st.composite
def rivers(draw: st.DrawFn) -> tuple[Hydrofabric, np.ndarray, np.ndarray, float, np.ndarray]:
    """Any tree, with any channels and any water."""
    count = draw(st.integers(1, 12))
    river = fabric({n: draw(st.integers(n + 1, count + 3)) for n in range(1, count + 1)})
    lags = np.array(draw(st.lists(st.one_of(st.just(0.0), LAGS), min_size=count, max_size=count)))
    weights = np.array(draw(st.lists(WEIGHTS, min_size=count, max_size=count)))
    steps = draw(st.integers(1, 30))
    water = draw(st.integers(0, 2**32 - 1).map(np.random.default_rng)).gamma(0.5, 3, (len(river.nexuses), steps))
    return river, lags, weights, draw(STEPS), water


@settings(deadline=None)
@given(rivers())
def test_what_came_in_is_what_left_and_what_is_stored(river):
    fabric_, lags, weights, step, water = river
    channels = Muskingum(Network.of(fabric_), lags, weights, step)
    total, outflow = channels.route(water)
    left = total[channels.network.mouths].sum() + outflow[channels.network.below < 0].sum()
    assert left * step + channels.stored() == pytest.approx(water.sum() * step, rel=1e-9, abs=1e-6)
    assert total.min() >= -1e-9
    assert channels.stored() >= -1e-6


@settings(deadline=None, max_examples=30)
@given(rivers())
def test_all_of_it_leaves_in_the_end(river):
    fabric_, lags, weights, step, water = river
    channels = Muskingum(Network.of(fabric_), lags, weights, step)
    dry = np.zeros((water.shape[0], int(30 * 12 * 9 * HOUR / step) + 50))
    total, _ = channels.route(np.concatenate([water, dry], axis=1))
    assert total[channels.network.mouths].sum() == pytest.approx(water.sum(), rel=1e-9)


@settings(deadline=None)
@given(rivers(), st.data())
def test_blocks_of_time_are_one_run(river, data):
    fabric_, lags, weights, step, water = river
    whole = Muskingum(Network.of(fabric_), lags, weights, step).route(water)
    cut = data.draw(st.integers(1, water.shape[1]))
    channels = Muskingum(Network.of(fabric_), lags, weights, step)
    parts = [channels.route(water[:, at : at + cut]) for at in range(0, water.shape[1], cut)]
    for at in (0, 1):
        together = np.concatenate([part[at] for part in parts], axis=1)
        np.testing.assert_allclose(together, whole[at], rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(rivers(), st.floats(0.1, 9))
def test_twice_the_water_is_twice_the_flow(river, factor):
    fabric_, lags, weights, step, water = river
    flows = [Muskingum(Network.of(fabric_), lags, weights, step).route(each)[0] for each in (water, factor * water)]
    np.testing.assert_allclose(flows[1], factor * flows[0], rtol=1e-9, atol=1e-9)


def test_without_a_lag_the_mouth_has_the_sum_of_all_at_once():
    channels = Muskingum(Network.of(CHAIN), np.zeros(3), np.zeros(3), HOUR)
    water = np.arange(12.0).reshape(3, 4)
    total, _ = channels.route(water)
    np.testing.assert_array_equal(total, np.cumsum(water, axis=0))
    assert channels.stored() == 0


def test_a_wave_comes_later_and_lower_downstream():
    """The mean of the time at which it passes moves by K with each reach; the peak sinks."""
    channels = Muskingum(Network.of(CHAIN), np.full(3, HOUR), np.full(3, 0.2), HOUR)
    water = np.zeros((3, 60))
    water[0, 5:8] = 10, 30, 10
    total, _ = channels.route(water)
    hours = np.arange(60)
    middles = (total * hours).sum(axis=1) / total.sum(axis=1)
    assert middles == pytest.approx([6, 7, 8])
    assert (np.diff(total.max(axis=1)) < 0).all()


def test_levels_go_from_the_sources_to_the_mouth():
    network = Network.of(fabric({1: 5, 2: 5, 3: 6, 5: 7, 6: 7, 7: 99, 8: 99}))
    names = ("nex-5", "nex-6", "nex-7", "nex-99")
    assert [[names[at] for at in level] for level in network.levels] == [["nex-5", "nex-6"], ["nex-7"]]
    assert [names[at] for at in network.mouths] == ["nex-99"]


@given(st.floats(0, 0.99), st.integers(1, 70), st.floats(-5, 5))
def test_the_recursion_is_that_of_a_loop(share, steps, start):
    given_ = np.random.default_rng(steps).normal(size=(1, steps))
    expected, last = [], start
    for value in given_[0]:
        last = share * last + value
        expected.append(last)
    found = recursion(given_, np.array([share]), np.array([start]))
    assert found[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)
