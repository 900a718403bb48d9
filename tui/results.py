"""Results: the rivers and scores of a job, from its output and the evaluations of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import DmodError
from tui.look import Line
from tui.streamflow import Streamflow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job
    from dmod.project import Project

_OBSERVATIONS = 20  # datasets that are tried for want of an evaluation


@dataclass(frozen=True, slots=True)
class Results:
    """What there is to see of a job."""

    streamflow: Streamflow | None = None
    said: tuple[Line, ...] = ()  # why there is none
    scores: Mapping[str, Any] = field(default_factory=dict)  # scores.json
    signature: tuple[object, ...] = ()  # of the files: the same for the same contents

    @property
    def lines(self) -> dict[str, str]:
        """The first two scores of each gauge, as text."""
        names = [metric["name"] for metric in self.scores.get("metrics", ())][:2]
        return {
            str(row["gauge"]): "   ".join(f"{name.upper()} {_number(row.get(name))}" for name in names)
            for row in self.scores.get("scores", ())
        }

    def table(self) -> list[Line]:
        """All scores of all gauges."""
        if not self.scores:
            return [(), *self.said] if self.said else [(), ((" No scores yet.", "muted"),)]
        metrics, rows = self.scores["metrics"], self.scores["scores"]
        gauge = 2 + max((len(str(row["gauge"])) for row in (*rows, *self.scores.get("left_out", ()))), default=6)
        at = 2 + max((len(str(row["feature"])) for row in rows), default=2)
        titles = "".join(f"{_title(metric):>{_width(metric)}}" for metric in metrics)
        lines: list[Line] = [(), ((f" {'GAUGE':<{gauge}}{'AT':<{at}}{'STEPS':>6}{titles}", "muted"),)]
        for row in rows:
            values = [(each, row.get(each["name"])) for each in metrics]
            cells = [(f"{_number(value):>{_width(metric)}}", _grade(metric, value)) for metric, value in values]
            where = f"{row['feature']:<{at}}{row['pairs']:>6,}"
            lines.append(((f" {row['gauge']:<{gauge}}", "strong"), (where, "muted"), *cells))
            if row.get("reason"):
                lines.append(((f" {'':<{gauge}}{row['reason']}", "warning"),))
        out = self.scores.get("left_out", ())
        lines += [((f" {row['gauge']:<{gauge}}{row['reason']}", "warning"),) for row in out]
        period = " to ".join(str(self.scores["period"][end]).partition("T")[0] for end in ("begin", "end"))
        ideals = ", ".join(f"{_title(each)} {each['ideal']:g}" for each in metrics)
        return [*lines, (), ((f" scored over {period}; ideal: {ideals}", "muted"),)]


def load(project: Project, store: FolderStore, job: Job, evaluations: Sequence[Job], known: Results) -> Results:
    """Read what there is; `known` comes back if nothing has changed since it was read."""
    judge = job if job.kind == "evaluation" else evaluations[-1] if evaluations else None
    output = _simulated(project, store, job)
    scored = _made(project, store, judge) if judge else None
    signature = (job.id, job.task, *_state(output), *_state(scored), judge.id if judge else 0)
    if known.signature == signature and signature:
        return known
    scores = _scores(scored)
    if output is None:
        return Results(said=_why_none(job), scores=scores, signature=signature)
    try:
        streamflow = _rivers(store, output, judge)
    except DmodError as error:
        return Results(said=_told(error, job), scores=scores, signature=signature)
    return Results(streamflow, scores=scores, signature=signature)


def _rivers(store: FolderStore, output: Path, judge: Job | None) -> Streamflow:
    """With the observations of the evaluation, or else those of the dataset that has most of the gauges."""
    if judge is not None:
        names = judge.prepared.datasets.get("observation", ())
        if names and names[0] in store.names():
            return Streamflow.open(output, store.path(names[0]))
    best = Streamflow.open(output)
    measured = [each.name for each in store.list() if str(each.category) == "observation"]
    for name in measured[:_OBSERVATIONS]:
        try:
            other = Streamflow.open(output, store.path(name))
        except DmodError:
            continue  # not observations of discharge, or of other places: somebody else's business
        if len(other.gauges) > len(best.gauges):
            best, other = other, best
        other.close()
    return best


def _simulated(project: Project, store: FolderStore, job: Job) -> Path | None:
    """Where the discharge lies: of the job itself, or of the simulation that it evaluates."""
    if job.kind != "evaluation":
        return _made(project, store, job)
    names = job.prepared.datasets.get("simulation", ())
    return store.path(names[0]) if names and names[0] in store.names() else None


def _made(project: Project, store: FolderStore, job: Job) -> Path | None:
    """The output of a job: as a dataset, or in its folder while it is not one yet, also unfinished."""
    name = job.output
    if name and name in store.names() and store.get(name).job == job.id:
        return store.path(name)
    folder = project.job_folder(job.id, job.task)
    places = (folder / layout.OUTPUT, folder / f"{layout.OUTPUT}.partial")
    return next((place for place in places if place.is_dir()), None)


def _state(folder: Path | None) -> tuple[object, ...]:
    """What tells whether a folder was changed."""
    if folder is None:
        return ()
    try:
        return str(folder), folder.stat().st_mtime_ns
    except OSError:
        return ()


def _scores(folder: Path | None) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / "scores.json").read_text()) if folder else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"metrics", "scores", "period"} <= found.keys() else {}


def _why_none(job: Job) -> tuple[Line, ...]:
    if job.kind == "evaluation":
        return (((" The simulation it evaluates is not there any more.", "muted"),),)
    if not job.status.ended:
        return (((" Nothing simulated yet: rivers appear as they are done.", "muted"),),)
    if str(job.status) != "completed":
        return (((f" It {job.status} before there was anything to draw.", "muted"),), ((" l shows its log", "muted"),))
    return (
        ((" Its output is not there any more: was the dataset deleted?", "muted"),),
        ((" dmod dataset list", "accent"),),
    )


def _told(error: DmodError, job: Job) -> tuple[Line, ...]:
    if not job.status.ended:
        return (((" No river is done yet.", "muted"),),)
    return tuple(((f" {line}", "muted" if at else "text"),) for at, line in enumerate(error.lines()))


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def _title(metric: Mapping[str, Any]) -> str:
    unit = {"": "", "1": "", "-": ""}.get(str(metric["unit"]), f" {metric['unit']}")
    return f"{str(metric['name']).replace('_', ' ').upper()}{unit}"


def _width(metric: Mapping[str, Any]) -> int:
    return max(len(_title(metric)), 7) + 2


def _grade(metric: Mapping[str, Any], value: float | None) -> str:
    """Colour for efficiencies alone: whose ideal is 1, and who are no better than the mean at 0."""
    if value is None or metric["ideal"] != 1:
        return "text"
    return "success" if value >= 0.6 else "warning" if value >= 0.3 else "error"
