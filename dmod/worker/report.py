"""The report of an evaluation: one HTML file that needs nothing else, for a browser, a mail or a printer."""

from __future__ import annotations

import json
import platform
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

import dmod
from dmod.hydro import stamps
from dmod.units import format_duration
from dmod.worker import plot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dmod.hydro.metrics import Metric
    from dmod.worker.comparison import Comparison, Pair
    from dmod.worker.evaluation import Evaluation, Score

PAGE = Path(__file__).with_name("report.html")
DRAWN = 60  # gauges with a hydrograph; of more than these the worst are drawn, for they want to be looked at
VALUES = 2_000_000  # numbers that may be in the page for zooming


def report(evaluation: Evaluation) -> str:
    """The page."""
    drawn = _drawn(evaluation)
    page = Template(PAGE.read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(f"Evaluation {evaluation.name}"),
        subtitle=_subtitle(evaluation),
        head="".join(f'<th scope="col">{_title(metric)}</th>' for metric in evaluation.metrics),
        rows="".join(_row(score, evaluation.metrics) for score in evaluation.scores),
        left_out=_left_out(evaluation.comparison),
        some=_some(len(evaluation.scores), len(drawn)),
        cards="".join(_card(evaluation, at) for at in drawn),
        metrics="".join(_metric(metric) for metric in evaluation.metrics),
        datasets="".join(_dataset(each) for each in evaluation.datasets),
        versions=escape(f"dmod {dmod.__version__}, Python {platform.python_version()}, numpy {np.__version__}"),
        data=_data(evaluation.comparison, drawn),
    )


def _drawn(evaluation: Evaluation) -> list[int]:
    """Which gauges get a hydrograph, in the order of the table."""
    count = len(evaluation.scores)
    if count <= DRAWN:
        return list(range(count))
    first = evaluation.metrics[0]

    def loss(at: int) -> float:
        value = evaluation.scores[at].values[first.name]
        return abs(value - first.ideal) if np.isfinite(value) else np.inf

    return sorted(sorted(range(count), key=loss, reverse=True)[:DRAWN])


def _subtitle(evaluation: Evaluation) -> str:
    times, step = evaluation.comparison.times, evaluation.comparison.step
    names = {each["role"]: each["name"] for each in evaluation.datasets}
    first, last = (str(stamps.moment(stamp).date()) for stamp in (times[0], times[-1]))
    return (
        f"<b>{escape(names.get('simulation', ''))}</b> against <b>{escape(names.get('observation', ''))}</b>, "
        f"{first} to {last}, {len(times):,} steps of {format_duration(step)}"
    )


def _title(metric: Metric) -> str:
    unit = f" <small>{escape(metric.unit)}</small>" if metric.unit else ""
    return f"{escape(metric.title)}{unit}"


def _row(score: Score, metrics: tuple[Metric, ...]) -> str:
    cells = "".join(_cell(score.values[metric.name], metric) for metric in metrics)
    note = f" <small>{escape(score.reason)}</small>" if score.reason else ""
    gauge = escape(score.gauge)
    return (
        f'<tr><th scope="row"><a href="#{gauge}">{gauge}</a>{note}</th><td class="id">{escape(score.feature)}</td>'
        f'<td>{score.pairs:,}</td>{cells}</tr>'
    )  # fmt: skip


def _cell(value: float, metric: Metric) -> str:
    """A number; of a score whose ideal is 1, with a bar as long as the score is good."""
    text = shown(value, metric)
    if metric.ideal == 1 and np.isfinite(value):
        return f'<td class="bar" style="--share:{max(0.0, min(value, 1.0)):.3f}">{text}</td>'
    return f"<td>{text}</td>"


def shown(value: float, metric: Metric) -> str:
    """A score with as many digits as it is worth: `0.905`, `+3.1`, `41.2`."""
    if not np.isfinite(value):
        return "-"
    if metric.unit == "%":
        return f"{value:+.1f}"
    return f"{value:.3f}" if metric.ideal == 1 else f"{value:.3g}"


def _left_out(comparison: Comparison) -> str:
    if not comparison.left_out:
        return ""
    rows = "".join(f"<li><b>{escape(gauge)}</b>: {escape(why)}</li>" for gauge, why in comparison.left_out.items())
    return f'<section class="note"><h2>Not scored</h2><ul>{rows}</ul></section>'


def _some(scored: int, drawn: int) -> str:
    return "" if scored == drawn else f"<p>The {drawn} of {scored:,} gauges with the worst scores are drawn.</p>"


def _card(evaluation: Evaluation, at: int) -> str:
    pair, score, times = evaluation.comparison.pairs[at], evaluation.scores[at], evaluation.comparison.times
    gauge = escape(pair.gauge)
    told = "".join(
        f"<div><dt>{_title(metric)}</dt><dd>{shown(score.values[metric.name], metric)}</dd></div>"
        for metric in evaluation.metrics
    )
    return (
        f'<section class="card" id="{gauge}"><header><h2>{gauge} <small>{escape(pair.feature)}</small></h2>'
        f"<dl>{told}</dl></header>"
        f'<div class="plots"><figure data-pair="{at}">'
        f"{plot.hydrograph(times, pair.simulated, pair.observed, f'Hydrograph of {pair.gauge}')}"
        f"<figcaption>Discharge, m³/s</figcaption></figure>"
        f"<figure>{plot.duration(pair.simulated, pair.observed, f'Flow duration curve of {pair.gauge}')}"
        f"<figcaption>Share of time a discharge is exceeded, m³/s</figcaption></figure></div></section>"
    )


def _metric(metric: Metric) -> str:
    definition = metric.doc.partition("\n")[0]
    return f"<div><dt>{_title(metric)}</dt><dd>{escape(definition)} {escape(metric.source)}.</dd></div>"


def _dataset(each: dict[str, Any]) -> str:
    digest = str(each.get("digest") or "")
    origin = ", ".join(each.get("derived_from") or ())
    made = "".join([f"job {each['job']}" if each.get("job") else "", f" from {origin}" if origin else ""]).strip()
    return (
        f'<tr><th scope="row">{escape(each["role"])}</th><td class="id">{escape(each["name"])}</td>'
        f'<td>{escape(str(each.get("created") or ""))}</td><td>{escape(made)}</td>'
        f'<td class="id" title="{escape(digest)}">{escape(digest[:16])}</td></tr>'
    )  # fmt: skip


def _data(comparison: Comparison, drawn: list[int]) -> str:
    """What the script zooms into; "{}" for more than a page should carry, which is then still a picture."""
    if 2 * len(drawn) * len(comparison.times) > VALUES:
        return "{}"
    pairs = {at: _numbers(comparison.pairs[at]) for at in drawn}
    begin = stamps.seconds(comparison.times[0]) if len(comparison.times) else 0
    text = json.dumps({"begin": begin, "step": comparison.step, "pairs": pairs}, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _numbers(pair: Pair) -> dict[str, list[float | None]]:
    return {"sim": _short(pair.simulated), "obs": _short(pair.observed)}


def _short(values: NDArray[np.float64]) -> list[float | None]:
    """Four digits each: more than a picture shows, and half the page."""
    return [None if np.isnan(value) else float(f"{value:.4g}") for value in values.tolist()]
