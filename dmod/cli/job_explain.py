"""`dmod job explain`: why a job or task waits or failed, when it starts, and the command that would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.cli import job_failure, task_list
from dmod.cli.job_list import row, waiting
from dmod.cli.job_show import facts
from dmod.cli.job_waits import waits
from dmod.cli.output import mark, relative_time
from dmod.cli.settings import project
from dmod.jobs.status import Status
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

NOTHING: dict[str, Any] = {
    "meaning": "",
    "start": None,
    "outlook": "",
    "failures": [],
    "stderr": [],
    "fix": "",
    "or": [],
}


def explained(job: Job, queue: Queue) -> dict[str, Any]:
    """Why a job is where it is, and what would change that."""
    why = row(job, waiting(queue, [job]))["why"]
    found = {
        "id": job.id,
        "name": job.name,
        "status": str(job.status),
        "why": why or _plain(job.status, job),
        **NOTHING,
    }
    if job.status is Status.FAILED:
        found |= job_failure.of_array(job, queue) if job.array else job_failure.of_job(job)
    elif job.status is Status.CANCELED:
        found["fix"] = job_failure.undo(job)
    elif job.status is Status.COMPLETED:
        found["fix"] = f"dmod dataset show {job.output}" if job.output else ""
    elif job.waiting:
        found |= waits(job, queue, why)
        if job.failed:
            found["failures"] = job_failure.groups(job, queue)
    else:
        found |= {"fix": f"dmod job watch {job.id}, or dmod job cancel {job.id}", "outlook": _end(job)}
    return found


def of_task(job: Job, number: int, queue: Queue) -> dict[str, Any]:
    """Why one task is where it is."""
    task = queue.task(job.id, number)
    name = f"{job.id}/{number}" if job.array else str(job.id)
    held_up = waiting(queue, [job]).get(job.id, "") if task.status is Status.QUEUED else ""
    why = task_list.row(job, task, held_up)["why"]
    found = {
        "id": name,
        "name": job.name,
        "status": str(task.status),
        "why": why or _plain(task.status, task),
        **NOTHING,
    }
    if task.status is Status.QUEUED:
        found |= waits(job, queue, why)
    elif task.status is Status.FAILED:
        folder = project().job_folder(job.id, number)
        found |= job_failure.story(job, name, task.reason, task.exit_code, folder)
    elif task.status is Status.CANCELED:
        found["fix"] = f"dmod job retry {name}"
    elif not task.status.ended:
        found["fix"] = f"dmod job logs {name} -f, or dmod job cancel {name}"
    return found


def lines(found: Mapping[str, Any]) -> list[str]:
    """For people."""
    kind = "task" if "/" in str(found["id"]) else "job"
    said = [f"{mark(found['status'])}  {kind} {found['id']} {found['name']}"]
    said += facts(("why", found["why"]), ("meaning", found["meaning"]))
    said += facts(*(("failed" if not at else " ", group["text"]) for at, group in enumerate(found["failures"])))
    said += facts(*(("stderr" if not at else " ", line) for at, line in enumerate(found["stderr"])))
    said += facts(("start" if found["status"] == "queued" else "end", found["outlook"]), ("fix", found["fix"]))
    return said + facts(*(("or", way) for way in found["or"]))


def _plain(status: Status, of: Any) -> str:  # noqa: ANN401 - a job or a task: both have these times
    match status:
        case Status.COMPLETED:
            return f"it completed {relative_time(of.ended)}"
        case Status.RUNNING:
            return f"it runs since {_since(of.started)}"
        case _:
            return f"it is {status}"


def _since(started: datetime | None) -> str:
    return "now" if started is None else f"{started:%H:%M:%S} UTC, {relative_time(started)}"


def _end(job: Job) -> str:
    """Until when it may run."""
    limit = job.resources.time_limit
    if not limit or job.started is None:
        return ""
    from dmod.cli.job_waits import clock

    end = job.started.timestamp() + limit
    return f"{clock(end)} at the latest, when it has run for {format_duration(limit)}" if not job.array else ""
