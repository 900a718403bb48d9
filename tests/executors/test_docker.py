"""Containers of a real engine, by the tests of all executors and by those that only hold for containers."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from executor_tests import ExecutorTests
from programs import Programs, until

from dmod.docker.client import probe
from dmod.executors import EXECUTORS, enclosed
from dmod.executors.docker import Docker
from dmod.jobs.launch import Container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.slow]

IMAGE = "dmod/worker"


def docker(*words: str, code: int = 0) -> str:
    """What `docker WORDS` says."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def engine(missing, tmp_path_factory):
    """An engine that has the image of workers."""
    said = probe()
    if not said.available:
        missing(f"no Docker Engine: {said.detail}")
    if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False).returncode:
        folder = tmp_path_factory.mktemp("project")
        for words in (["init", "--yes"], ["image", "build", "worker"]):
            subprocess.run(["dmod", *words], cwd=folder, check=True, timeout=900)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The state of a project, whose containers are gone after the test."""
    folder = tmp_path / ".dmod"
    folder.mkdir()
    yield folder
    last = Docker(folder)
    last.adopt([])
    until(lambda: not names(folder))
    last.close()


@pytest.fixture
def executors(state: Path) -> Iterator[Callable[[], Docker]]:
    made: list[Docker] = []

    def make() -> Docker:
        made.append(Docker(state))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def names(state: Path) -> list[str]:
    """The containers of a project."""
    label = f"label={enclosed.LABEL}={enclosed.owner(state)}"
    return docker("ps", "--all", "--filter", label, "--format", "{{.Names}}").split()


class Enclosed(Programs):
    """Programs in the image of workers."""

    python = "/dmod/venv/bin/python"

    def running(self, handle: dict[str, object]) -> bool:
        """Whether its container runs."""
        words = ("docker", "inspect", "--format", "{{.State.Running}}", str(handle["container"]))
        return subprocess.run(words, capture_output=True, check=False).stdout == b"true\n"

    def enclosed(self, cwd: Path) -> dict[str, object]:
        """It sees its folder of work, and may write there."""
        return {"executor": "docker", "container": Container(IMAGE, 1, writes=(cwd,))}


class TestDocker(Enclosed, ExecutorTests):
    def test_it_is_what_dmod_toml_calls_docker(self, state):
        executor = EXECUTORS["docker"].make(state)
        assert isinstance(executor, Docker)
        executor.close()
