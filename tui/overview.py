"""Overview: what a job was asked for, what it got, and what happened to it, as lines to read."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from dmod.jobs.numbers import Numbers
from dmod.paths import shown
from dmod.units import format_duration, format_memory
from tui.columns import cell
from tui.entry import ACTIVE, ENDED
from tui.job_columns import ago, bar
from tui.look import glyph

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Event
    from tui.entry import Entry
    from tui.look import Line
    from tui.story import Failures, Story

_LABEL = 11  # cells
_WIDE = 108  # cells from which facts and timeline stand side by side
_REASONS = 20  # for which tasks failed, that are told
_NAMED = 30  # cells for their numbers


def overview(entry: Entry, story: Story, now: datetime, width: int) -> list[Line]:
    """The page of a job; `width` decides whether its timeline stands beside it or below."""
    facts = [*_state(entry, now), *_failed(story.failures), *_facts(story, now)]
    happened = timeline(story.events)
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
    if share is not None and entry.status != "completed":
        lines.append(_fact("progress", *bar(share, 24), (f" {100 * share:.0f}%", "text")))
    lines += _tasks(entry)
    note = entry.reason if entry.status in ENDED else entry.note(now)
    label = "doing" if entry.status in ACTIVE else "why"
    for at, line in enumerate(note.splitlines()[:6]):
        lines.append(_fact("" if at else label, (line, "error" if entry.status == "failed" else "text")))
    if entry.status in ACTIVE and entry.waiting and entry.waits:
        lines.append(_fact("waits", (entry.waits, "text")))
    return lines


def _tasks(entry: Entry) -> list[Line]:
    """How many tasks are how far."""
    if entry.tasks is None:
        return []
    lines: list[Line] = []
    for statuses in (("running", "queued"), ("completed", "failed", "canceled")):
        pieces: list[tuple[str, str]] = []
        for status, count in ((each, entry.tasks.count(each)) for each in statuses):
            sign, style = glyph(status)
            pieces += [(f"{sign} ", style), (f"{count:,} ", "text"), (f"{status}   ", "muted")] if count else []
        if pieces:
            lines.append(_fact("" if lines else "tasks", *pieces))
    return lines


def _failed(failures: Failures) -> list[Line]:
    """Which tasks failed, by their reasons."""
    lines: list[Line] = []
    for reason, numbers in failures[:_REASONS]:
        named = str(Numbers.of(numbers))
        named = named if len(named) <= _NAMED else f"{named[:_NAMED].rpartition(',')[0]},… ({len(numbers):,})"
        label = "failed" if not lines else ""
        lines.append(_fact(label, (f"{named}  ", "text"), (reason.partition("\n")[0], "error")))
    if len(failures) > _REASONS:
        lines.append(_fact("", (f"and for {len(failures) - _REASONS:,} more reasons", "muted")))
    return lines


def _facts(story: Story, now: datetime) -> list[Line]:
    job = story.job
    wanted, prepared = job.resources, job.prepared
    memory = f", {format_memory(wanted.memory)}" if wanted.memory else ""
    limit = f", at most {format_duration(wanted.time_limit)}" if wanted.time_limit else ""
    held = ", ".join(f"{cpus} on {node}" for node, cpus in story.held.items())
    lines = [
        _fact("kind", (job.kind, "text"), (f"  attempt {job.attempt}" if job.attempt > 1 else "", "muted")),
        *_command(job),
        *_numbers(job),
        _fact(
            "resources",
            (f"{wanted.cpus} cpu{'s' * (wanted.cpus != 1)}{memory}{limit}", "text"),
            (" a task" if job.array else "", "muted"),
            (f"  holds {held}" if held else "", "muted"),
        ),
        *_used(job),
        _fact("priority", (str(job.priority), "text"), ("  held" if job.held else "", "warning")),
        *_needs(story),
        _fact("submitted", (f"{job.submitted:%Y-%m-%d %H:%M:%S}", "text"), (f"  {ago(job.submitted, now)}", "muted")),
    ]
    if prepared.period:
        step = f"  every {format_duration(prepared.step)}" if prepared.step else ""
        lines.append(_fact("period", (prepared.period.text(prepared.step), "text"), (step, "muted")))
    if prepared.size:
        lines.append(_fact("catchments", (f"{prepared.size:,}", "text")))
    lines += [_fact(role, (", ".join(names), "secondary")) for role, names in prepared.datasets.items()]
    if job.output:
        there = "  for each task" if job.array else "" if str(job.status) == "completed" else "  when it is done"
        named = f"{job.output.removesuffix('-0')}-N" if job.array else job.output
        lines.append(_fact("output", (named, "secondary"), (there, "muted")))
    return [*lines, _fact("folder", (shown(story.folder), "muted"))]


def _numbers(job: Job) -> list[Line]:
    """Which tasks an array has."""
    if not job.array:
        return []
    most = job.spec.at_once
    return [_fact("array", (job.numbers, "text"), (f"  {most} at once" if most else "", "muted"))]


def _used(job: Job) -> list[Line]:
    """What it used, as far as its tasks ended."""
    said = [f"{format_duration(job.cpu, most=2)} of cpu"] if job.cpu >= 1 else [f"{job.cpu:.2f}s of cpu"]
    said += [f"{format_memory(job.peak)} at most"] if job.peak else []
    said += [f"read {format_memory(job.read)}"] if job.read else []
    said += [f"wrote {format_memory(job.written)}"] if job.written else []
    return [_fact("used", (", ".join(said), "text"))] if job.cpu or job.peak else []


def _needs(story: Story) -> list[Line]:
    """The jobs that must end first."""
    lines: list[Line] = []
    for need in story.needs:
        sign, style = glyph(need.status)
        how = "  however it ends" if need.always else ""
        pieces = ((f"job {need.job} ", "text"), (f"{sign} ", style), (need.status, "muted"), (how, "muted"))
        lines.append(_fact("" if lines else "after", *pieces))
    return lines


def _command(job: Job) -> list[Line]:
    """What a command runs, and where."""
    if job.kind != "command":
        return []
    argv = json.loads(job.spec_json)["command"]["argv"]
    return [_fact("command", (shlex.join(argv), "text")), _fact("in", (job.cwd, "muted"))]


def _fact(label: str, *pieces: tuple[str, str]) -> Line:
    return ((f" {label:<{_LABEL}} ", "muted"), *pieces)
