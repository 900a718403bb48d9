"""What the scheduler is doing: `dmod scheduler status`, also while it is down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.cli.output import mark, paint, relative_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.project import Project

_ENDS = ("completed", "failed", "canceled")


def state(here: Project) -> dict[str, Any]:
    """What `scheduler status` shows."""
    from dmod.jobs.status import BEGUN, Status
    from dmod.scheduler import lock, pulse

    held, told = lock.holder(here.state), pulse.read(here.state)
    counts, standing, today = _of_queue(here)
    mine = told if held and told.get("pid") == held["pid"] else {}
    return {
        "pid": held["pid"] if held else None,
        "state": "running" if held else "stopped",
        "since": datetime.fromtimestamp(held["since"], UTC) if held else None,
        "queued": counts.get(Status.QUEUED, 0),
        "running": sum(counts.get(each, 0) for each in BEGUN),
        "held": standing["held"],
        "depends": standing["depends"],
        "tasks": {key: standing[key] for key in ("waiting", "running")},
        "today": today,
        "decision_ms": mine.get("decision_ms"),
        "turns": mine.get("turns", 0),
        "last_error": _error(told.get("last_error")),
    }


def _of_queue(here: Project) -> tuple[Mapping[Any, int], Mapping[str, int], dict[str, int]]:
    if not here.queue.exists():
        return {}, dict.fromkeys(("waiting", "running", "held", "depends"), 0), dict.fromkeys(_ENDS, 0)
    from dmod.scheduler import listing
    from dmod.scheduler.queue import Queue

    queue = Queue(here.queue)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ended = listing.ended(queue, midnight.timestamp())
    return queue.counts(), listing.standing(queue), {end: ended.get(end, 0) for end in _ENDS}


def _error(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not told:
        return None
    return {"time": datetime.fromtimestamp(told["time"], UTC), "text": told["text"]}


def lines(found: Mapping[str, Any]) -> list[str]:
    """For people."""
    if found["state"] != "running":
        said = [f"{mark('stopped')}; it starts with the next job ({found['queued']} queued)"]
    else:
        since = relative_time(found["since"])
        counts = f"{found['running']} running, {found['queued']} queued"
        said = [f"{mark('running')} pid {found['pid']}, started {since}; {counts}"]
    facts = {
        "tasks": ", ".join(f"{count:,} {key}" for key, count in found["tasks"].items() if count),
        "of these": _special(found),
        "today": ", ".join(f"{count:,} {end}" for end, count in found["today"].items() if count),
        "decides": _speed(found),
        "last error": _last(found["last_error"]),
    }
    return said + [f"{paint(f'  {label:<12}', 'dim')}{text}" for label, text in facts.items() if text]


def _special(found: Mapping[str, Any]) -> str:
    said = [f"{found['held']:,} held"] if found["held"] else []
    said += [f"{found['depends']:,} waiting for other jobs"] if found["depends"] else []
    return ", ".join(said)


def _speed(found: Mapping[str, Any]) -> str:
    took = found["decision_ms"]
    if not took:
        return ""
    return f"in {took['median']:.2g} ms, {took['longest']:.2g} ms at most; {found['turns']:,} times"


def _last(error: Mapping[str, Any] | None) -> str:
    return f"{relative_time(error['time'])}: {error['text']}" if error else ""
