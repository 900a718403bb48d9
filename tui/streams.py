"""Streams: which of a job's two logs has something to say, and what is said if neither has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod import layout
from tui.entry import ACTIVE

if TYPE_CHECKING:
    from pathlib import Path

    from tui.look import Line


def telling(folder: Path, status: str) -> str:
    """stdout, unless only stderr says something, or it failed and stderr says why."""
    error = _size(folder / layout.STDERR)
    return layout.STDERR if error and (status == "failed" or not _size(folder / layout.STDOUT)) else layout.STDOUT


def silence(status: str) -> list[Line]:
    """Why there is nothing to read."""
    said = {
        "queued": "It waits: nothing has been written yet.",
        "canceled": "It wrote nothing before it was canceled.",
    }.get(status, "Nothing has been written yet." if status in ACTIVE else "It wrote nothing here.")
    return [(), ((f" {said}", "muted"),), ((" f shows the other of stdout and stderr", "muted"),)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
