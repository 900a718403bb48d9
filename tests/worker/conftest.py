"""Job folders made by hand: a small hydrofabric, its forcing, a realization, and the order to run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np
import pytest

from dmod.worker.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator

RIVER = {"x1": 320.0, "x2": 0.0, "x3": 70.0, "x4": 1.6}
BEGIN = np.datetime64("2015-12-01T00:00:00")
CHAIN = {f"cat-{n}": f"nex-{n // 3 + 1}" for n in range(1, 8)}  # two and three catchments to a nexus


def rain(catchments: int, steps: int) -> np.ndarray:
    return np.random.default_rng(5).gamma(0.1, 8.0, (catchments, steps)).astype(np.float32)


@dataclass
class Job:
    """A job folder, what is changed in it, and running it."""

    folder: Path
    toids: dict[str, str] = field(default_factory=lambda: dict(CHAIN))
    steps: int = 48
    ranks: int = 1
    formulation: dict[str, Any] = field(
        default_factory=lambda: {"python_type": "dmod.models.series.GR4J", "model_params": dict(RIVER)}
    )
    of: dict[str, dict[str, Any]] = field(default_factory=dict)  # a catchment's own formulation
    output: str = "auto"
    catchments: list[str] | None = None
    extra: dict[str, list[dict[str, str]]] = field(default_factory=dict)  # more datasets by role
    kind: str = "simulation"

    @property
    def forcing(self) -> np.ndarray:
        return rain(len(self.toids), self.steps)

    def lay_out(self) -> None:
        data = self.folder / "dmod" / "datasets"
        for category in ("hydrofabric/fabric", "forcing/rain", "config/settings"):
            (data / category).mkdir(parents=True, exist_ok=True)
        self.write_fabric(data / "hydrofabric" / "fabric")
        self.write_forcing(data / "forcing" / "rain" / "forcing.nc")
        (data / "config" / "settings" / "realization.json").write_text(json.dumps(self.realization()))
        (self.folder / "job.json").write_text(json.dumps(self.order(), indent=1))

    def realization(self) -> dict[str, Any]:
        def one(settings: dict[str, Any]) -> dict[str, Any]:
            params = {"model_type_name": "GR4J", "init_config": "/dev/null", "main_output_variable": "Q_OUT"} | settings
            return {"formulations": [{"name": settings.get("name", "bmi_python"), "params": params}]}

        end = str(BEGIN + np.timedelta64(3600 * (self.steps - 1), "s")).replace("T", " ")
        time = {"start_time": str(BEGIN).replace("T", " "), "end_time": end, "output_interval": 3600}
        own = {catchment: one(settings) for catchment, settings in self.of.items()}
        return {"global": one(self.formulation), "time": time, "catchments": own}

    def order(self) -> dict[str, Any]:
        def source(category: str, name: str) -> list[dict[str, str]]:
            return [{"name": name, "category": category, "format": "", "path": f"dmod/datasets/{category}/{name}"}]

        datasets = {"hydrofabric": source("hydrofabric", "fabric"), "forcing": source("forcing", "rain")}
        datasets |= {"realization": source("config", "settings")} | self.extra
        end = BEGIN + np.timedelta64(3600 * (self.steps - 1), "s")
        return {
            "id": 1, "name": "sim", "kind": self.kind, "ranks": self.ranks, "spec": {},
            "period": {"begin": f"{BEGIN}Z", "end": f"{end}Z", "step": 3600},
            "catchments": self.catchments, "datasets": datasets, "output": {"format": self.output},
        }  # fmt: skip

    def write_fabric(self, folder: Path) -> None:
        def features(rows: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> str:
            found = [{"type": "Feature", "id": i, "properties": p, "geometry": g} for i, p, g in rows]
            return json.dumps({"type": "FeatureCollection", "features": found})

        square = {"type": "Polygon", "coordinates": [[[0, 40], [1, 40], [1, 41], [0, 40]]]}
        point = {"type": "Point", "coordinates": [0.5, 40.5]}
        areas = {name: 10.0 + number / 3 for number, name in enumerate(self.toids)}
        cats = [(name, {"toid": toid, "areasqkm": areas[name]}, square) for name, toid in self.toids.items()]
        nexuses = [(nexus, {"toid": ""}, point) for nexus in dict.fromkeys(self.toids.values())]
        (folder / "catchment_data.geojson").write_text(features(cats))
        (folder / "nexus_data.geojson").write_text(features(nexuses))

    def write_forcing(self, path: Path) -> None:
        times = (BEGIN - np.datetime64(0, "s")).astype(int) + 3600 * np.arange(self.steps)
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("catchment-id", len(self.toids))
            file.createDimension("time", self.steps)
            file.createVariable("ids", str, ("catchment-id",))[:] = np.array(list(self.toids), dtype=object)
            stamps = file.createVariable("Time", "f8", ("catchment-id", "time"))
            stamps.units = "s"
            stamps[:] = np.broadcast_to(times, (len(self.toids), self.steps))
            for name, units, values in (
                ("APCP_surface", "kg m^-2", self.forcing),
                ("potential_evapotranspiration", "mm", np.full_like(self.forcing, 0.05)),
            ):
                made = file.createVariable(name, "f4", ("catchment-id", "time"))
                made.units = units
                made[:] = values

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        self.lay_out()
        return subprocess.run(
            self.argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.folder, check=False,
            timeout=60, env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        )  # fmt: skip

    def do(self) -> int:
        """The same in this process: one rank."""
        self.lay_out()
        return main([str(self.folder)])

    @property
    def argv(self) -> list[str]:
        mpi = [str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", str(self.ranks)] if self.ranks > 1 else []
        return [*mpi, sys.executable, "-m", "dmod.worker", str(self.folder)]

    def failure(self) -> dict[str, Any]:
        return json.loads((self.folder / "failure.json").read_text())


@pytest.fixture
def job(tmp_path, monkeypatch) -> Iterator[Job]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = signal.getsignal(signal.SIGTERM)
    yield Job(tmp_path)
    signal.signal(signal.SIGTERM, before)
