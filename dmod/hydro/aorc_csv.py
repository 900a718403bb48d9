"""Forcing as one CSV file for each catchment, with AORC's or WRF's columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from dmod.errors import ConflictError, NotFoundError, UsageError
from dmod.hydro import stamps, variables
from dmod.hydro.coverage import Coverage, places
from dmod.hydro.ids import natural, some

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Axis, Stamps

_CATCHMENT = re.compile(r"(?<![A-Za-z0-9])cat[-_](\d+)(?![A-Za-z0-9])")
_FEATURE = re.compile(r"^([A-Za-z]+-\d+)(?![A-Za-z0-9])")  # other features by the same rule, as agg-1
_CHUNK = 1 << 20  # bytes read at once by a survey
_LINE = 4096  # bytes that the last line of a file may have for a survey


def catchment_of(path: Path) -> str:
    """The catchment that a file is for, by its name. Raises UsageError if the name says none, or two."""
    found = sorted({f"cat-{number}" for number in _CATCHMENT.findall(path.stem)}) or _FEATURE.findall(path.stem)
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


class CsvForcing:
    """A folder of CSV files, read one at a time and closed at once: a million files need one descriptor."""

    def __init__(self, files: Mapping[str, Path], where: Path) -> None:
        self._files = dict(files)
        self._where = where
        self._index = {catchment: at for at, catchment in enumerate(self._files)}
        self._heads: dict[bytes, Head] = {}
        self._known: tuple[list[bytes], Axis] | None = None  # the last column of stamps, which most files share
        self._coverage: Coverage | None = None
        self._first = self._head_of(next(iter(self._files.values())))

    @classmethod
    def open(cls, paths: Sequence[Path], where: Path) -> Self:
        """From the files; `where` names them all in messages. Raises UsageError, ConflictError, NotFoundError."""
        return cls(catalogue(paths), where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    @property
    def catchments(self) -> tuple[str, ...]:
        """In natural order."""
        return tuple(self._files)

    @property
    def variables(self) -> tuple[str, ...]:
        """The AORC names of the columns of the first file."""
        return tuple(self._first.columns)

    @property
    def units(self) -> Mapping[str, str]:
        """The unit in which `read` gives each variable."""
        return self._first.units

    @property
    def step(self) -> int:
        """Seconds."""
        return self.scan().step

    @property
    def times(self) -> Stamps:
        """The stamps that every catchment has, (steps,)."""
        coverage = self.scan()
        begin, end = coverage.begins.max(), coverage.ends.min()
        return np.arange(begin, end + np.timedelta64(coverage.step, "s"), coverage.step, dtype="datetime64[s]")

    def scan(self) -> Coverage:
        """The period of each file from its first and last line and its number of lines. Raises as `read`."""
        if self._coverage is None:
            axes = [self._survey(path) for path in self._files.values()]
            odd = next((at for at, axis in enumerate(axes) if axis.step != axes[0].step), None)
            if odd is not None:
                raise UsageError(
                    f"{list(self._files.values())[odd]}: its step is {axes[odd].step} s",
                    why=f"the step of {self.catchments[0]} is {axes[0].step} s",
                )
            common = [name for name in self.variables if all(name in head.columns for head in self._heads.values())]
            self._coverage = Coverage(
                self.catchments,
                np.array([axis.begin for axis in axes]).astype("datetime64[s]"),
                np.array([axis.end for axis in axes]).astype("datetime64[s]"),
                axes[0].step,
                tuple(common),
                {name: self.units[name] for name in common},
            )
        return self._coverage

    def read(
        self, variables: Sequence[str], catchments: Sequence[str], begin: datetime, end: datetime
    ) -> dict[str, NDArray[np.float64]]:
        """The series of each variable, under the name it was asked by: (catchments, steps), both stamps included.

        Raises NotFoundError for a catchment or variable that is not there, UnmetError for a period that is not
        covered, UsageError for a value, line or stamp that is wrong, each with file, line, catchment and stamp.
        """
        places(catchments, self._index, str(self._where))
        read: dict[str, NDArray[np.float64]] = {}
        for row, catchment in enumerate(catchments):
            for name, series in self._series(catchment, variables, begin, end).items():
                if name not in read:
                    read[name] = np.empty((len(catchments), series.size))
                read[name][row] = series
        steps = 0 if read else stamps.seconds(end) - stamps.seconds(begin)
        return read or {name: np.empty((0, steps // max(self._axis_step(), 1) + 1)) for name in variables}

    def _axis_step(self) -> int:
        return self._known[1].step if self._known else self.step

    def _series(
        self, catchment: str, names: Sequence[str], begin: datetime, end: datetime
    ) -> dict[str, NDArray[np.float64]]:
        path = self._files[catchment]
        head, cells, axis = self._cells(path)
        span = axis.rows(begin, end, f"{path}: {catchment}")
        series = {}
        for name, own in variables.pick(names, tuple(head.columns), f"{path}:1:").items():
            column = head.columns[own]
            texts = cells[span.start * head.width + column : span.stop * head.width : head.width]
            try:
                values = np.fromiter(map(float, texts), np.float64, span.stop - span.start)
            except ValueError:
                values = np.array([_number(text) for text in texts])
            if not np.isfinite(values).all():
                at = int(np.flatnonzero(~np.isfinite(values))[0])
                stamp = stamps.text(axis.begin + (span.start + at) * axis.step)
                shown = texts[at].decode("utf-8", "replace").strip()
                what = f"{own} of {catchment} at {stamp}"
                raise UsageError(
                    f"{path}:{span.start + at + 2}: {what} is {shown!r}"
                    if shown
                    else f"{path}:{span.start + at + 2}: {what} is missing",
                    why="forcing has no gaps: every step needs a number",
                )
            factor, offset = head.scales[own]
            series[name] = values if (factor, offset) == (1.0, 0.0) else values * factor + offset
        return series

    def _cells(self, path: Path) -> tuple[Head, list[bytes], Axis]:
        line, _, body = _bytes(path).partition(b"\n")
        head = self._head(line, path)
        body = body.rstrip()
        cells = body.replace(b"\n", b",").split(b",")
        if len(cells) != head.width * (body.count(b"\n") + 1) or not body:
            raise _ragged(body, head.width, path)
        column = cells[head.time :: head.width]
        if self._known is None or self._known[0] != column:
            self._known = (column, self._axis(column, body, head, path))
        return head, cells, self._known[1]

    def _axis(self, column: list[bytes], body: bytes, head: Head, path: Path) -> Axis:
        def where(row: int) -> str:
            return f"{path}:{row + 2}"

        try:
            return stamps.axis(stamps.parse(column, where), where)
        except UsageError:
            # a line too long and another too short can cancel out; the line then says more than the stamp
            if any(line.count(b",") != head.width - 1 for line in body.split(b"\n")):
                raise _ragged(body, head.width, path) from None
            raise

    def _head_of(self, path: Path) -> Head:
        try:
            with path.open("rb") as file:
                return self._head(file.readline().rstrip(b"\n"), path)
        except OSError as error:
            raise NotFoundError(f"{path} cannot be read", why=str(error)) from error

    def _head(self, line: bytes, path: Path) -> Head:
        if line not in self._heads:
            self._heads[line] = Head.parse(line, path)
        return self._heads[line]

    def _survey(self, path: Path) -> Axis:
        lines, rows = _ends(path)
        head = self._head(lines[0], path)
        told = [line.split(b",") for line in lines[1:]]
        if rows >= 1 and all(len(cells) == head.width for cells in told):
            first = stamps.parse([cells[head.time] for cells in told[:2]], lambda at: f"{path}:{at + 2}")
            last = stamps.parse([told[-1][head.time]], lambda _: f"{path}:{rows + 1}")
            axis = stamps.axis(first, lambda at: f"{path}:{at + 2}")
            if axis.begin + (rows - 1) * axis.step == stamps.seconds(last[0]):
                return stamps.Axis(axis.begin, axis.step, rows)
        return self._cells(path)[2]  # finds and names what is wrong


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read", why=str(error)) from error
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def _ends(path: Path) -> tuple[list[bytes], int]:
    """The header, the first two rows (if there are two) and the last; and the number of rows."""
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


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _ragged(body: bytes, width: int, path: Path) -> UsageError:
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
