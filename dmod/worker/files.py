"""The small files that tell of a running worker, each written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.paths import keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_json(path: Path, data: Any) -> None:  # noqa: ANN401 - what JSON holds
    """Put `data` in place of `path` in one step."""
    keep(path, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode())


def write_first(path: Path, data: Any, since: float = 0.0) -> bool:  # noqa: ANN401
    """Write `data` unless `path` is there already: of several ranks that fail the first one tells why.

    One from before `since` (seconds since 1970) is of an earlier attempt, and is replaced.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if path.exists() and path.stat().st_mtime < since:
            path.unlink(missing_ok=True)
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def discard(folder: Path) -> None:
    """Give back the room of a folder, also that of its files that are still open."""
    for file in folder.rglob("*"):
        with suppress(OSError):
            os.truncate(file, 0)
    shutil.rmtree(folder, ignore_errors=True)


def write_pid(folder: Path, rank: int) -> None:
    """Say which process a rank is: `ranks/<rank>.pid`; where an earlier attempt ended is forgotten."""
    ranks = folder / layout.RANKS
    ranks.mkdir(exist_ok=True)
    (ranks / f"{rank}.at").unlink(missing_ok=True)
    keep(ranks / f"{rank}.pid", f"{os.getpid()}\n".encode())


class Progress:
    """How far a job is, for whoever watches: `progress.json`, replaced at most five times a second."""

    def __init__(self, folder: Path, total: int, unit: str, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._path = folder / layout.PROGRESS
        self._total, self._unit = total, unit
        self._done = 0
        self._last = ("", 0.0)  # phase and time of the last write

    def update(self, phase: str, more: int = 0) -> None:
        """Count `more` done; a change of phase and the end are always written."""
        self._done += more
        now = self._now()
        if phase != self._last[0] or self._done >= self._total or now - self._last[1] >= 0.2:
            self._last = (phase, now)
            write_json(self._path, {"done": self._done, "total": self._total, "unit": self._unit, "phase": phase})
