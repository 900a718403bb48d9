"""Calibration: the parameters with which a series model fits a river best, found on 1980-1983 alone.

What is calibrated is what runs: the model class of `dmod.models.series`, from the same first day with the same stores.
The first year fills the stores and is not scored. Every series model is tried on every river, and the best NSE of
1981-1983 wins; 1984-1987 is scored once the parameters are fixed, and chooses nothing.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.demo.rivers import RIVERS, STEP, Record, River, read
from dmod.demo.search import search
from dmod.hydro.metrics import kge, nse
from dmod.models.holmes import limits
from dmod.models.model import Clock
from dmod.models.series import SERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Series = NDArray[np.float64]

BEGIN = datetime(1980, 1, 1, tzinfo=UTC)
CALIBRATION = (np.datetime64("1981-01-01"), np.datetime64("1983-12-31"))  # scored; 1980 fills the stores
EVALUATION = (np.datetime64("1984-01-01"), np.datetime64("1987-12-31"))
SEED = 20_071
STARTS = 3  # searches from different points
EVALUATIONS = 3_000  # model runs in each
SNOW = (("ctg", 0.0, 1.0), ("kf", 0.0, 20.0))  # what is calibrated of CemaNeige; its bounds


@dataclass(frozen=True, slots=True)
class Fit:
    """A model fitted to a river."""

    gauge: str
    model: str  # "HBV"
    parameters: dict[str, float]  # those that were calibrated
    calibration: float  # NSE of 1981-1983, by which models are chosen
    evaluation: float  # NSE of 1984-1987, which chooses nothing
    evaluation_kge: float


def runoff(model: str, parameters: Mapping[str, Any], record: Record, steps: int | None = None) -> Series:
    """Simulated runoff in mm per day, (steps,), from the first day of the record. Raises UsageError, ModelError."""
    count = len(record.times) if steps is None else steps
    made = SERIES[f"dmod.models.series.{model}"]()
    fixed = record.snow.settings if record.snow else {}
    made.configure({**fixed, **parameters}, clock=Clock(BEGIN, STEP, count))
    result: Series = made.run({name: values[:count] for name, values in record.inputs.items()})["Q_OUT"]
    return result * 1e3


def score(
    simulated: Series, record: Record, period: tuple[np.datetime64, np.datetime64], metric: Callable[..., float] = nse
) -> float:
    """The metric over a period, of runoff from the first day of the record."""
    times = record.times[: len(simulated)]
    inside = (times >= period[0]) & (times <= period[1])
    return metric(simulated[inside], record.discharge[: len(simulated)][inside])


def fit(river: River, model: str, *, evaluations: int = EVALUATIONS, starts: int = STARTS, seed: int = SEED) -> Fit:
    """The best fit of a model to a river by the NSE of the calibration period."""
    record = read(river)
    box = [*limits(f"hydro.{SERIES[f'dmod.models.series.{model}'].code}"), *(SNOW if record.snow else ())]
    names = [name for name, _, _ in box]
    steps = int((record.times <= CALIBRATION[1]).sum())

    def of(point: Series) -> float:
        return score(runoff(model, dict(zip(names, point.tolist(), strict=True)), record, steps), record, CALIBRATION)

    low, high = np.array([row[1] for row in box]), np.array([row[2] for row in box])
    found = [search(of, low, high, evaluations=evaluations, seed=seed + start) for start in range(starts)]
    point, top = max(found, key=lambda pair: pair[1])
    parameters = {name: float(f"{value:.6g}") for name, value in zip(names, point.tolist(), strict=True)}
    return _reported(river.gauge, model, parameters, record) if np.isfinite(top) else Fit(
        river.gauge, model, parameters, float("-inf"), float("nan"), float("nan")
    )  # fmt: skip


def _reported(gauge: str, model: str, parameters: dict[str, float], record: Record) -> Fit:
    simulated = runoff(model, parameters, record)
    return Fit(
        gauge, model, parameters, score(simulated, record, CALIBRATION), score(simulated, record, EVALUATION),
        score(simulated, record, EVALUATION, kge),
    )  # fmt: skip


def calibrate(
    rivers: Sequence[River] = RIVERS,
    models: Sequence[str] = (),
    *,
    workers: int = 1,
    evaluations: int = EVALUATIONS,
    told: Callable[[Fit, int, int], None] = lambda *_: None,
) -> list[Fit]:
    """Fit every model (by default all series models) to every river, in `workers` processes.

    `told` hears of each fit as it is done: the fit, how many are done, how many there are. The order of the answer, and
    every number in it, is the same whatever the number of workers.
    """
    names = list(models) or [python_type.rsplit(".", 1)[1] for python_type in SERIES]
    pairs = [(river, model) for river in rivers for model in names]
    done: dict[tuple[str, str], Fit] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(fit, *pair, evaluations=evaluations) for pair in pairs]):
            found = future.result()
            done[found.gauge, found.model] = found
            told(found, len(done), len(pairs))
    return [done[river.gauge, model] for river, model in pairs]


def choose(fits: Sequence[Fit]) -> dict[str, Fit]:
    """The best fit of each river by the calibration period alone."""
    best: dict[str, Fit] = {}
    for each in fits:
        if each.gauge not in best or each.calibration > best[each.gauge].calibration:
            best[each.gauge] = each
    return best
