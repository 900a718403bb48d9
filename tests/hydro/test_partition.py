"""A partition is what ngen's ranks agree on: who runs what, and which water passes between them."""

import json
import sys
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro import dual_graph
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.partition import Direction, Part, Remote, assign, cut_evenly, partition, read, statistics, write

METIS = pytest.importorskip("pymetis", reason="pip install 'dmod[partition]'")


def fabric(downstream: list[int], nexus_of: list[int] | None = None) -> Hydrofabric:
    """Catchment i drains to catchment downstream[i]; below the last ones (-1) lies nexus nexus_of[i]."""
    count = len(downstream)
    ends = nexus_of or list(range(count))
    toids = [f"nex-{below}" if below >= 0 else f"tnex-{end}" for below, end in zip(downstream, ends, strict=True)]
    nexuses = sorted(set(toids))
    return Hydrofabric(
        tuple(f"cat-{i}" for i in range(count)),
        np.ones(count),
        tuple(toids),
        tuple(nexuses),
        tuple(name.replace("nex-", "cat-") if name.startswith("nex") else "" for name in nexuses),
        "test",
        np.full(count, np.nan),
        MappingProxyType({}),
    )


@st.composite
def forests(draw: st.DrawFn) -> Hydrofabric:
    count = draw(st.integers(1, 60))
    downstream = [draw(st.integers(max(-1, i - 6), i - 1)) for i in range(count)]
    return fabric(downstream, [draw(st.integers(0, 3)) for _ in range(count)])


@settings(max_examples=150, deadline=None)
@given(forests(), st.data())
def test_every_law_of_a_partition_holds_on_any_forest(any_fabric: Hydrofabric, data: st.DataObject):
    count = len(any_fabric.catchments)
    number = data.draw(st.integers(1, count))
    parts = partition(any_fabric, number)

    assert [part.id for part in parts] == list(range(number))
    assert sorted(name for part in parts for name in part.catchments) == sorted(any_fabric.catchments)
    assert max(len(part.catchments) for part in parts) <= max(1.03 * count / number, -(-count // number))
    assert min(len(part.catchments) for part in parts) >= 1

    rank = {name: part.id for part in parts for name in part.catchments}
    drains = dict(zip(any_fabric.catchments, any_fabric.toids, strict=True))
    feeds = dict(zip(any_fabric.nexuses, any_fabric.nexus_toids, strict=True))
    for part in parts:
        own = set(part.catchments)
        touched = {drains[name] for name in own} | {nexus for nexus, below in feeds.items() if below in own}
        assert set(part.nexuses) == touched
        assert len(set(part.nexuses)) == len(part.nexuses)

    said = [(part.id, remote) for part in parts for remote in part.remote]
    assert len(set(said)) == len(said)
    for here, remote in said:
        assert rank[remote.catchment] == remote.rank != here
        mirror = {Direction.ABOVE: Direction.BELOW, Direction.BELOW: Direction.ABOVE}[remote.direction]
        assert any(
            at == remote.rank and r.rank == here and r.nexus == remote.nexus and r.direction == mirror for at, r in said
        )

    rivers = [(above, feeds[nexus]) for above, nexus in drains.items() if feeds[nexus]]
    cut = [(above, below) for above, below in rivers if rank[above] != rank[below]]
    assert sum(remote.direction == Direction.ABOVE for _, remote in said) == len(cut)
    found = statistics(any_fabric, parts)
    assert (found.cut, found.edges) == (len(cut), len(rivers))
    assert partition(any_fabric, number) == parts


@settings(max_examples=60, deadline=None)
@given(forests(), st.data())
def test_weights_are_balanced_to_the_heaviest_catchment(any_fabric: Hydrofabric, data: st.DataObject):
    count = len(any_fabric.catchments)
    weights = data.draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))
    number = data.draw(st.integers(1, count))
    sums = np.bincount(assign(any_fabric, number, weights), weights, minlength=number)
    if number < count:
        assert sums.max() <= max(1.03 * sum(weights) / number, sum(weights) / number + max(weights)) + 1e-6
    assert sums.min() > 0


def test_two_tributaries_and_their_river_as_ngen_writes_them(tmp_path: Path):
    river = fabric([-1, 0, 0])
    parts = partition(river, 3)
    write(parts, tmp_path / "deep" / "partitions.json")
    written = json.loads((tmp_path / "deep" / "partitions.json").read_text())
    rank = {part["cat-ids"][0]: part["id"] for part in written["partitions"]}
    upper = written["partitions"][rank["cat-1"]]
    assert upper["nex-ids"] == ["nex-0"]
    assert upper["remote-connections"] == [
        {"mpi-rank": rank["cat-0"], "nex-id": "nex-0", "cat-id": "cat-0", "cat-direction": "nex-to-dest_cat"}
    ]
    lower = written["partitions"][rank["cat-0"]]
    assert [(each["cat-id"], each["cat-direction"]) for each in lower["remote-connections"]] == [
        ("cat-1", "orig_cat-to-nex"),
        ("cat-2", "orig_cat-to-nex"),
    ]
    assert read(tmp_path / "deep" / "partitions.json") == parts
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["partitions.json"]


