"""Simulated series as ngen writes them: a file per catchment and one per nexus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dmod.worker.failure import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.models.model import Variable
    from dmod.worker.prepare import Run


class CsvWriter:
    """`cat-1.csv`: `Time Step,Time,<variables>`; `nex-1_output.csv`: `0, 2015-12-01 00:00:00, 1.67593`."""

    dtype = np.float64

    def __init__(self, run: Run, folder: Path) -> None:
        self._run, self._folder = run, folder
        begin = np.datetime64(run.clock.begin.replace(tzinfo=None), "s")
        stamps = np.datetime_as_string(begin + np.arange(run.clock.steps) * np.timedelta64(run.clock.step, "s"))
        times = [str(stamp).replace("T", " ") for stamp in stamps]
        self._stamps = [f"{step},{time}" for step, time in enumerate(times)]
        self._spaced = [f"{step}, {time}" for step, time in enumerate(times)]

    def catchments(self, rows: Sequence[int], values: Mapping[Variable, NDArray[np.floating]]) -> None:
        """One file per catchment, its variables as columns; those of other formulations are left out."""
        for place, row in enumerate(rows):
            columns = {v: series[place] for v, series in values.items() if not np.isnan(series[place]).all()}
            name = self._run.fabric.catchments[row]
            titles = self._titles(name, [variable.name for variable in columns])
            table = np.column_stack(list(columns.values()))
            self._write(f"{name}.csv", f"Time Step,Time,{','.join(titles)}\n", _lines(self._stamps, ",", table))

    def nexuses(self, rows: Sequence[int], values: Sequence[NDArray[np.floating]]) -> None:
        """One file per nexus, without a header."""
        for row, series in zip(rows, values, strict=True):
            self._write(f"{self._run.fabric.nexuses[row]}_output.csv", "", _lines(self._spaced, ", ", series[:, None]))

    def close(self) -> None:
        """Every file is closed already."""

    def _titles(self, catchment: str, names: list[str]) -> list[str]:
        """The columns as `output_header_fields` calls them."""
        params = self._run.realization.formulation(catchment).params
        names = [str(params.get("main_output_variable", names[0])), *names[1:]]
        fields = dict(zip(params.get("output_variables", ()), params.get("output_header_fields", ()), strict=False))
        return [str(fields.get(name, name)) for name in names]

    def _write(self, name: str, header: str, body: str) -> None:
        try:
            (self._folder / name).write_text(header + body, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{self._folder / name} cannot be written", why=str(error)) from error


def _lines(stamps: Sequence[str], comma: str, table: NDArray[np.floating]) -> str:
    """All lines of a file: one format operation over the whole table costs a third of one per line."""
    line = "%s" + (comma + "%.9g") * table.shape[1] + "\n"
    cells: list[object] = [None] * (len(stamps) * (table.shape[1] + 1))
    cells[:: table.shape[1] + 1] = stamps
    for column in range(table.shape[1]):
        cells[column + 1 :: table.shape[1] + 1] = table[:, column].tolist()
    text: str = (line * len(stamps)) % tuple(cells)
    return text
