"""Simulated series as ngen writes them: a file per catchment and one per nexus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dmod.hydro.realization_output import FEATURE
from dmod.worker.failure import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.worker.blocks import Column, Rows
    from dmod.worker.prepare import Run

NEXUS_DIGITS = 6  # significant; ngen never writes more
TOGETHER = "cat_output.csv"  # of all catchments, where the realization asks for one file


class CsvWriter:
    """`cat-1.csv`: `Time Step,Time,<variables>`; `nex-1_output.csv`: `0, 2015-12-01 00:00:00, 1.67593`."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run, self._folder = run, folder
        self._output = run.realization.output
        begin = np.datetime64(run.clock.begin.replace(tzinfo=None), "s")
        stamps = np.datetime_as_string(begin + np.arange(run.clock.steps) * np.timedelta64(run.clock.step, "s"))
        times = [str(stamp).replace("T", " ") for stamp in stamps]
        self._stamps = [f"{step},{time}" for step, time in enumerate(times)]
        self._spaced = [f"{step}, {time}" for step, time in enumerate(times)]
        self._files: dict[str, str] = {}  # of catchments together: by the columns, the file that has them

    def catchments(self, rows: Rows) -> None:
        """One file per catchment with the columns of its formulation, or one file for all of them."""
        if not self._output.catchment.enable:
            return
        for place, (row, columns) in enumerate(zip(rows.catchments, rows.columns, strict=True)):
            name = self._run.fabric.catchments[row]
            table = np.column_stack([rows.values[column.variable][place] for column in columns])
            titles = f"Time Step,Time,{','.join(self._titles(name, columns))}\n"
            if self._output.catchment.grouping == FEATURE:
                self._write(f"{name}.csv", titles + lines(self._stamps, ",", table, self._output.precision))
            else:
                self._append(name, titles, table)

    def nexuses(self, rows: Sequence[int], values: Sequence[NDArray[np.floating]]) -> None:
        """One file per nexus, without a header."""
        if not self._output.nexus.enable:
            return
        for row, series in zip(rows, values, strict=True):
            body = lines(self._spaced, ", ", series[:, None], NEXUS_DIGITS)
            self._write(f"{self._run.fabric.nexuses[row]}_output.csv", body)

    def close(self) -> None:
        """Every file is closed already."""

    def _append(self, catchment: str, titles: str, table: NDArray[np.floating]) -> None:
        """Rows of a catchment to the file with its columns: ngen has these by time, here each catchment is a piece."""
        name = self._files.get(titles)
        header = "" if name else f"catchment_id,{titles}"
        if name is None:
            number = len(self._files) + 1
            name = self._files[titles] = TOGETHER if number == 1 else TOGETHER.replace(".csv", f"_{number}.csv")
        stamps = [f"{catchment},{stamp}" for stamp in self._stamps]
        self._write(name, header + lines(stamps, ",", table, self._output.precision), more=not header)

    def _titles(self, catchment: str, columns: Sequence[Column]) -> Sequence[str]:
        """The columns as `output_header_fields` calls them; where these are not as many, as ngen does without them."""
        fields = self._run.realization.formulation(catchment).params.get("output_header_fields") or ()
        return [str(field) for field in fields] if len(fields) == len(columns) else [each.name for each in columns]

    def _write(self, name: str, text: str, *, more: bool = False) -> None:
        try:
            with (self._folder / name).open("a" if more else "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise OutputError(f"{self._folder / name} cannot be written", why=str(error)) from error


def lines(stamps: Sequence[str], comma: str, table: NDArray[np.floating], digits: int) -> str:
    """All lines of a file: one format operation over the whole table costs a third of one per line."""
    line = "%s" + (comma + f"%.{digits}g") * table.shape[1] + "\n"
    cells: list[object] = [None] * (len(stamps) * (table.shape[1] + 1))
    cells[:: table.shape[1] + 1] = stamps
    for column in range(table.shape[1]):
        cells[column + 1 :: table.shape[1] + 1] = table[:, column].tolist()
    text: str = (line * len(stamps)) % tuple(cells)
    return text
