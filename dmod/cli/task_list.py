"""The tasks of a job as rows: `dmod job list 42/`, `42/1-10,15`, or with --tasks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.cli.job_list import NONE_SUCH, USED, opened, picked, spent, waiting
from dmod.cli.output import Column, mark, relative_time, say, show_list
from dmod.errors import UsageError
from dmod.jobs.status import Status
from dmod.scheduler import listing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.jobs.job import Job
    from dmod.jobs.numbers import Numbers
    from dmod.scheduler.queue import Queue
    from dmod.scheduler.rows import Task

COLUMNS = (
    Column("id", "TASK", right=True),
    Column("status", "STATE", show=mark),
    Column("attempt", "ATTEMPT", right=True, optional=4),
    Column("started", "STARTED", optional=3, show=relative_time),
    Column("runtime", "RUNTIME", right=True, optional=1, show=spent),
    Column("own", "FOR", optional=2),
    Column("why", "WHY"),
)
_LEAST = datetime.min.replace(tzinfo=UTC)
SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "id": lambda row: (row["job"], row["task"]),
    "name": lambda row: row["own"],
    "runtime": lambda row: row["runtime"] or 0.0,
    "submitted": lambda row: (row["job"], row["task"]),
    "ended": lambda row: row["ended"] or _LEAST,
    "cpu": lambda row: row["cpu_seconds"],
    "memory": lambda row: row["peak_memory"],
}


def show(
    words: Sequence[str], status: Sequence[Status], order: str, *, descending: bool = False, limit: int | None = None
) -> None:
    """List tasks of jobs: the first so many."""
    queue, rows, total = opened(), list[dict[str, Any]](), 0
    plain = limit is not None and order == "id" and not descending
    for job, numbers in picked([word.removesuffix("/") for word in words], queue):
        if plain and not numbers:
            found, count = listing.first(queue, job, status, limit or 0)
        else:
            found = queue.tasks(job.id, status=status, numbers=tuple(numbers or ()))
            count = len(found)
        rows += _rows(job, queue, found)
        total += count
    if not plain:
        rows.sort(key=SORTS[order], reverse=descending)
    shown = rows if limit is None else rows[:limit]
    columns = [each for each in COLUMNS if each.key != "own" or any(row["own"] for row in shown)]
    if order in {"cpu", "memory"}:
        columns.insert(-1, USED[order])
    show_list(shown, columns, name_key="id", empty=NONE_SUCH.replace("jobs", "tasks", 1))
    if len(shown) < total:
        say(f"{len(shown):,} of {total:,} tasks; the others: --all, or --limit {total}")


def one(word: str, queue: Queue) -> tuple[Job, int | None]:
    """The job that a word names (its newest), and the task if it names one. Raises NotFoundError, UsageError."""
    job, numbers = picked([word.removesuffix("/")], queue)[-1]
    if numbers and len(numbers) > 1:
        raise UsageError(f"{word} names {len(numbers)} tasks", why="this shows one", fix=f"dmod job list {word}")
    return job, numbers[0] if numbers else None


def _rows(job: Job, queue: Queue, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    why, items = waiting(queue, [job]).get(job.id, ""), own(job, queue, [task.number for task in tasks])
    return [row(job, task, why, items.get(task.number, "")) for task in tasks]


def row(job: Job, task: Task, why: str, own: str = "") -> dict[str, Any]:
    """A task as a row of a list and as JSON."""
    until = task.ended or (datetime.now(UTC) if task.started else None)
    return {
        "id": f"{job.id}/{task.number}" if job.array else str(job.id),
        "job": job.id,
        "task": task.number,
        "name": job.name,
        "status": str(task.status),
        "attempt": task.attempt,
        "started": task.started,
        "ended": task.ended,
        "runtime": (until - task.started).total_seconds() if task.started and until else None,
        "exit_code": task.exit_code,
        "why": task.stop or task.reason or (why if task.status is Status.QUEUED else ""),
        "own": own,
        "cpu_seconds": round(task.cpu, 3),
        "peak_memory": task.peak,
    }


def own(job: Job, queue: Queue, numbers: Numbers | Sequence[int]) -> dict[int, str]:
    """What is a task's own, in a line: its line, or the values of its point of a sweep."""
    return {number: _line(item) for number, item in queue.items(job.id, list(numbers)).items()} if job.array else {}


def _line(item: str) -> str:
    found = json.loads(item)
    if "line" in found:
        return str(found["line"])
    return " ".join(f"{key}={value}" for key, value in found.get("point", {}).items())
