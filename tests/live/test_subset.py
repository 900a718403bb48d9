"""A job on a part gives the bytes that one on the whole gives for these catchments: real rivers, all formats."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dmod.hydro.forcing import open_forcing, write_netcdf
from dmod.hydro.hydrofabric import Hydrofabric

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live

MODELS = {  # catchment -> model and parameters; the global one is GR4J's
    "": ("GR4J", {"x1": 350, "x2": 0, "x3": 90, "x4": 2.5}),
    "cat-52": ("GR4J", {"x1": 120, "x2": -1, "x3": 40, "x4": 1.2}),
}
JOB = 'kind = "simulation"\nname = "{run}"\n[simulation]\nrealization = "{models}"\nhydrofabric = "{fabric}"\n'
NETCDF = "cats-27_52_67-2015_12_01-2015_12_30.nc"


def realization(end: str) -> dict[str, Any]:
    def one(model: str, values: dict[str, float]) -> dict[str, Any]:
        params = {
            "model_type_name": model, "python_type": f"dmod.models.series.{model}", "init_config": "/dev/null",
            "main_output_variable": "Q_OUT", "model_params": values,
        }  # fmt: skip
        return {"formulations": [{"name": "bmi_python", "params": params}]}

    time = {"start_time": "2015-12-01 00:00:00", "end_time": end, "output_interval": 3600}
    own = {name: one(*each) for name, each in MODELS.items() if name}
    return {"time": time, "global": one(*MODELS[""]), "catchments": own}


@pytest.fixture
def project(shell, shared_data, missing):
    """A terminal in a project with a realization."""
    if find_spec("holmes_rs") is None:
        missing("holmes_rs is not installed")
    shell.run("init", "--yes")
    (shell.folder / "models.json").write_text(json.dumps(realization("2015-12-30 23:00:00")))
    shell.run("dataset", "create", "models", "--from", "models.json")
    assert shared_data.is_dir()
    return shell


def simulated(shell, run: str, fabric: str, forcing: str, models: str) -> Path:
    """The files that a simulation makes."""
    text = JOB.format(run=run, fabric=fabric, models=models)
    (shell.folder / f"{run}.toml").write_text(text + f'forcing = "{forcing}"\noutput = "{run}"\nformat = "csv"\n')
    shell.run("job", "submit", f"{run}.toml", "--wait")
    return shell.folder / ".dmod" / "datasets" / run / "data"


def same(whole: Path, part: Path, names: list[str]) -> None:
    made = sorted(path.name for path in part.glob("*.csv"))
    assert made == sorted(names)
    for name in made:
        assert (part / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.slow
def test_a_creek_in_geojson_with_either_forcing(project, shared_data):
    creek = shared_data / "sugar-creek"
    froms = [creek / f"{name}_data.geojson" for name in ("catchment", "nexus", "flowpath")]
    project.run("dataset", "create", "creek", *map(str, [*froms, creek / "crosswalk.json"]))
    project.run("dataset", "create", "tables", *map(str, (creek / "forcing").glob("cat-*.csv")))
    project.run("dataset", "create", "grid", str(creek / "forcing" / NETCDF))
    words = ["--catchments", "cat-52,cat-67", "--as", "two", "--with", "tables,grid,models"]
    project.run("dataset", "subset", "creek", *words)
    expected = ["cat-52.csv", "cat-67.csv", "nex-34_output.csv", "nex-68_output.csv"]
    for forcing in ("tables", "grid"):
        whole = simulated(project, f"whole-{forcing}", "creek", forcing, "models")
        part = simulated(project, f"part-{forcing}", "two", f"two-{forcing}", "two-models")
        same(whole, part, expected)


@pytest.mark.slow
def test_a_river_in_a_geopackage(project, shared_data):
    """Rain of Sugar Creek on the seven catchments of gauge 11284400: the network is real, its weather is not."""
    package = shared_data / "gauge-11284400" / "hydrofabric.gpkg"
    fabric = Hydrofabric.read(package)
    with open_forcing(shared_data / "sugar-creek" / "forcing" / NETCDF) as found:
        begin, end = found.times[0].item(), found.times[-1].item()
        names = ["APCP_surface", "TMP_2maboveground"]
        series = {
            name: rows[np.arange(7) % 3] for name, rows in found.read(names, found.catchments, begin, end).items()
        }
        series["APCP_surface"] *= np.linspace(0.5, 2, 7)[:, None]
        write_netcdf(project.folder / "rain.nc", found.times, fabric.catchments, series, {})
    project.run("dataset", "create", "river", str(package))
    project.run("dataset", "create", "rain", "rain.nc")
    project.run("dataset", "subset", "river", "--upstream-of", "nex-10", "--with", "rain,models")
    assert project.json("dataset", "show", "river-nex-10")["domain"]["details"]["nexuses"] == 4
    whole = simulated(project, "whole", "river", "rain", "models")
    part = simulated(project, "part", "river-nex-10", "rain-nex-10", "models-nex-10")
    nexuses = [f"nex-{number}_output.csv" for number in (7, 8, 9, 10)]
    same(whole, part, [*(f"cat-{number}.csv" for number in (6, 7, 8, 9)), *nexuses])