def test_catchments_of_one_last_nexus_stay_together():
    ends = fabric([-1] * 40, [i // 4 for i in range(40)])
    found = statistics(ends, partition(ends, 5))
    assert (found.shared, found.balance) == (0, 1.0)


def test_few_rivers_are_cut():
    rng = np.random.default_rng(1)
    rows, columns = 60, 40
    down = [
        -1 if i >= (rows - 1) * columns else i + columns + int(rng.integers(0, 2)) * (1 if (i + 1) % columns else 0)
        for i in range(rows * columns)
    ]
    river = fabric(down)
    found = statistics(river, partition(river, 8))
    assert found.balance <= 1.03
    by_order = cut_evenly(
        dual_graph.depth_first(rows * columns, dual_graph.edges(river)), np.ones(rows * columns, np.int32), 8
    )
    across = sum(by_order[i] != by_order[below] for i, below in enumerate(down) if below >= 0)
    assert found.cut * 5 < across


@pytest.mark.parametrize("number", [0, -1])
def test_no_parts_are_refused(number: int):
    with pytest.raises(UsageError, match=f"{number} parts"):
        partition(fabric([-1, 0]), number)


def test_more_parts_than_catchments_are_refused_with_both_numbers():
    with pytest.raises(UnmetError, match="3 parts cannot be made of 2 catchments") as caught:
        partition(fabric([-1, 0]), 3)
    assert caught.value.fix == "-n 2"


def test_without_metis_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pymetis", None)
    with pytest.raises(UnmetError) as caught:
        partition(fabric([-1, 0, 0]), 2)
    assert caught.value.fix == "pip install 'dmod[partition]'"
    assert len(partition(fabric([-1, 0, 0]), 3)) == 3
    assert len(partition(fabric([-1, 0, 0]), 1)) == 1


def test_statistics_of_another_fabric_are_refused():
    parts = partition(fabric([-1, 0]), 2)
    with pytest.raises(UnmetError, match="not one of this hydrofabric") as caught:
        statistics(fabric([-1, 0, 0]), parts)
    assert "no part has cat-2" in caught.value.why


GOOD = {"id": 0, "cat-ids": ["cat-1"], "nex-ids": ["nex-1"], "remote-connections": []}
REMOTE = {"mpi-rank": 0, "nex-id": "nex-1", "cat-id": "cat-2", "cat-direction": "orig_cat-to-nex"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"partitions": [{"id": 0},]}', r"f\.json:1:26 is not JSON: a comma before ']'"),
        ("[]", "no list `partitions`"),
        ('{"partitions": []}', "no list `partitions`"),
        ('{"partitions": [1]}', r"partitions\[0\] is not an object"),
        (json.dumps({"partitions": [GOOD | {"id": 4}]}), r"partitions\[0\]\.id is 4"),
        (json.dumps({"partitions": [GOOD | {"cat-ids": "cat-1"}]}), r"cat-ids is not a list of ids"),
        (json.dumps({"partitions": [GOOD | {"cat-ids": []}]}), r"cat-ids is empty"),
        (json.dumps({"partitions": [GOOD, GOOD | {"id": 1}]}), "cat-1 is in part 0 and in part 1"),
        (json.dumps({"partitions": [GOOD | {"remote-connections": 3}]}), "remote-connections is not a list"),
        (json.dumps({"partitions": [GOOD | {"remote-connections": [{}]}]}), r"remote-connections\[0\] is not a conn"),
        (json.dumps({"partitions": [GOOD | {"remote-connections": [REMOTE | {"mpi-rank": 9}]}]}), "mpi-rank is 9, and"),
    ],
)
def test_a_damaged_file_is_named_with_the_place(tmp_path: Path, text: str, message: str):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UsageError, match=message):
        read(tmp_path / "f.json")


def test_a_missing_file_is_not_found(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"no file .*f\.json"):
        read(tmp_path / "f.json")


def test_what_newer_ngen_adds_is_read_past(tmp_path: Path):
    more = GOOD | {"cat-ids": ["cat-1", "wb-TERMINAL_SENTINEL-nex-1"], "remote-connections": [REMOTE]}
    (tmp_path / "f.json").write_text(json.dumps({"partitions": [more]}))
    assert read(tmp_path / "f.json") == (
        Part(0, ("cat-1",), ("nex-1",), (Remote(0, "nex-1", "cat-2", Direction.ABOVE),)),
    )


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnmetError, match="cannot be written"):
        write(partition(fabric([-1]), 1), tmp_path / "file" / "partitions.json")
