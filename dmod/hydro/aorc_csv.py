"""Forcing as one CSV file for each catchment, with AORC's or WRF's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import stamps, variables
from dmod.hydro.coverage import Coverage, places
from dmod.hydro.csv_file import Head, catalogue, contents, ends, ragged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Axis, Stamps


class CsvForcing:
    """A folder of CSV files, read one at a time and closed at once: a million files need one descriptor."""

    def __init__(self, files: Mapping[str, Path], where: Path) -> None:
        self._files = dict(files)
        self._where = where
        self._index = {catchment: at for at, catchment in enumerate(self._files)}
        self._heads: dict[bytes, Head] = {}
        self._known: tuple[list[bytes], Axis] | None = None  # the last column of stamps, which most files share
        self._coverage: Coverage | None = None
        self._step: int | None = None
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
        """Seconds; that of the first file, which `read` and `scan` hold the others to."""
        if self._step is None:
            self._step = self._survey(next(iter(self._files.values()))).step
        return self._step

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
            for axis, path in zip(axes, self._files.values(), strict=True):
                self._same_step(axis, path)
            common = [name for name in self.variables if all(name in head.columns for head in self._heads.values())]
            self._coverage = Coverage(
                self.catchments,
                np.array([axis.begin for axis in axes]).astype("datetime64[s]"),
                np.array([axis.end for axis in axes]).astype("datetime64[s]"),
                self.step,
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
        if not catchments:
            steps = (stamps.seconds(end) - stamps.seconds(begin)) // self.step + 1
            read = {name: np.empty((0, steps)) for name in variables}
        return read

    def _series(
        self, catchment: str, names: Sequence[str], begin: datetime, end: datetime
    ) -> dict[str, NDArray[np.float64]]:
        path = self._files[catchment]
        head, cells, axis = self._cells(path)
        self._same_step(axis, path)
        span = axis.rows(begin, end, f"{path}: {catchment}")
        series = {}
        for name, own in variables.pick(names, tuple(head.columns), f"{path}:1:").items():
            column = head.columns[own]
            texts = cells[span.start * head.width + column : span.stop * head.width : head.width]
            values = _numbers(texts)
            if not np.isfinite(values).all():
                at = int(np.flatnonzero(~np.isfinite(values))[0])
                stamp = stamps.text(axis.begin + (span.start + at) * axis.step)
                raise _no_number(texts[at], f"{path}:{span.start + at + 2}: {own} of {catchment} at {stamp}")
            factor, offset = head.scales[own]
            series[name] = values if (factor, offset) == (1.0, 0.0) else values * factor + offset
        return series

    def _same_step(self, axis: Axis, path: Path) -> None:
        if axis.step != self.step:
            raise UsageError(
                f"{path}: its step is {axis.step} s", why=f"the step of {self.catchments[0]} is {self.step} s"
            )

    def _cells(self, path: Path) -> tuple[Head, list[bytes], Axis]:
        line, _, body = contents(path).partition(b"\n")
        head = self._head(line, path)
        body = body.rstrip()
        cells = body.replace(b"\n", b",").split(b",")
        if len(cells) != head.width * (body.count(b"\n") + 1) or not body:
            raise ragged(body, head.width, path)
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
                raise ragged(body, head.width, path) from None
            raise

    def _head_of(self, path: Path) -> Head:
        try:
            with path.open("rb") as file:
                return self._head(file.readline().rstrip(b"\n"), path)
        except OSError as error:
            raise NotFoundError(f"{path} cannot be read", why=str(error)) from error

    def _head(self, line: bytes, path: Path) -> Head:
        if line not in self._heads:
            head = Head.parse(line, path)
            first = next(iter(self._heads.values()), head)
            for name, unit in head.units.items():
                if first.units.get(name, unit) != unit:
                    raise UsageError(
                        f"{path}:1: {name} is in {unit!r}, and in {first.units[name]!r} for {self.catchments[0]}",
                        why="a variable that is none of AORC's is passed on as it is, in one unit",
                    )
            self._heads[line] = head
        return self._heads[line]

    def _survey(self, path: Path) -> Axis:
        lines, rows = ends(path)
        head = self._head(lines[0], path)
        told = [line.split(b",") for line in lines[1:]]
        if rows >= 1 and all(len(cells) == head.width for cells in told):
            first = stamps.parse([cells[head.time] for cells in told[: min(2, rows)]], lambda at: f"{path}:{at + 2}")
            last = stamps.parse([told[-1][head.time]], lambda _: f"{path}:{rows + 1}")
            axis = stamps.axis(first, lambda at: f"{path}:{at + 2}")
            if axis.begin + (rows - 1) * axis.step == stamps.seconds(last[0]):
                return stamps.Axis(axis.begin, axis.step, rows)
        return self._cells(path)[2]  # finds and names what is wrong


def _numbers(texts: list[bytes]) -> NDArray[np.float64]:
    """The values, NaN for what is no number."""
    try:
        return np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return np.array([_number(text) for text in texts])


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _no_number(text: bytes, what: str) -> UsageError:
    shown = text.decode("utf-8", "replace").strip()
    return UsageError(
        f"{what} is {repr(shown) if shown else 'missing'}", why="forcing has no gaps: every step needs a number"
    )
