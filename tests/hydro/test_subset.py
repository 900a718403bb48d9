"""Which catchments are a part: against a walk along the river, one catchment at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro.hydrofabric import Hydrofabric, Tables
from dmod.hydro.subset import Part, chosen, upstream_of


def fabric(below: dict[str, str], *, gauges: dict[str, str] | None = None, dry: tuple[str, ...] = ()) -> Hydrofabric:
    """Catchment -> the next one downstream ("" none); catchment N drains to the nexus that is named for the next."""
    toids = {name: f"nex-{(down or 'cat-900')[4:]}" for name, down in below.items()}
    nexuses = dict.fromkeys([*toids.values(), *dry])
    areas = [1.0] * len(below)
    tables = Tables(
        list(below), areas, list(toids.values()), np.full(len(below), np.nan), list(nexuses),
        [f"wb-{nexus[4:]}" for nexus in nexuses], gauges or {}, "2.2",
    )  # fmt: skip
    return Hydrofabric.build(tables, Path("river.gpkg"))


RIVER = {"cat-1": "cat-3", "cat-2": "cat-3", "cat-3": "cat-5", "cat-4": "cat-5", "cat-5": "", "cat-6": ""}


@pytest.mark.parametrize(
    ("feature", "catchments", "nexuses"),
    [
        ("nex-3", ("cat-1", "cat-2"), ("nex-3",)),
        ("nex-5", ("cat-1", "cat-2", "cat-3", "cat-4"), ("nex-3", "nex-5")),
        ("nex-900", ("cat-1", "cat-2", "cat-3", "cat-4", "cat-5", "cat-6"), ("nex-3", "nex-5", "nex-900")),
        ("cat-3", ("cat-1", "cat-2", "cat-3"), ("nex-3", "nex-5")),
        ("wb-6", ("cat-6",), ("nex-900",)),
        ("01073000", ("cat-1", "cat-2"), ("nex-3",)),
    ],
)
def test_upstream_is_all_whose_water_passes(feature, catchments, nexuses):
    part = upstream_of(fabric(RIVER, gauges={"nex-3": "01073000"}), feature)
    assert (part.catchments, part.nexuses) == (catchments, nexuses)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=40), st.data())
def test_upstream_is_what_a_walk_finds(draws, data):
    below = {f"cat-{at + 1}": f"cat-{at + 2 + draw}" for at, draw in enumerate(draws)}
    below = {name: down if down in below else "" for name, down in below.items()}  # to a higher number: no circle
    river = fabric(below)
    nexus = data.draw(st.sampled_from(river.nexuses))

    def passes(name: str) -> bool:
        while name:
            if river.toids[river.catchments.index(name)] == nexus:
                return True
            name = below[name]
        return False

    assert upstream_of(river, nexus).catchments == tuple(name for name in river.catchments if passes(name))


def test_a_long_river_is_followed_to_its_source():
    below = {f"cat-{n}": f"cat-{n + 1}" if n < 300 else "" for n in range(1, 301)}
    assert len(upstream_of(fabric(below), "nex-300").catchments) == 299
    assert len(upstream_of(fabric(below), "nex-900").catchments) == 300


def test_chosen_catchments_bring_the_nexuses_they_drain_to_and_no_other():
    part = chosen(fabric(RIVER), ["cat-5", "wb-4", "cat-5"])
    assert (part.catchments, part.nexuses) == (("cat-4", "cat-5"), ("nex-5", "nex-900"))
    assert part.ids == {
        "cat-4", "wb-4", "fp-4", "cat-5", "wb-5", "fp-5", "nex-5", "nex-900",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "near"),
    [("nex-33", "nex-3"), ("nex-90", "nex-900"), ("nex-090", "nex-900"), ("tnx-5", "nex-5"), ("cat-66", "cat-6")],
)
def test_an_id_that_is_not_there_is_told_with_the_nearest(name, near):
    with pytest.raises(NotFoundError, match=f"has no {name}") as caught:
        upstream_of(fabric(RIVER), name)
    assert caught.value.why == f"the nearest: {near} for {name}"
    assert caught.value.fix == f"--upstream-of {near}"


def test_several_ids_that_are_not_there_are_told_at_once():
    with pytest.raises(NotFoundError, match="has no cat-7, cat-55") as caught:
        chosen(fabric(RIVER), ["cat-1", "cat-55", "cat-7"])
    assert "cat-5 for cat-55" in caught.value.why


def test_what_has_nothing_upstream_says_where_to_go():
    with pytest.raises(UnmetError, match="nothing is upstream of nex-1") as caught:
        upstream_of(fabric(RIVER, dry=("nex-1",)), "nex-1")
    assert (caught.value.why, caught.value.fix) == (
        "no catchment drains to it; it drains to cat-1",
        "--upstream-of cat-1",
    )


def test_no_catchment_is_no_part():
    with pytest.raises(UsageError, match="the part has no catchments"):
        chosen(fabric(RIVER), [])


def test_a_file_is_of_the_part_unless_it_is_named_for_another():
    part = Part(("cat-1", "cat-12"), ("nex-1",))
    mine = ["cat-12.ini", "cfe/cat-1_bmi.ini", "cat_12-2015.csv", "table.tbl", "cats-2_3.nc", "cat-2/cat-1.ini"]
    assert [name for name in [*mine, "cat-2.ini", "cat-121.ini", "cat-11/a.ini"] if part.has_file(name)] == mine
