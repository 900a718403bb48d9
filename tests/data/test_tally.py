"""Tally: what it counts is what taking away one by one leaves, for any blocks; and it is quick where there are many."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import assume, given
from hypothesis import strategies as st

from dmod.data.blocks import ANY, Block, Features, block
from dmod.data.dataset import Dataset
from dmod.data.domain import Domain, open_in
from dmod.data.format import Category
from dmod.data.match import fewest, match
from dmod.data.requirement import Requirement
from dmod.data.tally import tally
from dmod.hydro.period import TimeRange

HOUR = 3600
EPOCH = datetime(2015, 12, 1, tzinfo=UTC)
YEAR = TimeRange.parse("2015-01-01", "2015-12-31 23:00")
NAMES = ("cat-1", "cat-2", "cat-3")

names = st.frozensets(st.sampled_from(NAMES), max_size=3)
wanted = st.one_of(st.just(ANY), st.builds(Features, names.filter(bool)))


@st.composite
def times(draw: st.DrawFn) -> TimeRange | None:
    if draw(st.integers(0, 5)) == 0:
        return None
    begin = EPOCH + timedelta(minutes=30 * draw(st.sampled_from([0, 2, 4, 6, 8, 9])))  # the last is off the hour
    return TimeRange(begin, begin + timedelta(hours=draw(st.integers(0, 4))))


def some(*words: str):
    return st.frozensets(st.sampled_from(words), max_size=2)


own = st.builds(Block, st.builds(Features, names, st.booleans()), times(), some("rain", "warmth"))
needs = st.builds(Block, wanted, times(), some("rain", "warmth|heat"))
domains = st.lists(
    st.builds(lambda found: Domain("aorc-csv", tuple(found), HOUR), st.lists(own, max_size=3)), max_size=4
)


def amount(parts) -> int:
    return sum(
        len(each.features.names) * (each.time.steps(HOUR) if each.time else 1) * max(len(each.variables), 1)
        for each in parts
    )


@given(needs, domains, st.sampled_from([None, HOUR]))
def test_what_none_has_is_what_is_left_when_all_are_taken_away(need, stock, step):
    assume(step or any(domain.blocks for domain in stock))  # or else nobody says how long a step is
    cells = tally([need], stock, step)
    assert sum(cells.values()) == amount([need])
    for count in range(len(stock) + 1):
        for places in combinations(range(len(stock)), count):
            lacking = sum(size for bits, size in cells.items() if not any(bits >> at & 1 for at in places))
            assert lacking == amount(open_in([need], [stock[at] for at in places], step))


@given(st.lists(st.integers(1, 127), min_size=1, max_size=12))
def test_the_fewest_are_the_first_of_the_smallest_sets_that_meet_every_cell(cells):
    def covers(places):
        return all(any(cell >> at & 1 for at in places) for cell in cells)

    sizes = (found for size in range(1, 8) for found in combinations(range(7), size) if covers(found))
    assert fewest(cells, 7) == next(sizes)


def test_many_datasets_over_many_catchments_are_matched_at_once():
    """100,000 catchments of a year, in 100 groups that start an hour apart, and 100 datasets of 1,000 catchments."""
    ids = [f"cat-{number}" for number in range(100_000)]
    hours = [TimeRange(YEAR.begin + timedelta(hours=at), YEAR.end) for at in range(100)]
    ragged = Domain("aorc-csv", tuple(block(ids[at::100], hours[at], ["rain"]) for at in range(100)), HOUR)
    parts = [Domain("aorc-csv", (block(ids[at * 1000 : at * 1000 + 1000], YEAR, ["rain"]),), HOUR) for at in range(100)]
    stock = [
        Dataset(f"part-{at}", Category.FORCING, domain, (), EPOCH + timedelta(days=at))
        for at, domain in enumerate([ragged, *parts])
    ]
    need = Requirement(Category.FORCING, "forcing", (), tuple(ids), "", YEAR, HOUR, ("rain",))
    began = time.process_time()
    found = match([need], stock)
    lacking = match([need], stock[1:-1])
    spent = time.process_time() - began
    assert len(found.chosen["forcing"]) == 100
    assert [gap.near[0].name for gap in lacking.gaps] == ["part-99"]
    assert spent < 5, "quadratic in the datasets, it took minutes"
