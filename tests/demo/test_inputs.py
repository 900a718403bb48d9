"""The files of the demo: written once, kept when changed, read by the readers that everybody's files are read by."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dmod.data.folder import FolderStore
from dmod.demo import datasets, inputs, parameters, rivers
from dmod.hydro import crosswalk, observation
from dmod.hydro.forcing import open_forcing
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.realization import Realization

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(missing, tmp_path) -> Path:
    for module, extra in (("holmes_rs", "models"), ("holmes", "demo")):
        if find_spec(module) is None:
            missing(f"needs dmod[{extra}]")
    written = inputs.complete(tmp_path, parameters.read())
    assert sorted(written) == sorted(inputs.FILES)
    return tmp_path


def test_the_hydrofabric_is_three_catchments_with_their_areas_and_latitudes(folder):
    fabric = Hydrofabric.read(folder / "hydrofabric")
    assert fabric.catchments == ("cat-1", "cat-2", "cat-3")
    assert fabric.toids == ("nex-1", "nex-2", "nex-3")
    np.testing.assert_allclose(fabric.areas, [1949, 839, 13057])
    np.testing.assert_allclose(fabric.latitudes, [31.7, 45.482, 47.21], atol=0.01)


def test_forcing_is_what_was_measured(folder):
    begin, end = datetime(1980, 1, 1, tzinfo=UTC), datetime(1987, 12, 31, tzinfo=UTC)
    record = rivers.read(rivers.river("baskatong"))
    with open_forcing(folder / "snow.nc") as forcing:
        read = forcing.read(forcing.variables, ["cat-3"], begin, end)
    np.testing.assert_allclose(read["APCP_surface"][0], record.precipitation, rtol=1e-6)
    np.testing.assert_allclose(read["potential_evapotranspiration"][0], record.evapotranspiration, rtol=1e-6)
    np.testing.assert_allclose(read["TMP_2maboveground"][0] - 273.15, record.temperature, atol=1e-4)


def test_where_no_temperature_was_measured_none_is_made_up(folder):
    with open_forcing(folder / "rain.nc") as forcing:
        assert forcing.catchments == ("cat-1",)
        assert set(forcing.variables) == {"APCP_surface", "potential_evapotranspiration"}


def test_every_gauge_has_its_discharge_and_its_nexus(folder):
    read = observation.read(folder / "observations")
    assert read.gauges == ("leaf", "au-saumon", "baskatong")
    assert crosswalk.read(folder / "observations") == {"leaf": "nex-1", "au-saumon": "nex-2", "baskatong": "nex-3"}
    record = rivers.read(rivers.river("leaf"))
    np.testing.assert_allclose(read.series("leaf") * 86.4 / 1949, record.discharge, rtol=1e-6)


def test_the_realization_needs_temperature_only_where_there_is_snow(folder):
    realization = Realization.read(folder / "realization.json")
    assert realization.catchments == ("cat-1", "cat-2", "cat-3")
    chosen = parameters.read()
    for river in rivers.RIVERS:
        formulation = realization.formulation(river.catchment)
        assert formulation.model == chosen[river.gauge].model
        assert ("elevation_layers" in formulation.model_params) == (river.gauge != "leaf")


def test_what_was_changed_stays_and_what_was_lost_comes_again(folder):
    (folder / "realization.json").write_text("{}")
    (folder / "rain.nc").unlink()
    assert inputs.complete(folder, parameters.read()) == ["rain.nc"]
    assert (folder / "realization.json").read_text() == "{}"
    assert inputs.complete(folder, parameters.read()) == []
    assert inputs.complete(folder, parameters.read(), replace=["realization.json"]) == ["realization.json"]
    assert json.loads((folder / "realization.json").read_text())["catchments"]
    assert not [path for path in folder.iterdir() if path.name.startswith(".inputs")]


def test_what_an_interrupted_writing_left_is_cleared_away(folder):
    (folder / ".inputs-lost").mkdir()
    (folder / ".inputs-lost" / "rain.nc").write_bytes(b"half")
    (folder / "README.md").unlink()
    inputs.complete(folder, parameters.read())
    assert not (folder / ".inputs-lost").exists()


def test_the_same_inputs_are_the_same_bytes(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    inputs.complete(other, parameters.read())
    for name in inputs.FILES:
        assert (other / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_changed_file_becomes_another_dataset_and_the_jobs_are_told(folder, tmp_path_factory):
    store = FolderStore(tmp_path_factory.mktemp("datasets"))
    models = next(each for each in datasets.WANTED if each.name == "models")
    assert datasets.held(models, folder, store.list()) == ("models", False)
    store.create("models", "config", [folder / "realization.json"])
    assert datasets.held(models, folder, store.list()) == ("models", True)
    changed = json.loads((folder / "realization.json").read_text())
    changed["catchments"]["cat-1"]["formulations"][0]["params"]["model_params"]["x1"] = 300.0
    (folder / "realization.json").write_text(json.dumps(changed))
    assert datasets.held(models, folder, store.list()) == ("models-2", False)
    store.create("models-2", "config", [folder / "realization.json"])
    assert datasets.held(models, folder, store.list()) == ("models-2", True)


def test_jobs_are_told_only_of_other_names():
    names = {each.name: each.name for each in datasets.WANTED}
    assert datasets.settings(names, "simulation") == []
    assert datasets.settings(names | {"models": "models-2"}, "simulation") == [
        "--set",
        "simulation.realization=models-2",
    ]
    assert datasets.settings(names | {"rain": "rain-3"}, "simulation") == [
        "--set",
        'simulation.forcing=["rain-3", "snow"]',
    ]
    assert datasets.settings(names | {"rain": "rain-3"}, "evaluation") == []
