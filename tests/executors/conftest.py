"""Let the test of each executor find the conformance tests beside it, and a project whose tasks are processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod.executors.local import Local

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dmod.executors.executor import Executor


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The state of a project, whose shepherd and tasks are gone after the test."""
    from programs import shepherds, until

    folder = tmp_path / ".dmod"
    folder.mkdir()
    yield folder
    last = Local(folder)
    last.adopt([])
    last.close()
    until(lambda: not shepherds(folder))


@pytest.fixture
def place() -> type[Executor]:
    """Where tasks run."""
    return Local


@pytest.fixture
def executors(state: Path, place: Callable[[Path], Executor]) -> Iterator[Callable[[], Executor]]:
    """Makes an executor there, as a new scheduler does."""
    made: list[Executor] = []

    def make() -> Executor:
        made.append(place(state))
        return made[-1]

    yield make
    for executor in made:
        executor.close()
