"""What was measured: the discharge of gauges, with gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import stamps, unit, variables
from dmod.hydro.ids import some
from dmod.hydro.stamps import Axis

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.hydro.stamps import Stamps

_GAPS = (b"", b"nan", b"na", b"null", b"-")
_CODES = (-999.0, -9999.0, -99999.0, -999999.0)  # how tables of numbers without empty cells say that there is none


@dataclass(frozen=True, slots=True)
class Observation:
    """Discharge at gauges."""

    gauges: tuple[str, ...]
    axis: Axis  # the evenly spaced stamps
    values: NDArray[np.float64]  # (gauges, steps), m³/s, NaN where nothing was measured

    @property
    def times(self) -> Stamps:
        """The stamps, (steps,)."""
        return self.axis.stamps()

    @property
    def step(self) -> int:
        """Seconds."""
        return self.axis.step

    def series(self, gauge: str) -> NDArray[np.float64]:
        """The discharge of one gauge, (steps,). Raises NotFoundError."""
        if gauge not in self.gauges:
            raise NotFoundError(f"no gauge {gauge} in the observations", why=f"there are {some(self.gauges, 6)}")
        series: NDArray[np.float64] = self.values[self.gauges.index(gauge)]
        return series

    def at(self, times: Stamps, step: int) -> NDArray[np.float64]:
        """The discharge over the steps of another series, (gauges, steps), NaN where nothing was measured.

        Coarser steps than the observation's get the mean of their parts (NaN if one is missing). Raises UsageError for
        finer ones: measurements do not say how water ran between them.
        """
        if step % self.step:
            raise UsageError(
                f"observations every {self.step} s cannot score a simulation every {step} s",
                why="the simulation's step must be a multiple of the observation's",
            )
        parts = step // self.step
        whole = times.astype("datetime64[s]").astype(np.int64)
        offsets = (whole - self.axis.begin)[:, None] + self.step * np.arange(parts)
        places, rest = np.divmod(offsets, self.step)
        inside = (rest == 0) & (places >= 0) & (places < self.axis.count)
        taken = self.values[:, np.where(inside, places, 0)]
        return np.asarray(np.where(inside, taken, np.nan).mean(axis=2), dtype=np.float64)

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a CSV `time,<gauge>,<gauge>...` in m³/s (or `<gauge> (ft3/s)`) with empty cells for gaps.

        Raises NotFoundError; UsageError with file, line and stamp for whatever is wrong, also for stamps that are
        doubled or not evenly spaced.
        """
        lines = _lines(path)
        names, factors, time = _header(lines[0], path)
        rows = [line.split(b",") for line in lines[1:]]
        for at, row in enumerate(rows):
            if len(row) != len(names) + 1:
                raise UsageError(f"{path}:{at + 2}: {len(row)} columns, and the header has {len(names) + 1}")
        axis = stamps.axis(stamps.parse([row[time] for row in rows], _at(path)), _at(path))
        columns = [at for at in range(len(names) + 1) if at != time]
        values = [
            [_value(row[column], path, at, name) for at, row in enumerate(rows)]
            for column, name in zip(columns, names, strict=True)
        ]
        return cls(names, axis, np.array(values, dtype=np.float64) * np.array(factors)[:, None])


def read(path: Path) -> Observation:
    """The observations in a CSV file, or in a folder with one. Raises NotFoundError, UsageError."""
    if path.is_dir():
        found = sorted(file for file in path.glob("*.csv") if not file.name.startswith("."))
        if len(found) != 1:
            what = "no CSV file" if not found else f"several CSV files: {some(file.name for file in found)}"
            raise NotFoundError(f"{path} holds {what}", why="observations are one CSV: time,<gauge>,<gauge>")
        path = found[0]
    return Observation.read(path)


class _at:  # noqa: N801 - a function that pickles
    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, row: int) -> str:
        return f"{self._path}:{row + 2}"


def _lines(path: Path) -> list[bytes]:
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").rstrip().splitlines()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read", why=str(error)) from error
    if len(lines) < 2:
        raise UsageError(f"{path} has no row below a header", why="observations are a CSV: time,<gauge>,<gauge>")
    return lines


def _header(line: bytes, path: Path) -> tuple[tuple[str, ...], list[float], int]:
    cells = [variables.header(cell) for cell in line.decode("utf-8", "replace").split(",")]
    raw = [name for name, _ in cells]
    times = [at for at, name in enumerate(raw) if name.lower() == "time"]
    if len(times) != 1 or len(raw) < 2:
        raise UsageError(f"{path}:1: not `time` and a column for each gauge: {some(raw, 6)}")
    gauges = [(name, units) for at, (name, units) in enumerate(cells) if at != times[0]]
    names = tuple(name for name, _ in gauges)
    for at, name in enumerate(names):
        if not name or name in names[:at]:
            raise UsageError(f"{path}:1: " + (f"two columns are called {name}" if name else "a column has no gauge"))
    return names, [_factor(name, units, path) for name, units in gauges], times[0]


def _factor(gauge: str, units: str, path: Path) -> float:
    """What turns a gauge's column into m³/s."""
    try:
        return unit.conversion(units, "m3 s-1").factor
    except UsageError as error:
        raise UsageError(f"{path}:1: {gauge} has the unit {units!r}", why="discharge is in m3/s or ft3/s") from error


def _value(cell: bytes, path: Path, row: int, gauge: str) -> float:
    text = cell.strip()
    if text.lower() in _GAPS:
        return float("nan")
    try:
        value = float(text)
    except ValueError as error:
        shown = text.decode("utf-8", "replace")
        raise UsageError(f"{path}:{row + 2}: {shown!r} at gauge {gauge} is not a number") from error
    if value in _CODES or not np.isfinite(value):
        raise UsageError(
            f"{path}:{row + 2}: {text.decode()} at gauge {gauge} is not a discharge", why="a gap is an empty cell"
        )
    return value


def write(path: Path, times: Stamps, gauges: Sequence[str], values: NDArray[np.float64]) -> None:
    """Write discharge of shape (gauges, steps) in m³/s as `read` reads it, NaN as empty cells."""
    from dmod.hydro import table

    table.write(path, ",".join(["time", *gauges]), times, list(values), digits=7)
