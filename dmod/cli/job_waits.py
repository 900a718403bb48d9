"""What a job waits for, when it will start, and the commands that would let it start sooner."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from fnmatch import fnmatchcase
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


def waits(job: Job, queue: Queue, why: str, name: str = "") -> dict[str, Any]:
    """`start`, `outlook`, `fix` and `or` of a job that waits, or of a task of it that is called so."""
    cancel = f"dmod job cancel {name or job.id}"
    if why == DOWN:
        return {"fix": "dmod scheduler start"}
    if job.stop:
        return {"fix": f"dmod job watch {job.id}"}
    if job.held:
        return {"fix": f"dmod job release {job.id}", "or": [cancel]}
    if needs := _needs(job, queue, cancel):
        return needs
    return _hindered(job, queue, why, cancel) or _estimated(job, queue, why, cancel)


def when(seconds: float) -> str:
    """A moment as people say it: `14:05:09 UTC`, with the date where it is another day."""
    moment, today = datetime.fromtimestamp(seconds, UTC), datetime.now(UTC).date()
    return f"{moment:%H:%M:%S} UTC" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M} UTC"


def _needs(job: Job, queue: Queue, cancel: str) -> dict[str, Any] | None:
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
        "or": [cancel],
    }


def _hindered(job: Job, queue: Queue, why: str, cancel: str) -> dict[str, Any] | None:
    """Something other than a want of cpus or memory holds it up: what the user may change."""
    if why.startswith("node ") and " drained" in why:
        names = why.removeprefix("node ").partition(" is drained")[0].replace(",", "")
        return {"outlook": "when the node is resumed", "fix": f"dmod node resume {names}", "or": [cancel]}
    if ' at once of "' in why:
        pattern = why.split('"')[1]
        those = sorted({held.job for held in queue.holding() if fnmatchcase(held.name, pattern)})
        fix = f'a higher "{pattern}" in [limits] of dmod.toml, then dmod scheduler stop and start'
        return {"outlook": f"when {_one_of(those)} has ended", "fix": fix, "or": [cancel]}
    if "of its tasks at once" in why:
        higher = f"submit it with a higher at_once: it has {job.spec.at_once}"
        return {
            "outlook": "when one of its tasks has ended",
            "fix": f"wait, or {cancel}",
            "or": [higher],
        }
    if why.startswith("attempt "):
        return {"outlook": f"in {why.rpartition(' in ')[2]}", "fix": f"wait, or {cancel}"}
    if why.endswith("in all"):
        return {"outlook": "never: no node is so large", "fix": "dmod node list", "or": [cancel]}
    return None


def _estimated(job: Job, queue: Queue, why: str, cancel: str) -> dict[str, Any]:
    """It waits for its turn, or for cpus and memory."""
    from dmod.scheduler.outlook import Outlook

    start = Outlook(queue, project().config).start(job.id)
    found: dict[str, Any] = {
        "start": None if start.time is None else datetime.fromtimestamp(start.time, UTC),
        "outlook": _outlook(start, queue, job, why),
        "fix": f"wait, or {cancel}",
        "or": [],
        "holders": [],
    }
    if why.startswith(("needs ", "behind ")):
        found["holders"] = _holders(queue, job)
    if start.time is None and why.startswith("needs "):
        found["or"] += [
            f"dmod job cancel {each['job']}: it has no time limit" for each in found["holders"] if not each["until"]
        ]
    if start.limit:
        limit = format_duration(start.limit, most=2)
        found["or"] += [f"dmod job cancel {job.id}, and submit it with --time-limit {limit}: it would start now"]
    return found


def _outlook(start: Start, queue: Queue, job: Job, why: str) -> str:
    if why == "next":
        return "now: it is next"
    if start.time is None:
        if not why.startswith("needs "):
            return "nobody knows: some of those before it have no time limit"
        free = sorted({held.job for held in queue.holding() if not held.time_limit} - {job.id})
        whose = (
            f"{_jobs(free)} {'has' if len(free) == 1 else 'have'} no time limit" if free else "too many wait before it"
        )
        return f"nobody knows: {whose}"
    left = start.time - time.time()
    if left < 1:
        return "now"
    return f"at {when(start.time)} at the latest, in {format_duration(left, most=2)}, if all run as long as they may"


def _holders(queue: Queue, job: Job) -> list[dict[str, Any]]:
    """The jobs that hold nodes, each with all its cpus, and until when at the latest; the largest first."""
    found: dict[int, dict[str, Any]] = {}
    for held in queue.holding():
        each = found.setdefault(held.job, {"job": held.job, "name": held.name, "cpus": 0, "memory": 0, "until": None})
        each["cpus"] += sum(part.cpus for part in held.allocation)
        each["memory"] += sum(part.memory for part in held.allocation)
        if held.time_limit:
            end = datetime.fromtimestamp((held.started or time.time()) + held.time_limit, UTC)
            each["until"] = max(end, each["until"] or end)
    found.pop(job.id, None)
    return sorted(found.values(), key=lambda each: (-each["cpus"], each["job"]))


def held_by(holders: list[dict[str, Any]]) -> list[str]:
    """Who holds the nodes, a line each."""
    said = []
    for each in holders[:_SHOWN]:
        until = when(each["until"].timestamp()) if each["until"] else ""
        cpus = f"{each['cpus']} cpu{'s' if each['cpus'] != 1 else ''}"
        said.append(f"{each['job']} {each['name']} ({cpus}, {f'until {until}' if until else 'no time limit'})")
    return [*said, f"and {len(holders) - _SHOWN} more"] if len(holders) > _SHOWN else said


def _one_of(ids: list[int]) -> str:
    return _jobs(ids) if len(ids) == 1 else f"one of {_jobs(ids)}" if ids else "one of those"


def _jobs(ids: list[int]) -> str:
    """Some jobs by their ids."""
    said = ", ".join(map(str, ids[:_SHOWN]))
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"job{'s' if len(ids) > 1 else ''} {said}{more}"
