"""Upkeep: forget jobs that ended long ago, with the folders they ran in; datasets stay."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from dmod.scheduler import changes

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.scheduler.queue import Queue


class Pruned(NamedTuple):
    """What was forgotten, or would be."""

    jobs: list[int]
    size: int  # bytes in their folders
    stuck: list[Path]  # folders that could not be removed


class _UndoneError(Exception):
    """Takes a transaction back."""


def prune(queue: Queue, jobs: Path, before: float) -> Pruned:
    """Forget the jobs that ended before a time; first the rows, then the folders in `jobs`."""
    ids = queue.prune(before)
    size, stuck = 0, []
    for number in ids:
        folder = jobs / str(number)
        size += weight(folder)
        try:
            _remove(folder)
        except OSError:
            stuck.append(folder)
    return Pruned(ids, size, stuck)


def prunable(queue: Queue, jobs: Path, before: float) -> Pruned:
    """What `prune` would forget."""
    ids: list[int] = []
    with suppress(_UndoneError), queue.transaction() as write:
        ids = changes.prune(write, before)
        raise _UndoneError
    return Pruned(ids, sum(weight(jobs / str(number)) for number in ids), [])


def weight(folder: Path) -> int:
    """Bytes of the files in a folder, not of what its links lead to."""
    size = 0
    for base, _, names in () if folder.is_symlink() else os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(base, name)).st_size  # noqa: PTH118 - a hundred thousand of them
    return size


def _remove(folder: Path) -> None:
    """Remove a folder, or the link that stands in its place, never what is behind it."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
