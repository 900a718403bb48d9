"""`dmod status`: scheduler, jobs, datasets and the last failures on one screen, also while the scheduler is down."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod import json_schema
from dmod.cli.output import mark, paint, relative_time, show_record
from dmod.cli.settings import project
from dmod.cli.terminal import is_terminal, plain, visible, width
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.data.dataset import Dataset
    from dmod.data.listing import Listed
    from dmod.jobs.job import Job
    from dmod.project import Project

_FAILURES = 3  # shown; all of them are in `dmod job list --state failed`
_STATUSES = ("queued", "staging", "running", "collecting", "completed", "failed", "canceled")

RECORD = json_schema.record(
    "`dmod status`",
    project=("string", "its name"),
    root=("string", "its folder"),
    scheduler=("object", "as `dmod scheduler status` shows it"),
    jobs=("object", "how many jobs have each status"),
    running=("array", "id and name of the jobs that run"),
    failures=("array", "the last failed jobs: id, name, ended, reason"),
    datasets=("object", "count, bytes, how many of each category, and of an object store: count, as_of, error"),
)


def command() -> None:
    """Show scheduler, jobs, datasets and the last failures on one screen.

    dmod status
    dmod status -o json | jq .jobs
    """
    here = project()  # before the imports: outside of a project nobody has to wait for them
    from dmod.cli.scheduler_status import state

    jobs, counts = _of_queue(here) if here.queue.exists() else ([], {})
    summary = {
        "project": here.name,
        "root": here.root,
        "scheduler": state(here),
        **of_jobs(jobs, counts),
        "datasets": _of_stores(here),
    }
    show_record(summary, name_key="project", table=lines)


def _of_queue(here: Project) -> tuple[list[Job], dict[str, int]]:
    """The jobs that run and those that failed last, and how many have each status."""
    from dmod.jobs.status import Status
    from dmod.scheduler.listing import Wanted, jobs
    from dmod.scheduler.queue import Queue

    queue = Queue(here.queue)
    running = jobs(queue, Wanted(status=[Status.RUNNING]))
    failed = jobs(queue, Wanted(status=[Status.FAILED], order="ended", descending=True, limit=_FAILURES))
    return running + failed, {str(status): count for status, count in queue.counts().items()}


def of_jobs(jobs: Sequence[Job], counted: Mapping[str, int] | None = None) -> dict[str, Any]:
    """How many jobs have each status, which run, and which failed last; `counted` where the jobs are not all."""
    counts = Counter(str(job.status) for job in jobs) if counted is None else Counter(counted)
    failed = [job for job in jobs if str(job.status) == "failed"]
    failed.sort(key=lambda job: (job.ended or datetime.min.replace(tzinfo=UTC), job.id), reverse=True)
    return {
        "jobs": {status: counts[status] for status in _STATUSES},
        "running": [{"id": job.id, "name": job.name} for job in jobs if str(job.status) == "running"],
        "failures": [
            {"id": job.id, "name": job.name, "ended": job.ended, "reason": job.reason} for job in failed[:_FAILURES]
        ],
    }


def _of_stores(here: Project) -> dict[str, Any]:
    """The datasets of the folder, and of the object store what it says at once, or said when it was last asked."""
    from dmod.data.stores import Stores
    from dmod.errors import DmodError

    stores = Stores(here, hurried=True)
    mine: list[Dataset | Listed] = [*stores.folder.list()]
    if not stores.shared:
        return of_datasets(mine)
    trouble, folder = "", {each.name for each in mine}
    try:
        for _ in stores.list():
            pass  # it is written down on the way
    except DmodError as error:
        trouble = error.message
    listing = stores.listing()
    there = listing.datasets if listing else ()
    shared = {"count": len(there), "as_of": listing.taken if listing else None, "error": trouble}
    return {**of_datasets([*mine, *(each for each in there if each.name not in folder)]), "object_store": shared}


def of_datasets(datasets: Sequence[Dataset | Listed]) -> dict[str, Any]:
    """How many datasets there are, in all and of each category, and what they weigh."""
    categories = Counter(str(dataset.category) for dataset in datasets)
    size = sum(dataset.size for dataset in datasets)
    return {"count": len(datasets), "bytes": size, "categories": dict(sorted(categories.items()))}


def lines(summary: Mapping[str, Any]) -> list[str]:
    """The summary for people: what runs, what waits, what failed, and what to type next."""
    scheduler, datasets = summary["scheduler"], summary["datasets"]
    pid = f" pid {scheduler['pid']}" if scheduler.get("pid") else "; it starts with the next job"
    rows = [
        ("project", f"{summary['project']}  {paint(str(summary['root']), 'dim')}"),
        ("scheduler", mark(scheduler["state"]) + pid),
        ("jobs", _counts(summary["jobs"])),
        ("datasets", _datasets(datasets)),
    ]
    said = [f"{paint(f'{name:<10}', 'dim')} {text}" for name, text in rows]
    said += [f"{'':<10} {mark('running')}  {job['id']} {job['name']}" for job in summary["running"][:_FAILURES]]
    for job in summary["failures"]:
        when = relative_time(job["ended"])
        said.append(_clipped(f"{'':<10} {mark('failed')}  {job['id']} {job['name']}, {when}: ", job["reason"]))
    if summary["failures"]:
        said.append(f"{'':<10} next: dmod job explain {summary['failures'][0]['id']}")
    return said


def _clipped(text: str, reason: str) -> str:
    """A failure in one line of the terminal; `dmod job explain` tells all of it."""
    room = width() - visible(text)
    end = "~" if plain() else "…"
    reason = reason or "no reason given"
    return text + (reason[: max(room, 20) - 1] + end if is_terminal() and len(reason) > max(room, 20) else reason)


def _counts(jobs: Mapping[str, int]) -> str:
    counts = [f"{mark(status)} {count}" for status, count in jobs.items() if count]
    return "  ".join(counts) or "none yet; dmod job submit job.toml"


def _datasets(datasets: Mapping[str, Any]) -> str:
    if not datasets["count"]:
        return f"none yet; dmod dataset create NAME --category forcing --from PATH{_shared(datasets)}"
    categories = ", ".join(f"{count} {category}" for category, count in datasets["categories"].items())
    return f"{datasets['count']} ({categories}), {format_memory(datasets['bytes'])}{_shared(datasets)}"


def _shared(datasets: Mapping[str, Any]) -> str:
    """How many of them lie in the object store, and since when nobody knows better."""
    there = datasets.get("object_store")
    if not there:
        return ""
    if not there["error"]:
        return f"; {there['count']} in the object store" if there["count"] else ""
    known = f", {there['count']} there {relative_time(there['as_of'])}" if there["as_of"] else ""
    return f"; {there['error']}{known}"
