"""A forcing file of one catchment: which catchment, which columns, and its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dmod.errors import ConflictError, NotFoundError, UsageError
from dmod.hydro import variables
from dmod.hydro.ids import named, natural, some

if TYPE_CHECKING:
    from pathlib import Path

_FEATURE = re.compile(r"^([A-Za-z]+-\d+)(?![A-Za-z0-9])")  # other features by the same rule, as agg-1
_CHUNK = 1 << 20  # bytes read at once by a survey
_LINE = 4096  # bytes that the last line of a file may have for a survey


def catchment_of(path: Path) -> str:
    """The catchment that a file is for, by its name. Raises UsageError if the name says none, or two."""
    found = sorted(named(path.stem)) or _FEATURE.findall(path.stem)
    if len(found) != 1:
        says = "no catchment id" if not found else " and ".join(found)
        raise UsageError(f"{path}: the name says {says}", why="one file, one catchment: cat-12.csv, cat-12_2015.csv")
    return str(found[0])


def catalogue(paths: Sequence[Path]) -> dict[str, Path]:
    """The file of each catchment, in natural order. Raises UsageError, or ConflictError for two files of one."""
    files: dict[str, Path] = {}
    for path in paths:
        if (other := files.setdefault(catchment_of(path), path)) != path:
            raise ConflictError(
                f"two files for {catchment_of(path)}: {other} and {path.name}", fix=f"keep one of them in {path.parent}"
            )
    return {catchment: files[catchment] for catchment in natural(files)}


@dataclass(frozen=True, slots=True)
class Head:
    """What the first line of a file says."""

    width: int  # columns
    time: int  # the column of the stamps
    columns: Mapping[str, int]  # by the name of the variable
    units: Mapping[str, str]  # as read
    scales: Mapping[str, tuple[float, float]]  # factor and offset to that unit

    @classmethod
    def parse(cls, line: bytes, path: Path) -> Self:
        """From the line. Raises UsageError."""
        if not line.strip():
            raise UsageError(f"{path} is empty, or its first line is", why="the first line names the columns")
        cells = [variables.header(cell) for cell in line.decode("utf-8-sig", "replace").rstrip("\r").split(",")]
        raw = [name for name, _ in cells]
        times = [at for at, name in enumerate(raw) if name.lower() == "time"]
        if len(times) != 1:
            said = "no column `time`" if not times else "two columns `time`"
            raise UsageError(f"{path}:1: {said}", why=f"the columns are {some(raw, 12)}")
        names = variables.distinct(raw)
        columns = {name: at for at, name in enumerate(names) if at != times[0] and name}
        if len(columns) != sum(map(bool, names)) - 1:
            double = next(name for name in names if names.count(name) > 1 and name)
            raise UsageError(f"{path}:1: two columns are called {double}")
        said_units = {name: cells[at][1] for name, at in columns.items()}
        scales = {name: variables.conversion(name, unit, f"{path}:1") for name, unit in said_units.items()}
        return cls(len(raw), times[0], columns, variables.units_of(tuple(columns), said_units), scales)


def contents(path: Path) -> bytes:
    """All of a file, with plain line ends. Raises NotFoundError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read", why=str(error)) from error
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def ends(path: Path) -> tuple[list[bytes], int]:
    """The header, the first two rows (if there are two) and the last; and the number of rows. Raises NotFoundError."""
    try:
        with path.open("rb", buffering=0) as file:
            tail = lead = file.read(_CHUNK)
            count = lead.count(b"\n")
            while chunk := file.read(_CHUNK):
                count += chunk.count(b"\n")
                tail = tail[-_LINE:] + chunk
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read", why=str(error)) from error
    kept = tail.rstrip()
    rows = count - tail[len(kept) :].count(b"\n")
    lines = lead.rstrip().replace(b"\r\n", b"\n").split(b"\n", 3)[:3]
    return [*lines, kept.rsplit(b"\n", 1)[-1]] if rows else lines, rows


def ragged(body: bytes, width: int, path: Path) -> UsageError:
    """The error for rows of which not all have `width` cells, naming the first that has not."""
    if not body:
        return UsageError(f"{path}: there is no row below the header")
    for row, line in enumerate(body.split(b"\n")):
        if (columns := line.count(b",") + 1) != width:
            last = row == body.count(b"\n")
            return UsageError(
                f"{path}:{row + 2}: {columns} columns, and the header has {width}",
                why="it is the last line: the file may be cut off"
                if last
                else "every line needs as many as the header",
            )
    return UsageError(f"{path}: the number of cells does not fit the {width} columns of the header")
