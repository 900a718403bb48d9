"""A rank's catchments, simulated block by block in the hydrofabric's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dmod.hydro.dimensions import depth
from dmod.models.model import ModelError, Variable
from dmod.worker.balance import Balance, Water
from dmod.worker.output import row_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dmod.models.model import Model, Series
    from dmod.worker.exchange import Nexuses
    from dmod.worker.prepare import Run

RUNOFF = Variable("runoff of the catchment", "m")  # the main output of whatever model, m per step
BLOCK = 16 << 20  # bytes of one variable in a block
LEAST = 20  # blocks of a rank, so that progress is seen


class Column(NamedTuple):
    """What stands in a column of a catchment's file."""

    name: str
    variable: Variable  # a key of `Rows.values`


@dataclass(slots=True)
class Rows:
    """Finished series on their way to the writer."""

    catchments: list[int] = field(default_factory=list)
    values: dict[Variable, NDArray[np.floating]] = field(default_factory=dict)  # (catchments, steps); runoff first
    nexuses: list[int] = field(default_factory=list)
    discharges: list[NDArray[np.floating]] = field(default_factory=list)  # m3 s-1
    columns: list[tuple[Column, ...]] = field(default_factory=list)  # of the catchments, as ngen writes them
    balances: list[Balance] = field(default_factory=list)  # of the catchments


def blocks(run: Run, nexuses: Nexuses, rank: int) -> Iterator[Rows]:
    """Simulate the catchments of a rank; a nexus is in the block in which its last catchment is."""
    share = np.flatnonzero(run.owners == rank).tolist()
    size = max(1, min(BLOCK // (8 * run.clock.steps), -(-len(share) // LEAST)))
    for begin in range(0, len(share), size):
        yield _block(run, nexuses, share[begin : begin + size])


def last(run: Run, nexuses: Nexuses) -> Rows:
    """The nexuses that ranks share, once the series of the others are there."""
    rows = Rows()
    _drain(rows, nexuses.shared(), row_type(run))
    return rows


def _block(run: Run, nexuses: Nexuses, indices: list[int]) -> Rows:
    kind = row_type(run)
    rows = Rows(catchments=indices)
    models = [run.model(index) for index in indices]
    forcing = _forcing(run, indices, models)
    for place, (index, model) in enumerate(zip(indices, models, strict=True)):
        catchment = run.name(index)
        series = model.run({variable.name: values for variable, values in forcing[place].items()})
        main = model.outputs[0]
        runoff = series[main.name] * metres(main, catchment, run.clock.step)
        flow = runoff * (run.fabric.areas[index] * 1e6 / run.clock.step)
        _keep(rows, RUNOFF, place, runoff, kind)
        own = {variable.name: variable for variable in model.outputs} | {main.name: RUNOFF}
        rows.columns.append(tuple(Column(name, own[given]) for name, given in model.columns.items() if given in own))
        for variable in own.values():
            if variable is not RUNOFF:
                _keep(rows, variable, place, series[variable.name], kind)
        stores = {variable: series[variable.name] for variable in model.outputs}
        water = Water(forcing[place], runoff, flow, stores)
        rows.balances.append(Balance.of(catchment, water, run.clock.step))
        _drain(rows, nexuses.add(index, flow), kind)
    return rows


def _forcing(run: Run, indices: list[int], models: Sequence[Model]) -> list[dict[Variable, Series]]:
    """The inputs of each model; those that want the same are read together."""
    given: list[dict[Variable, Series]] = [{} for _ in indices]
    for inputs in dict.fromkeys(model.inputs for model in models):
        places = [place for place, model in enumerate(models) if model.inputs == inputs]
        chosen = [indices[place] for place in places]
        names, latitudes = [run.name(index) for index in chosen], [run.latitude(index) for index in chosen]
        arrays = run.weather.read(names, latitudes, inputs)
        for row, place in enumerate(places):
            given[place] = {variable: arrays[variable.name][row] for variable in inputs}
    return given


def metres(main: Variable, catchment: str, step: int) -> float:
    """What turns a main output into m per step; where the model says no units it is m per step, as ngen has it."""
    factor = depth(main.units, step)
    if factor is None:
        raise ModelError(
            f"{catchment}: the main output {main.name} is in {main.units!r}, which is no depth of water",
            fix="choose a main_output_variable in m or mm, per step or per s, h or d",
        )
    return factor


def _keep(rows: Rows, variable: Variable, place: int, series: Series, kind: type) -> None:
    """Put a series into its row; a variable that other catchments do not have is NaN there."""
    if variable not in rows.values:
        rows.values[variable] = np.full((len(rows.catchments), len(series)), np.nan, dtype=kind)
    rows.values[variable][place] = series


def _drain(rows: Rows, complete: Iterable[tuple[int, Series]], kind: type) -> None:
    for nexus, discharge in complete:
        rows.nexuses.append(nexus)
        rows.discharges.append(discharge.astype(kind))
