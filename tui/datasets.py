"""Datasets: what a table and a page say of one, with its coverage in time as a bar."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from dmod.data.domain import counted
from dmod.units import format_duration, format_memory
from tui.columns import Column
from tui.job_columns import ago
from tui.look import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from dmod.data.dataset import Dataset
    from dmod.hydro.period import TimeRange
    from tui.entry import Clock
    from tui.look import Line
    from tui.need import Need

_BAR = 20  # cells
_STYLES = {"─": "faint", "━": "secondary", "✗": "error"}


class Span:
    """The time from the first to the last stamp of all datasets: what a whole bar stands for."""

    def __init__(self) -> None:
        self.begin: datetime | None = None
        self.end: datetime | None = None
        self.need: Need | None = None  # of a chosen job
        self._bars: dict[tuple[str, datetime], Line] = {}  # by name and age: exact gaps are dear

    def against(self, need: Need | None, datasets: Sequence[Dataset]) -> None:
        """Show the period of a job, with what is missing of it."""
        self.need = need
        self.fit(datasets)
        self._bars.clear()

    def fit(self, datasets: Sequence[Dataset]) -> bool:
        """Take the extent of these; returns whether it changed."""
        times = [each.domain.time for each in datasets if each.domain.time is not None]
        before = (self.begin, self.end)
        times += [self.need.period] if self.need else []
        self.begin = min((time.begin for time in times), default=None)
        self.end = max((time.end for time in times), default=None)
        self._bars.clear()
        return before != (self.begin, self.end)

    def bar(self, dataset: Dataset) -> Line:
        """Which part of it a dataset has, and which part of the job's is missing; one cell at least of each."""
        if dataset.domain.time is None or self.begin is None:
            return ()
        key = (dataset.name, dataset.created)
        if key not in self._bars:
            cells = ["─"] * _BAR
            self._fill(cells, "━", [each.time for each in dataset.domain.blocks])
            if self.need:
                self._fill(cells, "✗", [each.time for each in self.need.gaps(dataset)])
            self._bars[key] = tuple((sign * len([*same]), _STYLES[sign]) for sign, same in groupby(cells))
        return self._bars[key]

    def _fill(self, cells: list[str], sign: str, times: Iterable[TimeRange | None]) -> None:
        if self.begin is None or self.end is None:
            return
        whole = max((self.end - self.begin).total_seconds(), 1.0)
        for time in times:
            if time is None:
                continue
            first = (time.begin - self.begin).total_seconds() / whole * len(cells)
            last = (time.end - self.begin).total_seconds() / whole * len(cells)
            start = min(max(int(first), 0), len(cells) - 1)
            stop = min(max(start + 1, round(last)), len(cells))
            cells[start:stop] = [sign] * (stop - start)


def columns(span: Span, clock: Clock) -> tuple[Column[Dataset], ...]:
    """The columns of the datasets' table."""
    return (
        Column("name", "NAME", 16, lambda d: ((d.name, "text"),), lambda d: d.name, grow=2, most=36),
        Column("category", "CATEGORY", 11, lambda d: ((str(d.category), "muted"),), lambda d: str(d.category)),
        Column(
            "format",
            "FORMAT",
            20,
            lambda d: ((str(d.domain.format), "muted"),),
            lambda d: str(d.domain.format),
            optional=4,
        ),
        Column("covers", "COVERS", 16, _covers, _count, optional=3),
        Column("time", "TIME", _BAR, span.bar, lambda d: d.domain.time.begin if d.domain.time else None, optional=1),
        Column("period", "PERIOD", 22, _period, lambda d: d.domain.time.begin if d.domain.time else None),
        Column("step", "STEP", 5, _step, lambda d: d.domain.step, optional=5, right=True),
        Column(
            "size", "SIZE", 8, lambda d: ((format_memory(d.size), "text"),), lambda d: d.size, optional=2, right=True
        ),
        Column(
            "created",
            "CREATED",
            10,
            lambda d: ((ago(d.created, clock()), "muted"),),
            lambda d: d.created,
            optional=6,
            right=True,
        ),
    )


def facts(dataset: Dataset, now: datetime, need: Need | None = None) -> list[Line]:
    """Everything about a dataset, as lines."""
    domain = dataset.domain
    lines = [
        fact("category", (str(dataset.category), "text"), (f"  {domain.format}", "muted")),
        fact("created", (f"{dataset.created:%Y-%m-%d %H:%M:%S}", "text"), (f"  {ago(dataset.created, now)}", "muted")),
        fact("files", (f"{len(dataset.files):,}", "text"), (f"  {format_memory(dataset.size)}", "muted")),
    ]
    if domain.features:
        lines.append(fact("covers", *_covers(dataset), (_some(domain.features), "muted")))
    if domain.time is not None:
        step = f"  every {format_duration(domain.step)}" if domain.step else ""
        lines.append(
            fact(
                "time",
                (f"{domain.time.begin:%Y-%m-%d %H:%M} to {domain.time.end:%Y-%m-%d %H:%M}", "text"),
                (step, "muted"),
            )
        )
    if need is not None and domain.time is not None:
        gaps = need.said(dataset)
        lines.append(
            fact(f"job {need.job}", *([(gaps[0], "error")] if gaps else [("✓ ", "success"), ("covered", "text")]))
        )
        lines += [fact("", (gap, "error")) for gap in gaps[1:]]
    if domain.variables:
        lines.append(fact("variables", (", ".join(domain.variables), "text")))
    if dataset.derived_from:
        lines.append(fact("made from", (", ".join(dataset.derived_from), "secondary")))
    if dataset.job is not None:
        lines.append(fact("by job", (str(dataset.job), "text")))
    shown = [fact("" if at else "holds", (file.path, "muted")) for at, file in enumerate(dataset.files[:12])]
    more = [fact("", (f"and {len(dataset.files) - 12:,} more", "muted"))] if len(dataset.files) > 12 else []
    return [(), *lines, *shown, *more]


def _some(names: Sequence[str]) -> str:
    return f"  {', '.join(names[:6])}{' …' if len(names) > 6 else ''}"


def _count(dataset: Dataset) -> int | None:
    features = dataset.domain.features
    return len(features) if features else None


def _covers(dataset: Dataset) -> Line:
    features = dataset.domain.features
    if features is None:
        return (("all catchments", "text"),)
    if dataset.domain.gauges:
        return ((f"{len(features):,} gauge{'s' * (len(features) != 1)}", "text"),)
    return ((counted(features), "text"),) if features else ()


def _period(dataset: Dataset) -> Line:
    time = dataset.domain.time
    if time is None:
        return ()
    short = time.end - time.begin < timedelta(days=3)
    shape = "%m-%d %H:%M" if short else "%Y-%m-%d"
    return ((f"{time.begin:{shape}}", "text"), ("..", "muted"), (f"{time.end:{shape}}", "text"))


def _step(dataset: Dataset) -> Line:
    step = dataset.domain.step
    return ((format_duration(step, most=1), "muted"),) if step else ()
