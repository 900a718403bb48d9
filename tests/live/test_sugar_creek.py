"""McAlpine and Irvins Creek, North Carolina, December 2015: from ngen's own files to scores against the USGS gauges.

The parameters are calibrated here on the very month that is scored: this shows that data, units, steps and gauges meet
where they should, not that the models predict.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dmod.demo.search import search
from dmod.hydro import meteorology, observation
from dmod.hydro.forcing import open_forcing
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.metrics import nse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live

BEGIN, END = datetime(2015, 12, 1, tzinfo=UTC), datetime(2015, 12, 30, 23, tzinfo=UTC)
GAUGES = {"0214655255": ("cat-27", "GR4J"), "0214657975": ("cat-52", "HBV")}
CSV, NETCDF = "cat-*_2015-12-01 00_00_00_2015-12-30 23_00_00.csv", "cats-27_52_67-2015_12_01-2015_12_30.nc"


@pytest.fixture
def creek(shared_data, missing) -> Path:
    for package in ("holmes_rs", "mpi4py"):
        if find_spec(package) is None:
            missing(f"{package} is not installed")
    folder = shared_data / "sugar-creek"
    if not folder.is_dir():
        missing(f"no {folder}")
    return folder


def calibrated(creek: Path) -> dict[str, dict[str, float]]:
    """The parameters of each gauge's catchment that fit December 2015 best."""
    from dmod.models.holmes import limits
    from dmod.models.series import SERIES

    fabric = Hydrofabric.read(creek / "catchment_data.geojson")
    measured = observation.read(creek / "usgs_hourly_cms_2015-12_utc.csv")
    with open_forcing(creek / "forcing" / NETCDF) as forcing:
        read = forcing.read(["APCP_surface", "TMP_2maboveground"], fabric.catchments, BEGIN, END)
        times = forcing.times
    names = ["precipitation", "potential_evapotranspiration"]
    inputs = meteorology.series(read, names, times, 3600, fabric.latitudes)
    found = {}
    for gauge, (catchment, model) in GAUGES.items():
        row, python_type = fabric.catchments.index(catchment), SERIES[f"dmod.models.series.{model}"]
        box = limits(f"hydro.{python_type.code}")
        keys, low, high = [key for key, _, _ in box], np.array([b[1] for b in box]), np.array([b[2] for b in box])
        flow = measured.at(times, 3600)[measured.gauges.index(gauge)]

        def score(point: np.ndarray) -> float:
            run = python_type()  # noqa: B023 - called in this turn of the loop
            run.configure(dict(zip(keys, point.tolist(), strict=True)))  # noqa: B023
            runoff = run.run({name: inputs[name][row] for name in names})["Q_OUT"]  # noqa: B023
            return nse(runoff * (fabric.areas[row] * 1e6 / 3600), flow)  # noqa: B023

        point, _ = search(score, low, high, evaluations=2_000, seed=0)
        found[catchment] = dict(zip(keys, point.tolist(), strict=True))
    return found


def realization(parameters: dict[str, dict[str, float]]) -> dict[str, Any]:
    def one(model: str, values: dict[str, float]) -> dict[str, Any]:
        params = {
            "model_type_name": model, "python_type": f"dmod.models.series.{model}", "init_config": "/dev/null",
            "main_output_variable": "Q_OUT", "model_params": values,
        }  # fmt: skip
        return {"formulations": [{"name": "bmi_python", "params": params}]}

    models = {catchment: one(model, parameters[catchment]) for catchment, model in GAUGES.values()}
    time = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-30 23:00:00", "output_interval": 3600}
    return {"time": time, "global": models["cat-27"], "catchments": models}


SIMULATION = """
kind = "simulation"
name = "creek"
[resources]
cpus = 2
[simulation]
realization = "models"
hydrofabric = "creek"
"""
EVALUATION = """
kind = "evaluation"
name = "creek-scores"
[evaluation]
simulation = "creek-csv"
observation = "usgs"
hydrofabric = "creek"
"""


def lay_out(shell, creek: Path) -> None:
    """Register everything there is, as its owner would."""
    shell.run("init", "--yes")
    (shell.folder / "realization.json").write_text(json.dumps(realization(calibrated(creek))))
    (shell.folder / "simulation.toml").write_text(SIMULATION)
    (shell.folder / "evaluation.toml").write_text(EVALUATION)
    tables = sorted(map(str, (creek / "forcing").glob(CSV)))
    fabric = [str(creek / name) for name in ("catchment_data.geojson", "nexus_data.geojson")]
    gauges = [str(creek / name) for name in ("usgs_hourly_cms_2015-12_utc.csv", "crosswalk.json")]
    for name, category, sources in (
        ("creek", "hydrofabric", fabric),
        ("aorc-csv", "forcing", tables),
        ("aorc-netcdf", "forcing", [str(creek / "forcing" / NETCDF)]),
        ("models", "config", ["realization.json"]),
        ("usgs", "observation", gauges),
    ):
        froms = [word for source in sources for word in ("--from", source)]
        shell.run("dataset", "create", name, "--category", category, *froms)


def scored(shell, forcing: str, layout: str) -> dict[str, dict[str, Any]]:
    """Simulate with a forcing, evaluate, and return the scores by gauge."""
    run, scores = f"creek-{layout}", f"scores-{layout}"
    sets = [f"simulation.forcing={forcing}", f"simulation.format={layout}", f"simulation.output={run}"]
    shell.run("job", "submit", "simulation.toml", *(word for each in sets for word in ("--set", each)), "--wait")
    sets = [f"evaluation.simulation={run}", f"evaluation.output={scores}"]
    shell.run("job", "submit", "evaluation.toml", *(word for each in sets for word in ("--set", each)), "--wait")
    shell.run("dataset", "get", scores, "--to", scores)
    told = json.loads((shell.folder / scores / "scores.json").read_text())
    assert (shell.folder / scores / "report.html").stat().st_size > 50_000
    assert {row["gauge"]: row["reason"] for row in told["left_out"]}.keys() == {"02146562"}, "it has no measurements"
    return {row["gauge"]: row for row in told["scores"]}


@pytest.mark.slow
def test_both_gauges_are_met_from_csv_and_from_netcdf_alike(shell, creek):
    lay_out(shell, creek)
    domain = shell.json("dataset", "show", "aorc-csv")["domain"]
    assert sorted(domain["catchments"]) == ["cat-27", "cat-52", "cat-67"]
    assert domain["step"] == 3600
    tables, grid = scored(shell, "aorc-csv", "csv"), scored(shell, "aorc-netcdf", "netcdf")
    assert tables.keys() == grid.keys() == GAUGES.keys()
    for gauge, row in tables.items():
        assert row["feature"] == GAUGES[gauge][0]
        assert row["nse"] >= 0.7
        assert row["pairs"] > 600
        for metric in ("nse", "kge", "pbias", "rmse", "peak_error"):
            assert grid[gauge][metric] == pytest.approx(row[metric], rel=1e-4, abs=1e-4)


def test_a_day_more_than_there_is_forcing_is_refused_before_anything_runs(shell, creek):
    lay_out(shell, creek)
    refused = shell.run(
        "job", "submit", "simulation.toml", "--set", "simulation.end=2015-12-31T23:00:00Z",
        "--set", "simulation.forcing=aorc-netcdf", code=6,
    )  # fmt: skip
    assert "2015-12-31" in refused.stderr
    assert shell.json("job", "list") == []
