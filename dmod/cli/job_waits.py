"""What a job waits for, when it will start, and the commands that would let it start sooner."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.cli.job_list import DOWN
from dmod.cli.settings import project
from dmod.jobs.status import Status
from dmod.units import format_duration

if TYPE_CHECKING:
    from dmod.jobs.job import Job
    from dmod.scheduler.outlook import Start
    from dmod.scheduler.queue import Queue

_SHOWN = 3  # jobs that are named one by one


def waits(job: Job, queue: Queue, why: str) -> dict[str, Any]:
    """`start`, `outlook`, `fix` and `or` of a job that waits, or of the tasks of it that do."""
    if why == DOWN:
        return {"fix": "dmod scheduler start"}
    if job.stop:
        return {"fix": f"dmod job watch {job.id}"}
    if job.held:
        return {"fix": f"dmod job release {job.id}", "or": [f"dmod job cancel {job.id}"]}
    if needs := _needs(job, queue):
        return needs
    return _hindered(job, why) or _estimated(job, queue, why)


def clock(seconds: float) -> str:
    """A moment as people say it: `at 14:05:09 UTC`, with the date where it is another day."""
    moment, today = datetime.fromtimestamp(seconds, UTC), datetime.now(UTC).date()
    return f"at {moment:%H:%M:%S} UTC" if moment.date() == today else f"on {moment:%Y-%m-%d at %H:%M} UTC"


def _needs(job: Job, queue: Queue) -> dict[str, Any] | None:
    """It waits for other jobs, or can never start because of one."""
    needs = queue.needs([job.id])
    lost = [need for _, need, always, status in needs if status in {Status.FAILED, Status.CANCELED} and not always]
    if lost:
        again = ", ".join(f"dmod job retry {need}" for need in lost)
        return {"fix": f"{again}, then dmod job retry {job.id}"}
    left = [need for _, need, _, status in needs if not status.ended]
    if not left:
        return None
    return {
        "outlook": f"when {_jobs(left)} {'has' if len(left) == 1 else 'have'} ended",
        "fix": f"dmod job explain {left[0]}",
        "or": [f"dmod job cancel {job.id}"],
    }


def _hindered(job: Job, why: str) -> dict[str, Any] | None:
    """Something other than a want of cpus or memory holds it up: what the user may change."""
    cancel = [f"dmod job cancel {job.id}"]
    if why.startswith("node ") and " drained" in why:
        names = why.removeprefix("node ").partition(" is drained")[0].replace(",", "")
        return {"outlook": "when the node is resumed", "fix": f"dmod node resume {names}", "or": cancel}
    if ' at once of "' in why:
        pattern = why.split('"')[1]
        fix = f'a higher "{pattern}" in [limits] of dmod.toml, then dmod scheduler stop and start'
        return {"outlook": "when one of those has ended", "fix": fix, "or": cancel}
    if "of its tasks at once" in why:
        higher = f"submit it with a higher at_once: it has {job.spec.at_once}"
        return {
            "outlook": "when one of its tasks has ended",
            "fix": f"wait, or dmod job cancel {job.id}",
            "or": [higher],
        }
    if why.startswith("attempt "):
        return {"outlook": why, "fix": f"wait, or dmod job cancel {job.id}"}
    if why.endswith("in all"):
        return {"outlook": "never: no node is so large", "fix": "dmod node list", "or": cancel}
    return None


def _estimated(job: Job, queue: Queue, why: str) -> dict[str, Any]:
    """It waits for its turn, or for cpus and memory."""
    from dmod.scheduler.outlook import Outlook

    start = Outlook(queue, project().config).start(job.id)
    found: dict[str, Any] = {
        "start": None if start.time is None else datetime.fromtimestamp(start.time, UTC),
        "outlook": _outlook(start, queue, job, why),
        "fix": f"wait, or dmod job cancel {job.id}",
        "or": [],
    }
    if start.limit:
        limit = format_duration(start.limit, most=2)
        found["or"] = [f"dmod job cancel {job.id}, and submit it with --time-limit {limit}: it would start now"]
    return found


def _outlook(start: Start, queue: Queue, job: Job, why: str) -> str:
    if why == "next":
        return "now: it is next"
    if start.time is None:
        free = sorted({held.job for held in queue.holding() if not held.time_limit} - {job.id})
        whose = (
            f"{_jobs(free)} {'has' if len(free) == 1 else 'have'} no time limit" if free else "too many wait before it"
        )
        return f"nobody knows: {whose}"
    left = start.time - time.time()
    if left < 1:
        return "now"
    return f"{clock(start.time)} at the latest, in {format_duration(left, most=2)}, if all run as long as they may"


def _jobs(ids: list[int]) -> str:
    """Some jobs by their ids."""
    said = ", ".join(map(str, ids[:_SHOWN]))
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"job{'s' if len(ids) > 1 else ''} {said}{more}"
