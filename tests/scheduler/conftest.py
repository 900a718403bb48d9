"""A real queue in a folder of its own, and specs to put into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dmod import toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.prepared import Prepared
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmod.jobs.job import Job


def spec(kind: str, name: str = "noop", *, cpus: int = 1, memory: int = 0, limit: str = "0s", **table: object):
    resources = {"cpus": cpus, "memory": memory, "time_limit": limit}
    data = {"kind": kind, "name": name, "resources": resources, kind: table}
    return kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())


def command(name: str = "noop", *, cpus: int = 1, env: dict[str, str] | None = None, **asked: object):
    """`asked`: priority, retries and what else each kind has."""
    return replace(spec("command", name, cpus=cpus, argv=["/bin/true"], env=env or {}), **asked)


def order(of=None, prepared: Prepared | None = None, cwd: str = "/", numbers: str = "", **more: object) -> Order:
    """A job to submit; `numbers`: of its tasks."""
    wanted = Numbers.parse(numbers) if numbers else None
    return Order(of or command(), Path(cwd), prepared or Prepared(), wanted, **more)


def simulation(name: str = "sim", *, cpus: int = 1, **table: object):
    return spec("simulation", name, cpus=cpus, realization="settings", **table)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    opened = Queue(tmp_path / "queue.db")
    yield opened
    opened.close()


@pytest.fixture
def make(queue: Queue) -> SimpleNamespace:
    """Specs, and jobs that are in the queue."""

    def job(of=None, prepared: Prepared | None = None, cwd: str = "/", numbers: str = "", **more: object) -> Job:
        return queue.get(queue.submit(order(of, prepared, cwd, numbers, **more)))

    return SimpleNamespace(command=command, simulation=simulation, spec=spec, order=order, job=job)
