"""Blocks: the laws of sets, held against sets of plain triples."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dmod.data import blocks
from dmod.data.blocks import ALL, Block, Features, block
from dmod.hydro.period import TimeRange

HOUR = 3600
EPOCH = datetime(2015, 12, 1, tzinfo=UTC)
NAMES = ("cat-1", "cat-2", "cat-3", "cat-4")
OTHER = "cat-99"  # stands for all that nobody names

names = st.frozensets(st.sampled_from(NAMES), max_size=4)
features = st.builds(Features, names, st.booleans())
variables = st.frozensets(st.sampled_from(["rain", "warmth"]), max_size=2)


@st.composite
def times(draw: st.DrawFn) -> TimeRange | None:
    if draw(st.integers(0, 5)) == 0:
        return None
    begin = EPOCH + timedelta(hours=draw(st.integers(0, 6)))
    return TimeRange(begin, begin + timedelta(hours=draw(st.integers(0, 4))))


sets = st.lists(st.builds(Block, features, times(), variables), max_size=4)


def triples(found: object) -> set[tuple[str, object, str]]:
    """Every (feature, stamp, variable), with one more feature for those that are not named."""
    return {
        (name, stamp, variable)
        for each in found  # type: ignore[attr-defined]
        for name in (*NAMES, OTHER)
        if name in each.features
        for stamp in ([None] if each.time is None else range_of(each.time))
        for variable in (each.variables or {""})
    }


def range_of(when: TimeRange) -> list[datetime]:
    return [when.begin + timedelta(hours=n) for n in range(when.steps(HOUR))]


@given(sets, sets)
def test_the_operations_are_those_of_sets(a, b):
    assert triples(blocks.union(a, b, HOUR)) == triples(a) | triples(b)
    assert triples(blocks.intersect(a, b, HOUR)) == triples(a) & triples(b)
    assert triples(blocks.subtract(a, b, HOUR)) == triples(a) - triples(b)


@given(sets, sets, sets)
def test_union_is_commutative_and_associative(a, b, c):
    assert blocks.union(a, b, HOUR) == blocks.union(b, a, HOUR)
    left = blocks.union(blocks.union(a, b, HOUR), c, HOUR)
    assert left == blocks.union(a, blocks.union(b, c, HOUR), HOUR)


@given(sets, sets)
def test_what_is_missing_and_what_is_there_make_the_need(need, have):
    missing, there = blocks.subtract(need, have, HOUR), blocks.intersect(need, have, HOUR)
    assert blocks.union(missing, there, HOUR) == blocks.union(need, (), HOUR)
    assert blocks.intersect(missing, have, HOUR) == ()


@given(sets)
def test_a_set_without_itself_is_nothing_and_with_itself_is_itself(a):
    assert blocks.subtract(a, a, HOUR) == ()
    assert blocks.union(a, a, HOUR) == blocks.union(a, (), HOUR) == blocks.intersect(a, a, HOUR)


@given(features, features)
def test_covering_is_having_every_one(a, b):
    everyone = (*NAMES, OTHER)
    assert a.covers(b) == all(name in a for name in everyone if name in b)
    assert all((name in a.union(b)) == (name in a or name in b) for name in everyone)


def test_what_upstream_got_wrong():
    """[a, b] without [a] is [b]; a..d without [b, c] is [a, d]; nobody's finite list is "all"."""
    letters = block(["a", "b", "c", "d"])
    assert blocks.subtract([block(["a", "b"])], [block(["a"])], 1) == (block(["b"]),)
    assert blocks.subtract([letters], [block(["b", "c"])], 1) == (block(["a", "d"]),)
    assert not letters.features.covers(ALL)
    assert blocks.subtract([block(None)], [letters], 1) == (Block(Features(frozenset("abcd"), inverted=True)),)


def test_thousands_of_catchments_with_a_period_each_stay_quick():
    """Each of 5,000 catchments begins on another hour; work grows with their number, not with its square."""
    have = [
        block([f"cat-{n}"], TimeRange(EPOCH + timedelta(hours=n), EPOCH + timedelta(hours=n + 10)))
        for n in range(5_000)
    ]
    need = [block([f"cat-{n}" for n in range(5_000)], TimeRange(EPOCH, EPOCH + timedelta(hours=5)))]
    began = time.process_time()
    missing = blocks.subtract(need, have, HOUR)
    assert time.process_time() - began < 10, "quadratic work would take minutes"
    assert sum(len(each.features.names) for each in missing if each.time == need[0].time) == 5_000 - 6
