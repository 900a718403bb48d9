"""Detector of simulated series as ngen writes them: a CSV for each nexus and each catchment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.errors import UsageError
from dmod.hydro.ids import NEXUSES
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry
    from dmod.hydro.stamps import Axis

_NEXUS = re.compile(rf"((?:{'|'.join(NEXUSES)})\d+)_output\.csv")
_CATCHMENT = re.compile(r"(cat-\d+)\.csv")


def looks(entries: Sequence[Entry]) -> bool:
    """nex-*_output.csv, or cat-*.csv whose header begins with `Time Step`."""
    names = [
        each for each in files.top(entries, ".csv") if _NEXUS.fullmatch(each.path) or _CATCHMENT.fullmatch(each.path)
    ]
    return any(_NEXUS.fullmatch(each.path) or files.columns(each.source)[0] == "Time Step" for each in names)


def read(folder: Path) -> Domain:
    """Features and the period of each, by the first and last line of its file. Raises UsageError naming the file."""
    from dmod.hydro.stamps import moment

    groups: dict[tuple[Axis, frozenset[str]], list[str]] = {}
    for path in sorted(folder.glob("*.csv")):
        nexus, catchment = _NEXUS.fullmatch(path.name), _CATCHMENT.fullmatch(path.name)
        if nexus:
            groups.setdefault((_axis(path, 0), frozenset({"discharge"})), []).append(nexus[1])
        elif catchment:
            names = frozenset(name for name in files.columns(path)[2:] if name)
            groups.setdefault((_axis(path, 1), names), []).append(catchment[1])
    steps = {axis.step for axis, _ in groups}
    if len(steps) != 1:
        said = f"steps of {' and '.join(f'{step} s' for step in sorted(steps))}" if steps else "no output"
        raise UsageError(f"{folder} holds {said}", why="an output has files of one step: nex-*_output.csv, cat-*.csv")
    blocks = tuple(
        block(features, TimeRange(moment(axis.begin), moment(axis.end)), names)
        for (axis, names), features in groups.items()
    )
    return Domain("output-csv", blocks, steps.pop())


def _axis(path: Path, header: int) -> Axis:
    """The stamps of a file, from its first two rows, the last, and how many there are."""
    from dmod.hydro import stamps
    from dmod.hydro.csv_file import ends

    lines, rows = ends(path)  # a first line that is none of a header counts as one there
    count = rows if header else rows + 1
    cells = [line.split(b",") for line in lines[header:]]
    if count < 1 or any(len(row) < 2 + (not header) for row in cells):
        raise UsageError(f"{path}: it has no rows of step, time and values")

    def where(at: int) -> str:
        return f"{path}: row {at + 1 + header}"

    found = stamps.parse([row[1] for row in cells], where)
    first = stamps.axis(found[: min(2, count)], where)
    axis = stamps.Axis(first.begin, first.step, count)
    if axis.end != stamps.seconds(found[-1]):
        raise UsageError(
            f"{path}: {count:,} rows from {stamps.text(first.begin)}, and the last is {stamps.text(found[-1])}",
            why="rows are missing, or not evenly spaced",
        )
    return axis
