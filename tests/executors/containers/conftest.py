"""A project whose tasks are containers of a real engine."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from engines import containers, require

from dmod.executors.docker import Docker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", autouse=True)
def engine(missing, tmp_path_factory):
    """An engine that has the image of workers."""
    from enclosed_programs import IMAGE

    require(missing)
    if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False).returncode:
        folder = tmp_path_factory.mktemp("project")
        for words in (["init", "--yes"], ["image", "build", "worker"]):
            subprocess.run(["dmod", *words], cwd=folder, check=True, timeout=900)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The state of a project, whose containers are gone after the test."""
    from programs import until

    folder = tmp_path / ".dmod"
    folder.mkdir()
    yield folder
    last = Docker(folder)
    last.adopt([])
    until(lambda: not containers(folder))
    last.close()


@pytest.fixture
def place() -> type[Docker]:
    """Where tasks run."""
    return Docker
