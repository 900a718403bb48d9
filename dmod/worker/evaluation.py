"""An evaluation: the scores of a simulation at every gauge, as JSON, CSV and a report to look at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

import dmod
from dmod.errors import UsageError
from dmod.hydro import crosswalk, metrics, observation, stamps
from dmod.hydro.discharge import open_discharge
from dmod.worker.comparison import Comparison, Pair, Window, compare
from dmod.worker.failure import OutputError
from dmod.worker.files import Progress, write_json
from dmod.worker.output import finish
from dmod.worker.provenance import provenance

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.hydro.observation import Observation
    from dmod.worker.order import Order
    from dmod.worker.ranks import Ranks

DEFAULT = ("nse", "kge", "pbias", "rmse", "peak_error")


@dataclass(frozen=True, slots=True)
class Score:
    """How well one gauge is simulated."""

    gauge: str
    feature: str
    pairs: int  # steps that count
    values: Mapping[str, float]  # by metric, NaN where it has none
    reason: str  # why some are NaN, "" if none is

    def row(self) -> dict[str, Any]:
        """As scores.json has it."""
        values = {name: None if np.isnan(value) else value for name, value in self.values.items()}
        return {"gauge": self.gauge, "feature": self.feature, "pairs": self.pairs, **values, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is written and shown."""

    name: str  # of the job
    comparison: Comparison
    metrics: tuple[metrics.Metric, ...]
    scores: tuple[Score, ...]  # one for each of comparison.pairs
    datasets: tuple[dict[str, Any], ...]  # what was read: role, name, digest

    def summary(self) -> dict[str, Any]:
        """What scores.json holds."""
        times = self.comparison.times
        return {
            "job": self.name,
            "dmod": dmod.__version__,
            "period": {"begin": _rfc3339(times[0]), "end": _rfc3339(times[-1]), "step": self.comparison.step},
            "metrics": [
                {"name": each.name, "unit": each.unit, "ideal": each.ideal, "source": each.source}
                for each in self.metrics
            ],
            "scores": [score.row() for score in self.scores],
            "left_out": [{"gauge": gauge, "reason": why} for gauge, why in self.comparison.left_out.items()],
            "datasets": list(self.datasets),
        }


def run(order: Order, ranks: Ranks) -> None:
    """Do an evaluation job; rank 0 does it all."""
    if ranks.rank:
        return
    Progress(order.folder, 0, "gauges").update("reading")
    evaluation = evaluate(order)
    progress = Progress(order.folder, len(evaluation.scores), "gauges")
    progress.update("writing")
    _write(evaluation, order)
    progress.update("done", len(evaluation.scores))


def evaluate(order: Order) -> Evaluation:
    """Read, align and score. Raises NotFoundError, UsageError."""
    measured = observation.read(order.the("observation").path)
    features = _features(order, measured)
    with ExitStack() as stack:
        discharge = stack.enter_context(open_discharge(order.the("simulation").path, _areas(order)))
        comparison = compare(discharge, measured, features, _window(order.spec))
    names = tuple(order.spec.get("metrics") or DEFAULT)
    scores = tuple(_score(pair, names) for pair in comparison.pairs)
    read = tuple(provenance(role, each) for role, sources in order.datasets.items() for each in sources)
    return Evaluation(order.name, comparison, tuple(metrics.METRICS[name] for name in names), scores, read)


def _score(pair: Pair, names: tuple[str, ...]) -> Score:
    values = metrics.scores(pair.simulated, pair.observed, names)
    missing = any(np.isnan(value) for value in values.values())
    why = metrics.reason(pair.simulated, pair.observed) if missing else ""
    return Score(pair.gauge, pair.feature, pair.pairs, values, why)


def _features(order: Order, measured: Observation) -> dict[str, str]:
    """The feature of each gauge: as the crosswalk says, else the hydrofabric, else each column is a feature itself."""
    source = order.the("observation")
    if any(source.path.glob("*crosswalk*.json")):
        return crosswalk.read(source.path)
    fabrics = order.datasets.get("hydrofabric", ())
    if fabrics:
        from dmod.hydro.hydrofabric import Hydrofabric

        found = {gauge: nexus for nexus, gauge in Hydrofabric.read(fabrics[0].path).gauges.items()}
        if not found.keys().isdisjoint(measured.gauges):
            return found
    return {gauge: gauge for gauge in measured.gauges}


def _areas(order: Order) -> dict[str, float]:
    """The area of each catchment in km², if the job names a hydrofabric."""
    fabrics = order.datasets.get("hydrofabric", ())
    if not fabrics:
        return {}
    from dmod.hydro.hydrofabric import Hydrofabric

    fabric = Hydrofabric.read(fabrics[0].path)
    return dict(zip(fabric.catchments, fabric.areas.tolist(), strict=True))


def _window(spec: Mapping[str, Any]) -> Window:
    ends = [_moment(spec, key) for key in ("start", "end")]
    return Window(ends[0], ends[1], int(spec.get("warmup") or 0))


def _moment(spec: Mapping[str, Any], key: str) -> datetime | None:
    text = spec.get(key)
    if text is None:
        return None
    try:
        stamp = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UsageError(f"evaluation.{key} is {text!r}, not a time", why="a time is 1984-01-01T00:00:00Z") from error
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp


def _write(evaluation: Evaluation, order: Order) -> None:
    try:
        order.partial.mkdir(parents=True, exist_ok=True)
        write_json(order.partial / "scores.json", evaluation.summary())
        (order.partial / "scores.csv").write_text(_table(evaluation), encoding="utf-8")
        if order.spec.get("report", True):
            _report(evaluation, order.partial)
    except OSError as error:
        raise OutputError(f"{order.partial} cannot be written", why=str(error)) from error
    finish(order.partial, order.output)


def _report(evaluation: Evaluation, folder: Path) -> None:
    from dmod.worker.report import report

    (folder / "report.html").write_text(report(evaluation), encoding="utf-8")


def _table(evaluation: Evaluation) -> str:
    """The scores as CSV, a row for each gauge; an empty cell where there is none."""
    names = [metric.name for metric in evaluation.metrics]
    lines = [",".join(["gauge", "feature", "pairs", *names])]
    for score in evaluation.scores:
        cells = ["" if np.isnan(score.values[name]) else f"{score.values[name]:.9g}" for name in names]
        lines.append(",".join([_quoted(score.gauge), score.feature, str(score.pairs), *cells]))
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text or '"' in text else text


def _rfc3339(stamp: np.datetime64) -> str:
    return f"{stamps.moment(stamp):%Y-%m-%dT%H:%M:%SZ}"
