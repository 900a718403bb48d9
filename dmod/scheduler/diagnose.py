"""Diagnose: why a job failed, from what it left in its folder, in one line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dmod import layout
from dmod.jobs.exits import explain
from dmod.models.place import left, places, signal_of

if TYPE_CHECKING:
    from pathlib import Path

TAIL = 16_384  # bytes of stderr that are read
_HYDRA = re.compile(r"=\s+(?:RANK (?P<rank>\d+) )?PID (?P<pid>\d+) RUNNING AT (?P<host>\S+)")
_HYDRA_CODE = re.compile(r"=\s+(?:EXIT CODE|KILLED BY SIGNAL): (?P<code>-?\d+)")


def diagnose(folder: Path, code: int) -> str:
    """The reason of a failure: what a rank told, which rank was killed, or the code and the last line of stderr."""
    for find in (_told, _crashed, _killed):
        if said := find(folder):
            return said
    if place := left(folder / layout.RANKS / "0.at"):
        how = explain(code)
        return f"rank 0: {how if how.startswith('killed') else f'ended with exit code {code}'} in {place}"
    last = last_line(folder)
    meaning = explain(code)
    said = meaning if meaning.startswith("killed") else f"exit code {code}"
    return f"{said}: {last}" if last else said


def _told(folder: Path) -> str:
    """What the failing rank wrote."""
    try:
        story = json.loads((folder / layout.FAILURE).read_text())
    except (OSError, ValueError):
        return ""
    why = f" ({story['why']})" if story.get("why") else ""
    return f"rank {story['rank']}: {story['message']}{why}"


def _crashed(folder: Path) -> str:
    """Which rank a module brought down."""
    for file, place in places(folder):
        if name := signal_of(file):
            return f"rank {file.stem}: killed by {name} in {place}"
    return ""


def _killed(folder: Path) -> str:
    """Which rank MPI found dead, by its pid."""
    text = _stderr(folder) + tail(folder / layout.STDOUT)
    found, code = _HYDRA.search(text), _HYDRA_CODE.search(text)
    if not found or not code:
        return ""
    rank = _rank(folder, found["pid"])
    if rank is None:
        return ""
    number = int(code["code"])
    how = explain(-number if 0 < number < 32 else number)
    place = left(folder / layout.RANKS / f"{rank}.at")
    return f"rank {rank}, pid {found['pid']} on {found['host']}: {how}{f' in {place}' if place else ''}"


def _rank(folder: Path, pid: str) -> str | None:
    for file in sorted((folder / layout.RANKS).glob("*.pid")):
        if file.read_text().strip() == pid:
            return file.stem
    return None


def last_line(folder: Path) -> str:
    """The last line of stderr that says something."""
    lines = [line.strip() for line in _stderr(folder).splitlines() if line.strip().strip("=")]
    return lines[-1][:200] if lines else ""


def _stderr(folder: Path) -> str:
    return tail(folder / layout.STDERR)


def tail(path: Path) -> str:
    """The end of a text file; "" if it is not there."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
