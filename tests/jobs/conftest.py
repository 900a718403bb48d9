"""Jobs and datasets as values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dmod import toml_file
from dmod.config import Defaults
from dmod.data.blocks import block
from dmod.data.dataset import Dataset, File
from dmod.data.domain import Domain
from dmod.data.format import Category
from dmod.hydro.period import TimeRange
from dmod.jobs import kinds
from dmod.jobs.job import Job
from dmod.jobs.prepared import Prepared
from dmod.jobs.status import Status

CATCHMENTS = ("cat-1", "cat-2", "cat-10")
BEGIN, END = "2015-12-01T00:00:00Z", "2015-12-31T23:00:00Z"
RAIN = ("APCP_surface", "potential_evapotranspiration")
MADE = datetime(2026, 1, 1, tzinfo=UTC)


def dataset(name: str, category: Category, domain: Domain, age: int) -> Dataset:
    """`age` in days: the smaller, the newer."""
    return Dataset(name, category, domain, (File("a", 1, f"{name:0<64}"),), MADE - timedelta(days=age))


def fabric(name: str = "sugar", catchments: tuple[str, ...] = CATCHMENTS, age: int = 0) -> Dataset:
    return dataset(name, Category.HYDROFABRIC, Domain("geojson-hydrofabric", (block(catchments),)), age)


def forcing(  # noqa: PLR0917
    name: str = "rain",
    catchments: tuple[str, ...] = CATCHMENTS,
    begin: str = BEGIN,
    end: str = END,
    variables: tuple[str, ...] = RAIN,
    step: int = 3600,
    age: int = 0,
) -> Dataset:
    blocks = (block(catchments, TimeRange.parse(begin, end), variables),)
    return dataset(name, Category.FORCING, Domain("aorc-netcdf", blocks, step), age)


def realization(
    name: str = "settings", named: tuple[str, ...] | None = None, needs: list[dict[str, Any]] | None = None
) -> Dataset:
    wanted = ["precipitation|APCP_surface", "potential_evapotranspiration"]
    details = {
        "begin": BEGIN,
        "end": END,
        "step": 3600,
        "catchments": None if named is None else list(named),
        "needs": needs or [{"catchments": None, "variables": wanted}],
    }
    blocks = (block(named, TimeRange.parse(BEGIN, END)),)
    return dataset(name, Category.CONFIG, Domain("realization-config", blocks, 3600, details), 0)


def partition(name: str = "parts", catchments: tuple[str, ...] = CATCHMENTS, parts: int = 2) -> Dataset:
    return dataset(name, Category.CONFIG, Domain("partition-config", (block(catchments),), None, {"parts": parts}), 0)


def observation(name: str = "gauges") -> Dataset:
    blocks = (block(("02479155",), TimeRange.parse(BEGIN, END), ["discharge"]),)
    return dataset(name, Category.OBSERVATION, Domain("observation-csv", blocks, 3600), 0)


def output(name: str = "sim-1", form: str = "output-netcdf") -> Dataset:
    blocks = (block(("nex-1",), TimeRange.parse(BEGIN, END), ["discharge"]),)
    return dataset(name, Category.OUTPUT, Domain(form, blocks, 3600), 0)


def spec(kind: str, *, cpus: int = 1, memory: int = 0, name: str = "river", **table: object):
    """A spec as a job file would say it."""
    data = {"kind": kind, "name": name, "resources": {"cpus": cpus, "memory": memory}, kind: table}
    return kinds.read(toml_file.Located(Path("river.toml"), data, {}), Defaults())


def job(number: int = 1, name: str = "river", *, of=None, prepared: Prepared | None = None, **changes: object) -> Job:
    wanted = of or spec("command", name=name, argv=["/bin/true"])
    plain = Job(
        id=number, name=name, kind=wanted.kind, status=Status.QUEUED, priority=wanted.priority,
        cpus=wanted.resources.cpus, memory=wanted.resources.memory, submitted=MADE, started=None, ended=None,
        reason="", exit_code=None, attempt=1, stop="", held=False, numbers="", size=1, running=0, completed=0,
        failed=0, canceled=0, cpu=0.0, peak=0, read=0, written=0, cwd="/", spec_json=wanted.to_json(),
        prepared_json=json.dumps((prepared or Prepared()).to_json()), origin_json="{}", fingerprint="",
    )  # fmt: skip
    return replace(plain, **changes)


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers above."""
    return SimpleNamespace(
        fabric=fabric, forcing=forcing, realization=realization, partition=partition, observation=observation,
        output=output, spec=spec, job=job,
    )  # fmt: skip
