"""Columns of the jobs' table, and how a bar and an age are drawn everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.units import format_duration
from tui.columns import Column
from tui.entry import ACTIVE, Entry
from tui.look import state

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

    from tui.entry import Clock
    from tui.look import Line
    from tui.rows import Key

_RANK = {name: at for at, name in enumerate(("running", "collecting", "staging", "queued", "failed", "canceled"))}
_BAR = 8  # cells


def columns(clock: Clock, unfolded: Container[Key] = ()) -> tuple[Column[Entry], ...]:
    """The columns, with times as of the clock."""
    return (
        Column("id", "ID", 5, _id, lambda e: e.id, grow=1, most=7, right=True),
        Column("name", "NAME", 18, lambda e: _name(e, unfolded), lambda e: e.name, grow=1, most=34),
        Column("kind", "KIND", 10, lambda e: (("" if e.task else e.kind, "muted"),), lambda e: e.kind, optional=4),
        Column("state", "STATE", 12, lambda e: state(e.status), lambda e: _RANK.get(e.status, 9)),
        Column("progress", "PROGRESS", _BAR + 5, _progress, Entry.share, optional=3),
        Column("cpus", "CPUS", 4, lambda e: ((str(e.cpus), "text"),), lambda e: e.cpus, optional=5, right=True),
        Column("age", "AGE", 4, lambda e: _age(e, clock()), lambda e: e.submitted, optional=6, right=True),
        Column("runtime", "RUNTIME", 8, lambda e: _runtime(e, clock()), lambda e: e.runtime(clock()), 2, right=True),
        Column("why", "WHY", 26, lambda e: _why(e, clock()), lambda e: e.note(clock()) or None, grow=3),
    )


def ago(when: datetime | None, now: datetime) -> str:
    """How long ago, as people say it; a date when that is over a month."""
    if when is None:
        return ""
    seconds = (now - when).total_seconds()
    if seconds > 30 * 86_400:
        return when.strftime("%Y-%m-%d")
    return "just now" if seconds < 60 else f"{format_duration(seconds - seconds % 60, most=1)} ago"


def bar(share: float, width: int, style: str = "primary") -> Line:
    """A bar in half cells."""
    full, part = divmod(round(min(max(share, 0.0), 1.0) * width * 2), 2)
    filled = "━" * full + "╸" * part
    return (filled, style), ("─" * (width - len(filled)), "faint")


def _id(entry: Entry) -> Line:
    return (("" if entry.task else str(entry.id), "muted"),)


def _name(entry: Entry, unfolded: Container[Key]) -> Line:
    """Of an array with a sign whether it is unfolded; of a task its number."""
    if entry.task:
        return ("  └ ", "faint"), (entry.label, "text")
    if entry.tasks:
        return (entry.name, "text"), (" ▾" if entry.id in unfolded else " ▸", "muted")
    return ((entry.name, "text"),)


def _progress(entry: Entry) -> Line:
    share, tasks = entry.share(), entry.tasks
    if tasks and (share is None or entry.status == "completed"):
        return ((f"{tasks.size:,} tasks", "muted"),)
    if share is None or entry.status == "completed" or (entry.status == "queued" and not tasks):
        return ()
    style = "primary" if entry.status in ACTIVE else "muted"
    return (*bar(share, _BAR, style), (f" {100 * share:3.0f}%", "text" if entry.status in ACTIVE else "muted"))


def _age(entry: Entry, now: datetime) -> Line:
    if entry.task:
        return ()
    seconds = (now - entry.submitted).total_seconds()
    return ((format_duration(seconds - seconds % 60, most=1) if seconds >= 60 else "now", "muted"),)


def _runtime(entry: Entry, now: datetime) -> Line:
    seconds = entry.runtime(now)
    return () if seconds is None else ((format_duration(seconds, most=2), "text"),)


def _why(entry: Entry, now: datetime) -> Line:
    return ((entry.note(now), "error" if entry.status == "failed" else "muted"),)
