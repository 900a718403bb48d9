"""Overview: what a job was asked for, what it got, and what happened to it, as lines to read."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from dmod.paths import shown
from dmod.units import format_duration, format_memory
from tui.columns import cell
from tui.entry import ACTIVE, ENDED
from tui.job_columns import ago, bar
from tui.look import glyph

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.jobs.resources import Allocation
    from dmod.scheduler.queue import Event
    from tui.entry import Entry
    from tui.look import Line

_LABEL = 11  # cells
_WIDE = 108  # cells from which facts and timeline stand side by side


def overview(  # noqa: PLR0913, PLR0917 - a job, what happened to it, and where it is shown
    entry: Entry, job: Job, held: Sequence[Allocation], events: Sequence[Event], folder: Path, now: datetime, width: int
) -> list[Line]:
    """The page of a job; `width` decides whether its timeline stands beside it or below."""
    facts = [*_state(entry, now), *_facts(job, held, folder, now)]
    happened = timeline(events)
    if width < _WIDE:
        return [(), *facts, (), *happened]
    left = max(width * 11 // 20, 54)
    rows = max(len(facts), len(happened))
    beside = [*happened, *[()] * (rows - len(happened))]
    padded = [cell(line, left) for line in [*facts, *[()] * (rows - len(facts))]]
    return [(), *((*line, *other) for line, other in zip(padded, beside, strict=True))]


def timeline(events: Iterable[Event]) -> list[Line]:
    """What happened, with the time between."""
    lines: list[Line] = []
    before: datetime | None = None
    for event in events:
        sign, style = glyph(str(event.status))
        since = f"+{format_duration((event.time - before).total_seconds(), most=2)}" if before else ""
        note = str(event.note or "").partition("\n")[0]
        lines.append(
            (
                (f" {event.time:%H:%M:%S} ", "muted"),
                (f"{sign} ", style),
                (f"{event.status!s:<11}", "text"),
                (f"{since:>7}  ", "faint" if since == "+0s" else "muted"),
                (note, "error" if event.status == "failed" else "muted"),
            )
        )
        before = event.time
    return lines


def _state(entry: Entry, now: datetime) -> list[Line]:
    sign, style = glyph(entry.status)
    seconds = entry.runtime(now)
    took = f"  {format_duration(seconds, most=3)}" if seconds is not None else ""
    lines: list[Line] = [_fact("state", (f"{sign} ", style), (entry.status, "strong"), (took, "muted"))]
    share = entry.share()
    if share is not None and entry.status not in ("completed", "queued"):
        lines.append(_fact("progress", *bar(share, 24), (f" {100 * share:.0f}%", "text")))
    note = entry.reason if entry.status in ENDED else entry.note(now)
    label = "doing" if entry.status in ACTIVE else "why"
    for at, line in enumerate(note.splitlines()[:6]):
        lines.append(_fact("" if at else label, (line, "error" if entry.status == "failed" else "text")))
    return lines


def _facts(job: Job, allocation: Sequence[Allocation], folder: Path, now: datetime) -> list[Line]:
    wanted, prepared = job.resources, job.prepared
    memory = f", {format_memory(wanted.memory)}" if wanted.memory else ""
    limit = f", at most {format_duration(wanted.time_limit)}" if wanted.time_limit else ""
    held = ", ".join(f"{each.cpus} on {each.node}" for each in allocation)
    lines = [
        _fact("kind", (job.kind, "text"), (f"  attempt {job.attempt}" if job.attempt > 1 else "", "muted")),
        *_command(job),
        _fact(
            "resources",
            (f"{wanted.cpus} cpu{'s' * (wanted.cpus != 1)}{memory}{limit}", "text"),
            (f"  holds {held}" if held else "", "muted"),
        ),
        _fact("submitted", (f"{job.submitted:%Y-%m-%d %H:%M:%S}", "text"), (f"  {ago(job.submitted, now)}", "muted")),
    ]
    if prepared.period:
        step = f"  every {format_duration(prepared.step)}" if prepared.step else ""
        lines.append(_fact("period", (prepared.period.text(prepared.step), "text"), (step, "muted")))
    if prepared.size:
        lines.append(_fact("catchments", (f"{prepared.size:,}", "text")))
    lines += [_fact(role, (", ".join(names), "secondary")) for role, names in prepared.datasets.items()]
    if job.output:
        there = "" if str(job.status) == "completed" else "  when it is done"
        lines.append(_fact("output", (job.output, "secondary"), (there, "muted")))
    return [*lines, _fact("folder", (shown(folder), "muted"))]


def _command(job: Job) -> list[Line]:
    """What a command runs, and where."""
    if job.kind != "command":
        return []
    argv = json.loads(job.spec_json)["command"]["argv"]
    return [_fact("command", (shlex.join(argv), "text")), _fact("in", (job.cwd, "muted"))]


def _fact(label: str, *pieces: tuple[str, str]) -> Line:
    return ((f" {label:<{_LABEL}} ", "muted"), *pieces)
