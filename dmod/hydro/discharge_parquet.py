"""Simulated discharge in Parquet: our output, each feature's steps one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro import stamps
from dmod.hydro.coverage import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Axis, Stamps

KINDS = (("nexus", "discharge"), ("catchment", "runoff"))
STEPS = b"steps"  # in the metadata of a file: how many rows a feature has


class _Place(NamedTuple):
    file: Any  # a ParquetFile
    column: str
    group: int  # row group
    first: int  # row in it
    factor: float  # to m³/s


class ParquetDischarge:
    """Files with the columns `nexus`, `time`, `discharge`, or `catchment`, `time`, `runoff` where areas are known."""

    def __init__(self, paths: Sequence[Path], areas: Mapping[str, float]) -> None:
        """`areas` in km². Raises UnmetError without pyarrow, UsageError for a file that is none of ours."""
        try:
            from pyarrow import ArrowException, parquet
        except ImportError as error:
            raise UnmetError("Parquet cannot be read", why=str(error), fix="pip install 'dmod[parquet]'") from error
        self._where = paths[0].parent
        self._axes: list[Axis] = []  # of the first feature
        self._places: dict[str, _Place] = {}
        self._open: list[Any] = []
        try:
            for path in sorted(paths, key=lambda each: not each.name.startswith("nexus")):
                self._open.append(parquet.ParquetFile(path))
                self._places |= dict(self._index(self._open[-1], path, areas))
        except (ArrowException, OSError) as error:
            self.__exit__()
            raise UsageError(f"{path} is not a Parquet file", why=str(error).split("\n", maxsplit=1)[0]) from error
        if not self._axes:
            raise NotFoundError(f"no discharge at {self._where}", why="its Parquet files have no rows")
        self._at: dict[str, int] = {name: at for at, name in enumerate(self._places)}

    @property
    def _axis(self) -> Axis:
        """The steps, which every feature has."""
        return self._axes[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            file.close()

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        return tuple(self._places)

    @property
    def times(self) -> Stamps:
        """The starts of the steps, (steps,)."""
        return self._axis.stamps()

    @property
    def step(self) -> int:
        """Seconds."""
        return self._axis.step

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

    def _index(self, file: Any, path: Path, areas: Mapping[str, float]) -> Iterator[tuple[str, _Place]]:  # noqa: ANN401
        """Where the series of each feature stands."""
        names = file.schema_arrow.names
        found = [(feature, column) for feature, column in KINDS if feature in names and column in names]
        steps = int((file.schema_arrow.metadata or {}).get(STEPS, 0))
        if not found or not steps:
            raise UsageError(f"{path} is no output of ours", why=f"its columns are {', '.join(names)}")
        ((feature, column),) = found
        for group in range(file.num_row_groups):
            ids = file.read_row_group(group, columns=[feature]).column(0).combine_chunks()
            if len(ids) and not self._axes:
                self._axes.append(self._clock(file, group, steps, path))
            for first in range(0, len(ids), steps):
                name = ids[first].as_py()
                if feature == "nexus" or name in areas:
                    factor = 1.0 if feature == "nexus" else areas[name] * 1e6 / self._axis.step
                    yield name, _Place(file, column, group, first, factor)

    def _clock(self, file: Any, group: int, steps: int, path: Path) -> Axis:  # noqa: ANN401
        times = file.read_row_group(group, columns=["time"]).column(0).slice(0, steps).to_numpy()
        return stamps.axis(times.astype("datetime64[s]"), lambda at: f"{path}: time[{at}]")


def catchments(paths: Sequence[Path]) -> set[str]:
    """The catchments that files have rows of."""
    from pyarrow import parquet

    found: set[str] = set()
    for path in paths:
        with parquet.ParquetFile(path) as file:
            if "catchment" in file.schema_arrow.names:
                found.update(file.read(columns=["catchment"]).column(0).unique().to_pylist())
    return found
