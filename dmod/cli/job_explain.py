"""`dmod job explain`: why a job or task waits or failed, when it starts, and the command that would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.cli import job_failure, task_list
from dmod.cli.job_list import row, waiting
from dmod.cli.job_show import facts
from dmod.cli.job_waits import held_by, waits, when
from dmod.cli.output import mark, relative_time
from dmod.cli.settings import project
from dmod.jobs.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue
    from dmod.scheduler.rows import Task

_LOOKED = 1000  # events that are looked at
NOTHING: dict[str, Any] = {
    "meaning": "",
    "holders": [],
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
        "why": why or _plain(job.status, job, 0 if job.array else job.resources.time_limit),
        **NOTHING,
    }
    if job.status is Status.FAILED:
        found |= job_failure.of_array(job, queue) if job.array else job_failure.of_job(job)
    elif job.status is Status.CANCELED:
        found["fix"] = job_failure.undo(job)
    elif job.status is Status.COMPLETED:
        found["fix"] = f"dmod dataset show {job.output}" if job.output else ""
    elif job.waiting:
        found |= waits(job, queue, why) | {"meaning": _before(job, queue, why)}
        if job.failed:
            found["failures"] = job_failure.groups(job, queue)
    else:
        found["fix"] = f"dmod job watch {job.id}, or dmod job cancel {job.id}"
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
        "why": why or _plain(task.status, task, job.resources.time_limit),
        **NOTHING,
    }
    if task.status is Status.QUEUED:
        found |= waits(job, queue, why, name)
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
    said += facts(*(("held by" if not at else " ", line) for at, line in enumerate(held_by(found["holders"]))))
    said += facts(*(("failed" if not at else " ", group["text"]) for at, group in enumerate(found["failures"])))
    known = [found["why"], *(group["text"] for group in found["failures"])]
    told = len(found["stderr"]) == 1 and any(found["stderr"][0] in text for text in known)
    said += facts(*(("stderr" if not at else " ", line) for at, line in enumerate([] if told else found["stderr"])))
    said += facts(("start", found["outlook"]), ("fix", found["fix"]))
    return said + facts(*(("or", way) for way in found["or"]))


def _plain(status: Status, of: Job | Task, limit: int) -> str:
    """Where nothing is wrong."""
    if status is Status.COMPLETED:
        return f"it completed {relative_time(of.ended)}"
    if status is not Status.RUNNING or of.started is None:
        return f"it is {status}"
    until = f", until {when(of.started.timestamp() + limit)} at the latest" if limit else ", and has no time limit"
    return f"it runs since {when(of.started.timestamp())}{until}"


def _before(job: Job, queue: Queue, why: str) -> str:
    """Why it failed before, where it waits for another attempt."""
    if not why.startswith("attempt "):
        return ""
    notes = (event.note for event in reversed(queue.events(job.id, limit=_LOOKED)))
    last = next((note for note in notes if note.startswith("attempt ")), "")
    return f"before: {last.partition(': ')[2]}" if last else ""
