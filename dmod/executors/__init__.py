"""Executors: where tasks run, each in a file of its own; EXECUTORS names them."""

from __future__ import annotations

TYPE_CHECKING = False  # the shepherd passes by here: what is imported, it holds
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dmod.executors.executor import Executor


def _local(state: Path) -> Executor:
    from dmod.executors.local import Local

    return Local(state)


EXECUTORS: dict[str, Callable[[Path], Executor]] = {"local": _local}
