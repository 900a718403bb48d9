"""`dmod job show` and `dmod job explain`: one job, whole; and why it waits or failed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.cli.job_list import row, waiting
from dmod.cli.output import mark, paint, relative_time
from dmod.cli.settings import project
from dmod.jobs.exits import explain
from dmod.jobs.status import Status
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue


def record(job: Job, queue: Queue) -> dict[str, Any]:
    """All that is known of a job."""
    prepared = job.prepared.to_json()
    return {
        **row(job, waiting(queue) if job.status is Status.QUEUED else {}),
        "spec": json.loads(job.spec_json),
        "datasets": prepared["datasets"],
        "digests": prepared["digests"],
        "period": prepared["period"],
        "catchments": prepared["size"] or None,
        "cwd": job.cwd,
        "folder": str(project().job_folder(job.id)),
        "allocation": [asdict(part) for each in queue.holding() if each.job == job.id for part in each.allocation],
        "events": [
            {"status": str(event.status), "time": event.time, "note": event.note} for event in queue.events(job.id)
        ],
    }


def lines(found: Mapping[str, Any]) -> list[str]:
    """For people."""
    said = [f"{mark(found['status'])}  job {found['id']} {found['name']}  {paint(found['kind'], 'dim')}"]
    if found["why"]:
        said.append(_fact("why", found["why"]))
    if found["runtime"] is not None:
        said.append(_fact("runtime", format_duration(found["runtime"], most=2)))
    memory = f", {format_memory(found['memory'])}" if found["memory"] else ""
    said.append(_fact("resources", f"{found['cpus']} cpu{'s' if found['cpus'] != 1 else ''}{memory}"))
    if found["kind"] == "command":
        said.append(_fact("command", " ".join(found["spec"]["command"]["argv"])))
    if found["period"]:
        said.append(_fact("period", f"{found['period']['begin']} to {found['period']['end']}"))
    if found["catchments"]:
        said.append(_fact("catchments", f"{found['catchments']:,}"))
    said += [_fact(role, ", ".join(names)) for role, names in found["datasets"].items()]
    if found["output"]:
        made = found["output"] if found["status"] == "completed" else f"{found['output']} (when it is done)"
        said.append(_fact("output", made))
    said.append(_fact("folder", found["folder"]))
    said += [
        f"{'':<14}{event['time']:%H:%M:%S}  {mark(event['status'])}  {event['note']}".rstrip()
        for event in found["events"]
    ]
    return said


def explained(job: Job, queue: Queue) -> dict[str, Any]:
    """Why a job is where it is, and what would change that."""
    why = row(job, waiting(queue) if job.status is Status.QUEUED else {})["why"]
    folder = project().job_folder(job.id)
    story = _story(folder) if job.status is Status.FAILED else {}
    return {
        "id": job.id,
        "name": job.name,
        "status": str(job.status),
        "why": why or _plain(job),
        "meaning": _meaning(job),
        "fix": story.get("fix") or _fix(job, why),
        "stderr": _last_lines(folder) if job.status is Status.FAILED else [],
    }


def explanation(found: Mapping[str, Any]) -> list[str]:
    """For people."""
    said = [f"{mark(found['status'])}  job {found['id']} {found['name']}", _fact("why", found["why"])]
    if found["meaning"]:
        said.append(_fact("meaning", found["meaning"]))
    said += [_fact("stderr" if not at else "", line) for at, line in enumerate(found["stderr"])]
    if found["fix"]:
        said.append(_fact("fix", found["fix"]))
    return said


def _plain(job: Job) -> str:
    match job.status:
        case Status.COMPLETED:
            return f"it completed {relative_time(job.ended)}"
        case Status.RUNNING:
            return f"it runs since {relative_time(job.started)}"
        case _:
            return f"it is {job.status}"


def _meaning(job: Job) -> str:
    """What its exit code stands for, where that says more than the reason."""
    if job.status is not Status.FAILED or not job.exit_code:
        return ""
    said = explain(job.exit_code)
    return "" if said in job.reason or said.startswith("exit code") else f"exit code {job.exit_code}: {said}"


def _fix(job: Job, why: str) -> str:
    """The command that would change it."""
    if job.status is Status.QUEUED:
        if "not running" in why:
            return "dmod scheduler start"
        return f"wait, or dmod job cancel {job.id}" if why != "next" else ""
    if job.status is Status.FAILED:
        refused = job.started is None and job.reason.endswith(" in all")  # by an older dmod.toml than submit saw
        first = "scheduler stop" if refused else f"job logs {job.id}"
        return f"dmod {first}, then dmod job retry {job.id}"
    if job.status is Status.CANCELED:
        return f"dmod job retry {job.id}"
    if job.status is Status.COMPLETED:
        return f"dmod dataset show {job.output}" if job.output else ""
    return f"dmod job watch {job.id}, or dmod job cancel {job.id}"


def _story(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / layout.FAILURE).read_text())
    except (OSError, ValueError):
        return {}
    return found


def _last_lines(folder: Path) -> list[str]:
    from dmod.scheduler.diagnose import tail

    return [line for line in tail(folder / layout.STDERR).splitlines() if line.strip()][-5:]


def _fact(label: str, text: str) -> str:
    return f"{paint(f'  {label:<12}', 'dim')}{text}"
