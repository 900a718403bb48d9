"""Streamflow after a simulation: what the catchments gave, routed down the flowpaths, beside it in the output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import netCDF4
import numpy as np
import pytest

pytest.importorskip("holmes_rs", reason="holmes-rs is not installed")

from dmod.hydro.discharge import open_discharge
from dmod.worker import routing

if TYPE_CHECKING:
    from pathlib import Path

NEXUSES = {"nex-1": "wb-5", "nex-2": "wb-7", "nex-3": ""}  # of cat-1 and 2, of cat-3 to 5, of cat-6 and 7
LAGS = {"wb-5": 1800.0, "wb-7": 9000.0}  # K; the others take no water on


@pytest.fixture
def river(job):
    """The job of a river: nex-1 flows by wb-5 to nex-2, and that by wb-7 to nex-3."""
    whole, order, job.lags = job.write_fabric, job.order, dict(LAGS)

    def write_fabric(folder: Path) -> None:
        whole(folder)
        nexuses = [{"id": name, "properties": {"toid": toid}} for name, toid in NEXUSES.items()]
        flowpaths = [{"id": name, "properties": {"MusK": lag, "MusX": 0.2}} for name, lag in job.lags.items()]
        (folder / "nexus_data.geojson").write_text(json.dumps({"features": nexuses}))
        (folder / "flowpath_data.geojson").write_text(json.dumps({"features": flowpaths}))

    job.write_fabric = write_fabric
    job.order = lambda: order() | {"spec": {"routing": "muskingum"}}
    return job


def muskingum(inflow: np.ndarray, lag: float, parts: int = 1) -> np.ndarray:
    """One reach with X = 0.2 and steps of an hour, in a plain loop over `parts` sub-steps of each."""
    step, found = 3600 / parts, []
    whole = 2 * lag * 0.8 + step
    c0, c1, c2 = (step - 0.4 * lag) / whole, (step + 0.4 * lag) / whole, (1.6 * lag - step) / whole
    before = after = 0.0
    for flow in inflow:
        told = []
        for _ in range(parts):
            after, before = c0 * flow + c1 * before + c2 * after, flow
            told.append(after)
        found.append(sum(told) / parts)
    return np.array(found)


def local(job) -> np.ndarray:
    """What the catchments give to each nexus, from the output of a simulation that was not routed."""
    files = [job.folder / "output" / f"{name}_output.csv" for name in NEXUSES]
    return np.array([[float(line.split(",")[2]) for line in file.read_text().splitlines()] for file in files])


@pytest.mark.parametrize("layout", ["csv", "netcdf"])
def test_streamflow_is_what_comes_from_all_that_is_upstream(river, layout):
    river.output = "csv"
    assert river.do() == 0
    own = local(river)
    river.output = layout
    assert river.do() == 0
    second = own[1] + muskingum(own[0], 1800, parts=2)  # 3600 > 2 x 1800 x 0.8
    outflow = muskingum(second, 9000)
    with open_discharge(river.folder / "output") as found:
        assert found.features[:3] == tuple(NEXUSES)
        flow = found.read(["nex-3", "nex-1", "nex-2"])
    np.testing.assert_allclose(flow, [own[2] + outflow, own[0], second], rtol=1e-5)
    areas = {name: 10.0 + number / 3 for number, name in enumerate(river.toids)}
    with open_discharge(river.folder / "output", areas) as found:
        for nexus in NEXUSES:
            catchments = [name for name, toid in river.toids.items() if toid == nexus]
            np.testing.assert_allclose(found.read(catchments).sum(axis=0), found.read([nexus])[0], rtol=1e-5)
    with netCDF4.Dataset(river.folder / "output" / "routed" / "streamflow.nc") as file:
        assert list(file["flowpath"][:]) == ["wb-5", "wb-7"]
        assert (file["discharge"].units, file["outflow"].units, file["time"][:].size) == ("m3 s-1", "m3 s-1", 48)
        np.testing.assert_allclose(file["outflow"][1], outflow, rtol=1e-5)


def test_the_files_of_ngen_stay_what_the_catchments_give(river):
    order = river.order
    river.order = lambda: order() | {"spec": {"routing": "none"}}
    assert river.do() == 0
    alone = {file.name: file.read_bytes() for file in (river.folder / "output").glob("*.csv")}
    assert not (river.folder / "output" / "routed").exists()
    river.order = order
    assert river.do() == 0
    assert {file.name: file.read_bytes() for file in (river.folder / "output").glob("*.csv")} == alone
    assert {file.name for file in (river.folder / "output").iterdir()} == {*alone, "summary.json", "routed"}


def test_rivers_that_end_at_once_stay_as_they_are(river, monkeypatch):
    for name in NEXUSES:
        monkeypatch.setitem(NEXUSES, name, "")
    assert river.do() == 0
    own = local(river)
    with open_discharge(river.folder / "output") as found:
        np.testing.assert_allclose(found.read([*NEXUSES]), own, rtol=1e-5)
    told = json.loads((river.folder / "output" / "summary.json").read_text())["routing"]
    assert (told["flowpaths"], told["stored_m3"]) == (0, 0)


def test_two_nexuses_may_feed_one_flowpath(river, monkeypatch):
    monkeypatch.setitem(NEXUSES, "nex-1", "wb-7")
    assert river.do() == 0
    own = local(river)
    outflow = muskingum(own[0] + own[1], 9000)
    with netCDF4.Dataset(river.folder / "output" / "routed" / "streamflow.nc") as file:
        assert list(file["flowpath"][:]) == ["wb-7"]
        np.testing.assert_allclose(file["outflow"][:], [outflow], rtol=1e-5)
        np.testing.assert_allclose(file["discharge"][:], [own[0], own[1], own[2] + outflow], rtol=1e-5)


def test_the_summary_says_where_the_water_is(river, monkeypatch):
    monkeypatch.setattr(routing, "BLOCK", 8 * 3 * 7)  # in seven blocks of time
    del river.lags["wb-7"]
    assert river.do() == 0
    told = json.loads((river.folder / "output" / "summary.json").read_text())["routing"]
    assert (told["method"], told["flowpaths"], told["pieces"], told["most_sub_steps"]) == ("muskingum", 2, 2, 2)
    assert told["inflow_m3"] == pytest.approx(local(river).sum() * 3600, rel=1e-5)
    assert told["inflow_m3"] == pytest.approx(told["outflow_m3"] + told["stored_m3"])
    assert abs(told["error_m3"]) < 1e-9 * told["inflow_m3"]
    assert told["stored_m3"] > 0
    assert told["first_assumed"] == ["cat-1", "cat-2", "cat-3", "cat-4", "cat-6", "cat-7"], "wb-5 alone is told"


def streamflow(job) -> np.ndarray:
    with netCDF4.Dataset(job.folder / "output" / "routed" / "streamflow.nc") as file:
        return np.concatenate([file["discharge"][:].data, file["outflow"][:].data])


def test_blocks_of_time_make_no_difference(river, monkeypatch):
    assert river.do() == 0
    whole = streamflow(river)
    monkeypatch.setattr(routing, "BLOCK", 8 * 3 * 7)
    assert river.do() == 0
    np.testing.assert_allclose(streamflow(river), whole, rtol=1e-5)


def test_one_and_three_ranks_give_the_same_bits(river):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    assert river.do() == 0
    alone = streamflow(river)
    river.ranks = 3
    done = river.run()
    assert done.returncode == 0, done.stderr
    assert streamflow(river).tobytes() == alone.tobytes()


def test_a_hydrofabric_without_channels_is_refused_before_anything_runs(river):
    river.lags.clear()
    assert river.do() == 66
    told = river.failure()
    assert "says nothing of how water travels" in told["message"]
    assert not (river.folder / "output").exists()
