"""Simulated discharge in Parquet: our output, each feature's steps one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro import stamps
from dmod.hydro.coverage import places
from dmod.hydro.discharge import OnAxis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Axis

KINDS = (("nexus", "discharge"), ("catchment", "runoff"))
NEXUSES, CATCHMENTS = "nexuses.parquet", "catchments.parquet"
STEPS = "steps"  # in the metadata of a file: how many rows a feature has


class _Place(NamedTuple):
    file: Any  # a ParquetFile
    column: str
    group: int  # row group
    first: int  # row in it
    factor: float  # to m³/s


class ParquetDischarge(OnAxis):
    """Files with the columns `nexus`, `time`, `discharge`, or `catchment`, `time`, `runoff` where areas are known."""

    def __init__(self, paths: Sequence[Path], areas: Mapping[str, float] | None) -> None:
        """`areas` in km²; with None all catchments are there, their runoff as it stands.

        Raises UnmetError without pyarrow, UsageError for a file that is none of ours.
        """
        try:
            from pyarrow import ArrowException, parquet
        except ImportError as error:
            raise UnmetError("Parquet cannot be read", why=str(error), fix="pip install 'dmod[parquet]'") from error
        self._where = paths[0].parent
        self._places: dict[str, _Place] = {}
        self._open: list[Any] = []
        axis: Axis | None = None  # of the first feature
        try:
            for path in sorted(paths, key=lambda each: not each.name.startswith("nexus")):
                file = parquet.ParquetFile(path)
                self._open.append(file)
                kind, steps = _kind(file, path)
                axis = axis or _clock(file, steps, path)
                if axis is not None:
                    self._places |= dict(_index(file, kind, steps, axis.step, areas))
        except (ArrowException, OSError) as error:
            self.__exit__()
            raise UsageError(f"{path} is not a Parquet file", why=str(error).split("\n", maxsplit=1)[0]) from error
        if axis is None:
            raise NotFoundError(f"no discharge at {self._where}", why="its Parquet files have no rows")
        self._axis = axis
        self._at: dict[str, int] = {name: at for at, name in enumerate(self._places)}

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            file.close()

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        return tuple(self._places)

    def read(self, features: Sequence[str]) -> NDArray[np.float64]:
        """Discharge in m³/s, (features, steps). Raises NotFoundError."""
        places(features, self._at, str(self._where), "discharge")
        values = np.empty((len(features), self._axis.count))
        groups: dict[tuple[int, int], list[int]] = {}
        for row, name in enumerate(features):
            place = self._places[name]
            groups.setdefault((id(place.file), place.group), []).append(row)
        for rows in groups.values():  # each row group is read once
            one = self._places[features[rows[0]]]
            series = one.file.read_row_group(one.group, columns=[one.column]).column(0).to_numpy()
            for row in rows:
                place = self._places[features[row]]
                values[row] = series[place.first : place.first + self._axis.count] * place.factor
        return values


def _kind(file: Any, path: Path) -> tuple[tuple[str, str], int]:  # noqa: ANN401 - a ParquetFile
    """The columns of ids and of values, and how many rows a feature has. Raises UsageError."""
    names = file.schema_arrow.names
    found = [(feature, column) for feature, column in KINDS if feature in names and column in names]
    steps = int((file.schema_arrow.metadata or {}).get(STEPS.encode(), 0))
    if not found or not steps:
        raise UsageError(f"{path} is no output of ours", why=f"its columns are {', '.join(names)}")
    (kind,) = found
    return kind, steps


def _index(
    file: Any,  # noqa: ANN401 - a ParquetFile
    kind: tuple[str, str],
    steps: int,
    step: int,
    areas: Mapping[str, float] | None,
) -> Iterator[tuple[str, _Place]]:
    """Where the series of each feature stands; `step` in seconds."""
    feature, column = kind
    known = None if feature == "nexus" else areas
    for group in range(file.num_row_groups):
        ids = file.read_row_group(group, columns=[feature]).column(0).combine_chunks()
        for first in range(0, len(ids), steps):
            name = ids[first].as_py()
            if known is None or name in known:
                factor = 1.0 if known is None else known[name] * 1e6 / step
                yield name, _Place(file, column, group, first, factor)


def _clock(file: Any, steps: int, path: Path) -> Axis | None:  # noqa: ANN401 - a ParquetFile
    """The stamps of its first feature; None where it has no rows."""
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).num_rows:
            times = file.read_row_group(group, columns=["time"]).column(0).slice(0, steps).to_numpy()
            return stamps.axis(times.astype("datetime64[s]"), lambda at: f"{path}: time[{at}]")
    return None
