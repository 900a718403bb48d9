"""Why a job or its tasks failed, grouped by reason, and what would let them succeed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.cli.settings import project
from dmod.jobs.exits import explain
from dmod.jobs.numbers import Numbers
from dmod.scheduler import listing
from dmod.scheduler.diagnose import tail
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

_GROUPS = 8  # reasons that are told one by one
_LINES = 5  # of stderr
_NAMED = 60  # characters of task numbers
_NUMBER = re.compile(r"(?<!exit code )(?<!\d)\d+")
_NEED = re.compile(r"job (\d+) (?:failed|was canceled)")


def of_job(job: Job) -> dict[str, Any]:
    """Of a job that is no array."""
    return story(job, str(job.id), job.reason, job.exit_code, project().job_folder(job.id))


def of_array(job: Job, queue: Queue) -> dict[str, Any]:
    """Of an array: its failed tasks by reason, and the first of them in detail."""
    found = groups(job, queue)
    if not found:  # it failed as a whole: no node could ever run it
        return of_job(job)
    first, most = Numbers.parse(found[0]["tasks"])[0], found[0]
    name = f"{job.id}/{first}"
    told = story(job, name, most["reason"], most["exit_code"], project().job_folder(job.id, first))
    return told | {"failures": found, "fix": f"dmod job logs {name}, then dmod job retry {job.id} --failed"}


def groups(job: Job, queue: Queue) -> list[dict[str, Any]]:
    """The failed tasks of an array by reason; those that differ only in numbers are one reason."""
    alike: dict[tuple[str, int | None], tuple[list[str], list[int]]] = {}
    for reason, code, numbers in listing.failures(queue, job.id):
        reasons, tasks = alike.setdefault((_NUMBER.sub("N", reason), code), ([], []))
        reasons.append(reason)
        tasks += numbers
    ordered = sorted(alike.items(), key=lambda group: -len(group[1][1]))
    return [_group(key, reasons, tasks) for key, (reasons, tasks) in ordered[:_GROUPS]] + _rest(ordered[_GROUPS:])


def _group(key: tuple[str, int | None], reasons: list[str], tasks: list[int]) -> dict[str, Any]:
    reason = reasons[0] if len(reasons) == 1 else key[0]
    return _said(reason, key[1], tasks)


def _rest(others: list[Any]) -> list[dict[str, Any]]:
    if not others:
        return []
    tasks = [number for _, (_, numbers) in others for number in numbers]
    return [_said(f"{len(others)} other reasons", None, tasks)]


def _said(reason: str, code: int | None, tasks: list[int]) -> dict[str, Any]:
    numbers = str(Numbers.of(tasks))
    named = numbers.replace(",", ", ")
    if len(named) > _NAMED:
        named = f"{named[:_NAMED].rpartition(',')[0]}, ..."
    text = f"{len(tasks):,} task{'s' if len(tasks) > 1 else ''}: {reason} ({named})"
    return {"reason": reason, "exit_code": code, "count": len(tasks), "tasks": numbers, "text": text}


def story(job: Job, name: str, reason: str, code: int | None, folder: Path) -> dict[str, Any]:
    """What its code means, its last words, and what to type next, for a job or task that is called so."""
    again = _told(folder).get("fix") or _again(job, name, reason)
    more = _more(job, reason, code)
    enough = more.startswith("dmod job submit")  # the same once more would fail again
    return {
        "meaning": "" if enough else _meaning(code, reason),
        "stderr": [line for line in tail(folder / layout.STDERR).splitlines() if line.strip()][-_LINES:],
        "fix": more if enough else again,
        "or": [again] if enough else [more] if more else [],
    }


def undo(job: Job) -> str:
    """What brings a canceled job back."""
    need = _NEED.fullmatch(job.reason)
    return f"dmod job retry {need[1]}, then dmod job retry {job.id}" if need else f"dmod job retry {job.id}"


def _again(job: Job, name: str, reason: str) -> str:
    if job.started is None and reason.endswith(" in all"):  # by an older dmod.toml than submit saw
        return f"dmod scheduler stop, then dmod job retry {job.id}"
    return f"dmod job logs {name}, then dmod job retry {name}"


def _more(job: Job, reason: str, code: int | None) -> str:
    """What to ask for instead."""
    if "time limit" in reason and (limit := job.resources.time_limit):
        had, more = format_duration(limit, most=2), format_duration(2 * limit, most=2)
        return f"dmod job submit FILE --time-limit {more}: it had {had}"
    if "memory limit" in reason and job.memory:
        more = format_memory(1 << (2 * max(job.memory, job.peak) - 1).bit_length())
        return f"dmod job submit FILE --memory {more}: it had {format_memory(job.memory)}"
    if code in {-9, 137}:
        held = f"; it held {format_memory(job.peak)}" if job.peak else ""
        return f"dmod node list: other programs may have left too little memory{held}"
    return ""


def _meaning(code: int | None, reason: str) -> str:
    """What an exit code stands for, where that says more than the reason."""
    if not code:
        return ""
    said = explain(code)
    return "" if said in reason or said.startswith("exit code") else f"exit code {code}: {said}"


def _told(folder: Path) -> dict[str, Any]:
    """What the failing rank wrote."""
    try:
        found: dict[str, Any] = json.loads((folder / layout.FAILURE).read_text())
    except (OSError, ValueError):
        return {}
    return found
