"""Simulated series as Parquet: `nexuses.parquet`, and a file of catchments for each set of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import dmod
from dmod.errors import UnmetError
from dmod.hydro.discharge_parquet import CATCHMENTS, NEXUSES, STEPS
from dmod.worker.failure import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.models.model import Variable
    from dmod.worker.blocks import Rows
    from dmod.worker.prepare import Run


class ParquetWriter:
    """A row for each feature and step: id, `time`, and `discharge` (m³/s), or `runoff` (m per step) and the rest.

    A block of features is a row group, so that one feature is read without the others. Formulations of other variables
    have files of their own: `catchments-2.parquet`.
    """

    def __init__(self, run: Run, folder: Path) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            raise UnmetError(
                "Parquet cannot be written",
                why=str(error),
                fix="pip install 'dmod[parquet]', or simulation.format = csv",
            ) from error
        self._arrow, self._parquet = pa, parquet
        self._run, self._folder = run, folder
        begin = int(run.clock.begin.timestamp())
        seconds = begin + np.arange(run.clock.steps, dtype=np.int64) * run.clock.step
        self._times = pa.array(seconds, pa.timestamp("s", tz="UTC"))
        self._open: dict[tuple[str, ...], Any] = {}

    def catchments(self, rows: Rows) -> None:
        """Write series of catchments, those of a formulation together."""
        groups: dict[tuple[Variable, ...], list[int]] = {}
        runoff = next(iter(rows.values), None)
        for place, columns in enumerate(rows.columns):
            given = tuple(dict.fromkeys(column.variable for column in columns if column.variable != runoff))
            groups.setdefault(given, []).append(place)
        for variables, places in groups.items():
            names = [self._run.fabric.catchments[rows.catchments[place]] for place in places]
            series = {"runoff": ("m", rows.values[runoff][places])} if runoff else {}
            series |= {each.name: (each.units, rows.values[each][places]) for each in variables}
            self._put("catchment", names, series)

    def nexuses(self, rows: Sequence[int], values: Sequence[NDArray[np.floating]]) -> None:
        """Write discharges of nexuses."""
        names = [self._run.fabric.nexuses[row] for row in rows]
        self._put("nexus", names, {"discharge": ("m3 s-1", np.asarray(values))} if names else {})

    def close(self) -> None:
        """Finish the files; one without rows is there too."""
        self._put("nexus", [], {"discharge": ("m3 s-1", np.empty((0, self._run.clock.steps)))})
        try:
            for file in self._open.values():
                file.close()
        except OSError as error:
            raise OutputError(f"{self._folder} cannot be written", why=str(error)) from error

    def _put(self, feature: str, names: Sequence[str], series: Mapping[str, tuple[str, NDArray[np.floating]]]) -> None:
        if not series:
            return
        arrow, steps = self._arrow, self._run.clock.steps
        repeated = np.repeat(np.arange(len(names), dtype=np.int32), steps)
        ids = arrow.DictionaryArray.from_arrays(repeated, arrow.array(names, arrow.string()))
        times = arrow.chunked_array([self._times] * len(names), self._times.type).combine_chunks()
        columns = [arrow.array(np.asarray(values, np.float32).ravel()) for _, values in series.values()]
        file = self._file(feature, {name: units for name, (units, _) in series.items()}, ids.type)
        try:
            table = arrow.Table.from_arrays([ids, times, *columns], schema=file.schema)
            if names:
                file.write_table(table, row_group_size=len(table))
        except OSError as error:
            raise OutputError(f"{self._folder} cannot be written", why=str(error)) from error

    def _file(self, feature: str, units: Mapping[str, str], ids: object) -> Any:  # noqa: ANN401 - a ParquetWriter
        key = (feature, *units)
        if key not in self._open:
            arrow = self._arrow
            number = 1 + sum(name == feature for name, *_ in self._open)
            name = (NEXUSES if feature == "nexus" else CATCHMENTS).replace(".", "." if number == 1 else f"-{number}.")
            fields = [arrow.field(feature, ids), arrow.field("time", self._times.type)]
            fields += [arrow.field(each, arrow.float32(), metadata={"units": said}) for each, said in units.items()]
            about = {"title": f"Simulation {self._run.order.name}", "source": f"dmod {dmod.__version__}"}
            about[STEPS] = str(self._run.clock.steps)
            try:
                self._open[key] = self._parquet.ParquetWriter(self._folder / name, arrow.schema(fields, metadata=about))
            except OSError as error:
                raise OutputError(f"{self._folder / name} cannot be written", why=str(error)) from error
        return self._open[key]
