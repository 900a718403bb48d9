"""What live tests share: where real data lie, and the command line as a user has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared_data(missing) -> Path:
    """The folder of real data: DMOD_TEST_DATA, else `shared/data` beside the checkout."""
    told = os.environ.get("DMOD_TEST_DATA")
    folder = Path(told) if told else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        missing(f"no real data at {folder}; set DMOD_TEST_DATA to their folder")
    return folder


@dataclass(frozen=True)
class Shell:
    """A terminal in a folder."""

    folder: Path

    def run(self, *words: str, code: int = 0, patience: int = 120) -> subprocess.CompletedProcess[str]:
        """`dmod WORDS`, which must end with this code."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DMOD_")}
        done = subprocess.run(
            [sys.executable, "-m", "dmod.cli", *words], cwd=self.folder, env=environment | {"COLUMNS": "80"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"dmod {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str) -> Any:  # noqa: ANN401 - what JSON holds
        """What `dmod WORDS -o json` says."""
        return json.loads(self.run(*words, "-o", "json").stdout)


@pytest.fixture
def shell(tmp_path) -> Iterator[Shell]:
    """A terminal in an empty folder; a scheduler that was started there is stopped at the end."""
    made = Shell(tmp_path)
    yield made
    for project in {path.parent for path in tmp_path.glob("**/dmod.toml")}:
        Shell(project).run("scheduler", "stop", "--now")


@pytest.fixture
def attach(weed):
    """Give a project an object store, in a bucket of its own: `attach(project, bucket)`."""
    from weed import KEYS

    def attached(project: Path, bucket: str) -> None:
        keys = f'endpoint = "{weed.endpoint}"\nbucket = "{bucket}"\nsecure = false\n'
        file = project / "dmod.toml"
        head, table, rest = file.read_text().partition("[object_store]")
        file.write_text(f"{head}{table}\n{keys}{rest.partition(chr(10))[2]}")
        secrets = project / ".dmod" / "secrets"
        secrets.mkdir(parents=True)
        secrets.chmod(0o700)
        keys_file = secrets / "object-store.toml"
        keys_file.touch(0o600)
        keys_file.write_text(f'access_key = "{KEYS.access_key}"\nsecret_key = "{KEYS.secret_key}"\n')

    return attached


@pytest.fixture
def run(shell, shared_data, module, tmp_path) -> Path:
    """Sugar Creek as NextGen in a Box has it, with a reservoir in C in place of its models."""
    source, root = shared_data / "sugar-creek", tmp_path / "run"
    for folder in ("config/cat_config", "forcings", "outputs/ngen"):
        (root / folder).mkdir(parents=True)
    for name in ("catchment_data.geojson", "nexus_data.geojson"):
        shutil.copy(source / name, root / "config")
    shutil.copy(source / "forcing" / "cats-27_52_67-2015_12_01-2015_12_30.nc", root / "forcings" / "forcings.nc")
    shutil.copy(module("reservoir.c"), root / "libreservoir.so")
    for number in (27, 52, 67):
        (root / "config" / "cat_config" / f"cat-{number}.txt").write_text("k 0.1\n")
    (root / "outputs" / "ngen" / "cat-27.csv").write_text("of an earlier run\n")
    _write(root, {})
    shell.run("init", "--yes")
    return root


@pytest.fixture
def write_realization() -> Callable[..., None]:
    """Writes the realization of a run folder: `write_realization(root, changes, params)`."""
    return _write


def _write(root: Path, changes: dict[str, Any], params: dict[str, Any] | None = None) -> None:
    settings = {
        "model_type_name": "reservoir", "library_file": "/ngen/ngen/data/libreservoir",
        "init_config": "./config/cat_config/{{id}}.txt", "registration_function": "register_bmi_reservoir",
        "main_output_variable": "q", "variables_names_map": {"p": "APCP_surface"},
    }  # fmt: skip
    time = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-30 23:00:00", "output_interval": 3600}
    formulation = {"name": "bmi_c", "params": settings | (params or {})}
    glob = {"formulations": [formulation], "forcing": {"path": "./forcings/forcings.nc", "provider": "NetCDF"}}
    document = {"global": glob, "time": time, "metadata": {"by": "hand"}} | changes
    (root / "config" / "realization.json").write_text(json.dumps(document))


BEGIN = np.datetime64("2015-12-01T00:00:00", "s")
RAIN = np.array([10.0, 0, 0, 5, 0, 0])  # mm in each hour


class Slopes:
    """Two catchments of 3.6 and 7.2 km² that drain to one nexus, and their rain of six hours, as datasets."""

    begin, rain = BEGIN, RAIN

    def __init__(self, shell: Shell) -> None:
        from dmod.hydro.forcing import write_netcdf

        square = {"type": "Polygon", "coordinates": [[[0, 40], [1, 40], [1, 41], [0, 40]]]}
        point = {"type": "Point", "coordinates": [0.5, 40.5]}
        areas = {"cat-1": 3.6, "cat-2": 7.2}  # km²
        cats = [(name, {"toid": "nex-1", "areasqkm": area}, square) for name, area in areas.items()]
        for name in ("fabric", "rain"):
            (shell.folder / name).mkdir()
        for file, rows in (("catchment_data", cats), ("nexus_data", [("nex-1", {"toid": ""}, point)])):
            found = [{"type": "Feature", "id": i, "properties": p, "geometry": g} for i, p, g in rows]
            text = json.dumps({"type": "FeatureCollection", "features": found})
            (shell.folder / "fabric" / f"{file}.geojson").write_text(text)
        times = BEGIN + np.arange(6) * np.timedelta64(3600, "s")
        values = {"APCP_surface": np.array([RAIN, RAIN])}
        write_netcdf(shell.folder / "rain" / "rain.nc", times, [*areas], values, {})
        for name, category in (("fabric", "hydrofabric"), ("rain", "forcing")):
            shell.run("dataset", "create", name, "--category", category, "--from", name)

    @staticmethod
    def realization(kind: str, params: Mapping[str, object]) -> dict[str, object]:
        """One formulation for both catchments over all of the rain."""
        time = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-01 05:00:00", "output_interval": 3600}
        forcing = {"provider": "NetCDF", "path": "../rain/rain.nc"}
        return {"global": {"formulations": [{"name": kind, "params": params}], "forcing": forcing}, "time": time}


@pytest.fixture
def slopes() -> type[Slopes]:
    """Makes them in a project: `slopes(shell)`."""
    return Slopes
