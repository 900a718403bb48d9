"""A hydrofabric is refused as soon as it would make a wrong simulation."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.hydrofabric import Hydrofabric, Tables

HERE = Path("fabric.gpkg")


def tables(**changes: object) -> Tables:
    """Two tributaries, cat-2 and cat-10, and their river, cat-1, in the order no reader would choose."""
    whole = {
        "catchments": ["cat-10", "cat-1", "cat-2"],
        "areas": [10.0, 1.0, 2.0],
        "toids": ["nex-1", "nex-9", "nex-1"],
        "latitudes": np.array([40.0, 41.0, np.nan]),
        "nexuses": ["nex-9", "nex-1"],
        "nexus_toids": ["wb-77", "wb-1"],
        "gauges": {"nex-9": "01073000"},
        "version": "2.0",
    }
    return Tables(**(whole | changes))  # type: ignore[arg-type]


def test_catchments_and_nexuses_are_sorted_and_keep_what_is_theirs():
    river = Hydrofabric.build(tables(), HERE)
    assert river.catchments == ("cat-1", "cat-2", "cat-10")
    assert river.areas.tolist() == [1.0, 2.0, 10.0]
    assert river.toids == ("nex-9", "nex-1", "nex-1")
    assert river.nexuses == ("nex-1", "nex-9")
    assert river.nexus_toids == ("cat-1", "")
    assert np.array_equal(river.latitudes, [41.0, np.nan, 40.0], equal_nan=True)
    assert river.gauges == {"nex-9": "01073000"}
    assert river.drains().tolist() == [1, 0, 0]
    assert river.feeds().tolist() == [0, -1]
    assert river.downstream().tolist() == [-1, 0, 0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"areas": [1.0, None, 0.0]}, "no area for cat-1, cat-2"),
        ({"areas": [1.0, float("nan"), 2.0]}, "no area for cat-1"),
        ({"catchments": ["cat-1", "cat-1", "cat-2"]}, "catchment cat-1 stands there twice"),
        ({"nexuses": ["nex-1", "nex-1"]}, "nexus nex-1 stands there twice"),
        ({"toids": ["nex-1", "nex-4", "nex-1"]}, "cat-1 drains to nex-4, which is not among its 2 nexuses"),
        ({"catchments": [], "areas": [], "toids": [], "latitudes": np.empty(0)}, "holds no catchments"),
    ],
)
def test_damage_is_named(changes: dict[str, object], message: str):
    with pytest.raises(UsageError, match=message):
        Hydrofabric.build(tables(**changes), HERE)


def test_a_circle_is_named_catchment_by_catchment():
    circle = tables(nexus_toids=["cat-2", "cat-1"])
    with pytest.raises(UsageError, match=r"water runs in a circle: cat-[12], cat-[12]$"):
        Hydrofabric.build(circle, HERE)


@given(st.lists(st.integers(-1, 11), min_size=12, max_size=12))
def test_a_circle_is_found_exactly_where_there_is_one(below: list[int]):
    def ends(at: int) -> bool:
        seen = set()
        while at >= 0 and at not in seen:
            seen.add(at)
            at = below[at]
        return at < 0

    found = Tables(
        [f"cat-{i}" for i in range(12)],
        [1.0] * 12,
        [f"nex-{i}" for i in range(12)],
        np.zeros(12),
        [f"nex-{i}" for i in range(12)],
        [f"cat-{i}" if i >= 0 else None for i in below],
        {},
        "geojson",
    )
    if all(ends(at) for at in range(12)):
        assert Hydrofabric.build(found, HERE).downstream().tolist() == below
    else:
        with pytest.raises(UsageError, match="in a circle"):
            Hydrofabric.build(found, HERE)


def test_the_sea_may_drain_to_a_nexus_that_was_left_out():
    sea = tables(toids=["nex-1", "cnx-4", "nex-1"], loose=frozenset({"cat-1"}))
    assert Hydrofabric.build(sea, HERE).toids == ("", "nex-1", "nex-1")


def test_the_identity_is_of_the_network_not_of_the_file():
    river = Hydrofabric.build(tables(), HERE)
    again = tables(areas=[3.0, 3.0, 3.0], nexuses=["nex-1", "nex-9"], nexus_toids=["cat-1", None], version="geojson")
    assert Hydrofabric.build(again, HERE).identity == river.identity
    assert Hydrofabric.build(tables(toids=["nex-9", "nex-9", "nex-1"]), HERE).identity != river.identity


def test_a_subset_has_the_nexuses_it_touches():
    part = Hydrofabric.build(tables(), HERE).subset(["cat-2", "cat-1"])
    assert (part.catchments, part.nexuses, part.nexus_toids) == (("cat-1", "cat-2"), ("nex-1", "nex-9"), ("cat-1", ""))
    upper = Hydrofabric.build(tables(), HERE).subset(["cat-2"])
    assert (upper.nexuses, upper.nexus_toids, upper.gauges) == (("nex-1",), ("",), {})
    assert upper.areas.tolist() == [2.0]
    with pytest.raises(NotFoundError, match="1 catchments are not in the hydrofabric: cat-3"):
        part.subset(["cat-1", "cat-3"])


def test_where_nothing_is_there_is_no_hydrofabric(tmp_path: Path):
    with pytest.raises(NotFoundError, match="no hydrofabric at"):
        Hydrofabric.read(tmp_path / "nowhere")
    with pytest.raises(NotFoundError, match=r"no catchment\*\.geojson in"):
        Hydrofabric.read(tmp_path)
