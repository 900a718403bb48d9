"""Simulated discharge as ngen writes it: a CSV file for each nexus, without a header, and one for each catchment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import stamps
from dmod.hydro.coverage import places
from dmod.hydro.discharge import OnAxis
from dmod.hydro.ids import NEXUSES, natural, some

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Axis

_NEXUS = re.compile(rf"^((?:{'|'.join(NEXUSES)})\d+)_output\.csv$")
_CATCHMENT = re.compile(r"^([A-Za-z]+-\d+)\.csv$")
_RUNOFF = "Q_OUT"  # m per step, as every formulation of ours and most of ngen's call it


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    area: float | None  # km², None for a nexus


class CsvDischarge(OnAxis):
    """A folder of files, each read when it is asked for; all have the steps of the first."""

    def __init__(self, files: Mapping[str, _File]) -> None:
        self._files = dict(files)
        self._index = {feature: at for at, feature in enumerate(files)}
        self._where = next(iter(files.values())).path.parent
        self._axis, _ = self._series(next(iter(files.values())))

    @classmethod
    def find(cls, paths: Sequence[Path], areas: Mapping[str, float]) -> Self | None:
        """From those of the files that hold discharge; None if none does."""
        nexuses = {found[1]: _File(path, None) for path in paths if (found := _NEXUS.match(path.name))}
        catchments = {
            found[1]: _File(path, areas[found[1]])
            for path in paths
            if (found := _CATCHMENT.match(path.name)) and found[1] in areas
        }
        files = {name: (nexuses | catchments)[name] for name in [*natural(nexuses), *natural(catchments)]}
        return cls(files) if files else None

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        return tuple(self._files)

    def read(self, features: Sequence[str]) -> NDArray[np.float64]:
        """Discharge in m³/s, (features, steps). Raises NotFoundError, UsageError."""
        places(features, self._index, str(self._where), "discharge")
        values = np.empty((len(features), self._axis.count))
        for row, feature in enumerate(features):
            axis, series = self._series(self._files[feature])
            if axis != self._axis:
                have = f"it has {axis.count} steps of {axis.step} s from {stamps.text(axis.begin)}"
                raise UsageError(
                    f"{self._files[feature].path}: its stamps are not those of {self.features[0]}", why=have
                )
            values[row] = series
        return values

    def _series(self, file: _File) -> tuple[Axis, NDArray[np.float64]]:
        body, head = _body(file.path), 0
        column, time = 2, 1
        if file.area is not None:
            line, _, body = body.partition(b"\n")
            time, column = _columns(line, file.path)
            head = 1
        rows = [line.split(b",") for line in body.split(b"\n")]

        def where(row: int) -> str:
            return f"{file.path}:{row + 1 + head}"

        width = len(rows[0])
        if bad := [at for at, row in enumerate(rows) if len(row) != width or width <= max(column, time)]:
            raise UsageError(f"{where(bad[0])}: {len(rows[bad[0]])} columns, not {max(width, column + 1)}")
        axis = stamps.axis(stamps.parse([row[time] for row in rows], where), where)
        values = np.array([_number(row[column], where, at) for at, row in enumerate(rows)])
        return axis, values if file.area is None else values * (file.area * 1e6 / axis.step)


def _body(path: Path) -> bytes:
    try:
        body = path.read_bytes().replace(b"\r\n", b"\n").rstrip()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read", why=str(error)) from error
    if not body:
        raise UsageError(f"{path} is empty")
    return body


def _columns(line: bytes, path: Path) -> tuple[int, int]:
    """The columns of stamps and runoff of a catchment's file: `Time Step,Time,...`."""
    names = [name.strip().strip('"') for name in line.decode("utf-8", "replace").split(",")]
    if "Time" not in names:
        raise UsageError(f"{path}:1: no column `Time`", why=f"the columns are {some(names, 8)}")
    if _RUNOFF in names:
        return names.index("Time"), names.index(_RUNOFF)
    if len(names) == 3:  # the one output of the formulation, whatever its name
        return names.index("Time"), 2
    raise UsageError(
        f"{path}:1: which column is the runoff is not clear", why=f"none of {some(names[2:], 8)} is {_RUNOFF}"
    )


def _number(cell: bytes, where: Callable[[int], str], row: int) -> float:
    try:
        return float(cell)
    except ValueError as error:
        shown = cell.decode("utf-8", "replace").strip()
        raise UsageError(f"{where(row)}: {shown!r} is not a number") from error
