"""The real network of gauge 11284400, under the rain of Sugar Creek: routed, and scored at the mouth."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest

from dmod.hydro import observation
from dmod.hydro.discharge import open_discharge
from dmod.hydro.forcing import open_forcing, write_netcdf
from dmod.hydro.hydrofabric import Hydrofabric

pytestmark = pytest.mark.live

PARAMS = {
    "model_type_name": "GR4J", "python_type": "dmod.models.series.GR4J", "init_config": "/dev/null",
    "main_output_variable": "Q_OUT", "model_params": {"x1": 350, "x2": 0, "x3": 90, "x4": 2.5},
}  # fmt: skip
REALIZATION = {
    "global": {"formulations": [{"name": "bmi_python", "params": PARAMS}]},
    "time": {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-30 23:00:00", "output_interval": 3600},
}
JOB = """
kind = "simulation"
[resources]
cpus = 2
[simulation]
realization = "models"
hydrofabric = "river"
forcing = "rain"
"""
EVALUATION = """
kind = "evaluation"
[evaluation]
simulation = "muskingum-csv"
observation = "measured"
output = "scores"
"""
NETCDF = "cats-27_52_67-2015_12_01-2015_12_30.nc"


@pytest.fixture
def project(shell, shared_data, missing):
    """A terminal in a project that has a realization, and forcing for the seven catchments of the network."""
    for package in ("holmes_rs", "mpi4py"):
        if find_spec(package) is None:
            missing(f"{package} is not installed")
    package = shared_data / "gauge-11284400" / "hydrofabric.gpkg"
    with open_forcing(shared_data / "sugar-creek" / "forcing" / NETCDF) as found:
        begin, end = found.times[0].item(), found.times[-1].item()
        read = found.read(["APCP_surface", "TMP_2maboveground"], found.catchments, begin, end)
        series = {name: rows[np.arange(7) % 3] for name, rows in read.items()}
        write_netcdf(shell.folder / "rain.nc", found.times, Hydrofabric.read(package).catchments, series, {})
    shell.run("init", "--yes")
    (shell.folder / "models.json").write_text(json.dumps(REALIZATION))
    for name, source in (("models", "models.json"), ("rain", "rain.nc"), ("river", str(package))):
        shell.run("dataset", "create", name, "--from", source)
    return shell


def simulated(shell, routing: str, layout: str):
    """Discharge of all nexuses, and the folder of the output."""
    run = f"{routing}-{layout}"
    (shell.folder / f"{run}.toml").write_text(JOB + f'routing = "{routing}"\noutput = "{run}"\nformat = "{layout}"\n')
    shell.run("job", "submit", f"{run}.toml", "--wait")
    folder = shell.folder / ".dmod" / "datasets" / run / "data"
    with open_discharge(folder) as found:
        names = [name for name in found.features if not name.startswith("cat-")]
        return dict(zip(names, found.read(names), strict=True)), folder


@pytest.mark.slow
def test_a_flood_travels_down_a_real_network(project):
    assert project.json("dataset", "show", "river")["domain"]["details"]["channels"] == 3
    local, _ = simulated(project, "none", "csv")
    routed, folder = simulated(project, "muskingum", "csv")
    told = json.loads((folder / "summary.json").read_text())["routing"]
    assert (told["flowpaths"], told["assumed"]) == (5, 4)
    assert told["inflow_m3"] == pytest.approx(sum(flow.sum() for flow in local.values()) * 3600, rel=1e-5)
    assert told["inflow_m3"] == pytest.approx(told["outflow_m3"] + told["stored_m3"], rel=1e-12)
    river = ["nex-7", "nex-8", "nex-9", "nex-10", "nex-11", "nex-12"]  # from the source to the mouth
    np.testing.assert_allclose(routed["nex-7"], local["nex-7"], rtol=1e-5)
    np.testing.assert_allclose(routed["tnx-1000000001"], local["tnx-1000000001"], rtol=1e-5)
    volumes = [routed[name].sum() for name in river]
    assert volumes == sorted(volumes)
    whole = sum(local[name].sum() for name in river) * 3600
    assert routed["nex-12"].sum() * 3600 + told["stored_m3"] == pytest.approx(whole, rel=1e-5)
    assert 0.9 < routed["nex-12"].sum() * 3600 / whole < 1, "the month ends in a flood"
    grids, _ = simulated(project, "muskingum", "netcdf")
    for name, flow in routed.items():
        np.testing.assert_allclose(grids[name], flow, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_gauge_at_the_mouth_is_held_against_the_whole_river(project):
    """What is measured here is the streamflow itself, so that only what was routed can meet it."""
    routed, folder = simulated(project, "muskingum", "csv")
    with open_discharge(folder) as found:
        times = found.times
    observation.write(project.folder / "measured.csv", times, ["11284400"], routed["nex-12"][None])
    (project.folder / "crosswalk.json").write_text('{"11284400": "nex-12"}')
    project.run("dataset", "create", "measured", "measured.csv", "crosswalk.json")
    (project.folder / "scores.toml").write_text(EVALUATION)
    project.run("job", "submit", "scores.toml", "--wait")
    scores = project.folder / ".dmod" / "datasets" / "scores" / "data" / "scores.json"
    (row,) = json.loads(scores.read_text())["scores"]
    assert (row["feature"], row["pairs"]) == ("nex-12", 720)
    assert row["nse"] == pytest.approx(1, abs=1e-6)
