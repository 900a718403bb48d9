"""Executors: where tasks run, each in a file of its own; EXECUTORS names them."""

from __future__ import annotations

TYPE_CHECKING = False  # the shepherd passes by here: what is imported, it holds
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dmod.executors.executor import Executor

MARK = "containers"  # in .dmod, from the first container on until all are removed


class Entry:
    """How an executor is made, and the file in .dmod that is there while it may have left something."""

    def __init__(self, make: Callable[[Path], Executor], mark: str = "") -> None:
        self.make, self.mark = make, mark


def _local(state: Path) -> Executor:
    from dmod.executors.local import Local

    return Local(state)


def _docker(state: Path) -> Executor:
    from dmod.executors.docker import Docker

    return Docker(state)


EXECUTORS: dict[str, Entry] = {"local": Entry(_local), "docker": Entry(_docker, MARK)}
