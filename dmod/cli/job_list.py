"""`dmod job list`, and what the other verbs share of it: choosing jobs, and a job as a row."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.cli.output import Column, mark, relative_time, say, show_list
from dmod.cli.settings import project
from dmod.errors import NotFoundError, UsageError
from dmod.jobs.selector import pick, select
from dmod.jobs.status import ACTIVE, Status
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dmod.jobs.job import Job
    from dmod.jobs.numbers import Numbers
    from dmod.scheduler.listing import Wanted
    from dmod.scheduler.queue import Queue

EMPTY = "no jobs yet; submit one: dmod job submit job.toml, or dmod job submit -- COMMAND"
NONE_SUCH = "no such jobs; all there are: dmod job list --all"
NEWEST = 50  # that a list shows if nothing is said
SORTS = ("id", "name", "runtime", "submitted", "ended", "cpu", "memory")
DOWN = "the scheduler is not running: dmod scheduler start"


def spent(seconds: float | None) -> str:
    """A span of time as a cell."""
    return "" if seconds is None else format_duration(seconds, most=2)


def size(amount: int | None) -> str:
    """Memory as a cell."""
    return format_memory(amount) if amount else ""


def parts(tasks: Mapping[str, Any] | None) -> str:
    """How far an array is: `7/10, 2 failed`."""
    if tasks is None:
        return ""
    failed = f", {tasks['failed']:,} failed" if tasks["failed"] else ""
    return f"{tasks['completed']:,}/{tasks['size']:,}{failed}"


COLUMNS = (
    Column("id", "ID", right=True),
    Column("name", "NAME"),
    Column("kind", "KIND", optional=6),
    Column("status", "STATE", show=mark),
    Column("cpus", "CPUS", right=True, optional=5),
    Column("submitted", "SUBMITTED", optional=4, show=relative_time),
    Column("runtime", "RUNTIME", right=True, optional=1, show=spent),
    Column("why", "WHY"),
)
TASKS = Column("tasks", "TASKS", show=parts)
USED = {
    "cpu": Column("cpu_seconds", "CPU", right=True, show=spent),
    "memory": Column("peak_memory", "PEAK", right=True, show=size),
    "ended": Column("ended", "ENDED", show=relative_time),
}


def show(  # noqa: PLR0913, PLR0917 - the filters of the command
    words: list[str] | None = None,
    state: list[str] | None = None,
    name: str | None = None,
    kind: str | None = None,
    since: str | None = None,
    until: str | None = None,
    sort: str | None = None,
    reverse: bool = False,
    limit: int | None = None,
    before: int | None = None,
    tasks: bool = False,
    all: bool = False,  # noqa: A002 - the option is called --all
    watch: bool = False,
) -> None:
    """List jobs: the newest 50, those that are named, or those of a state, name, kind or time; or the tasks of one."""
    here = project()
    _known(kind)
    order, down = _order(sort, reverse=reverse)
    if limit is not None and limit < 1:
        raise UsageError(f"--limit must be 1 or more, not {limit}", fix="--all")
    if before is not None and order != "id":
        raise UsageError("--before goes by ids, so the list must, too", fix=f"--sort id --before {before}")
    most = None if all or (words and limit is None) else limit or NEWEST
    times = _seconds(since), _seconds(until)
    listed = tasks or any("/" in word for word in words or [])
    if watch and listed:
        raise UsageError("--watch is of jobs, not of tasks", fix="dmod job watch JOB")
    if listed:
        from dmod.cli import task_list

        most = None if all else limit or NEWEST
        task_list.show(words or ["last"], statuses(state or []), order, descending=down, limit=most)
    elif not here.queue.exists() and not watch:
        select(words or [], [])
        statuses(state or [])
        show_list([], COLUMNS, name_key="id", empty=EMPTY)
    else:
        from dmod.scheduler.listing import Wanted, heads

        queue = opened()
        ids = [head.id for head in select(words, heads(queue, words))] if words else None
        wanted = Wanted(ids, statuses(state or []), name, kind, *times, before, order, down, most)
        if watch:
            from dmod.cli.job_follow import follow

            follow(wanted, queue)
        else:
            _list(queue, wanted)


def _list(queue: Queue, wanted: Wanted) -> None:
    """Show the jobs that are wanted, and how to see more."""
    from dmod.scheduler import listing

    limit, newest = wanted.limit, wanted.order == "id" and not wanted.descending
    jobs = listing.jobs(queue, wanted if limit is None else wanted._replace(limit=limit + 1))
    more = limit is not None and len(jobs) > limit
    if more:
        jobs = jobs[1:] if newest else jobs[:limit]
    why = waiting(queue, jobs)
    rows = [row(job, why) for job in jobs]
    columns = list(COLUMNS)
    if any(each["tasks"] for each in rows):
        columns.insert(4, TASKS)
    if wanted.order in USED:
        columns.insert(-1, USED[wanted.order])
    plain = listing.Wanted(order=wanted.order, descending=wanted.descending, limit=limit)
    show_list(rows, columns, name_key="id", empty=EMPTY if wanted == plain else NONE_SUCH)
    if more and jobs:
        say(_more(wanted, min(job.id for job in jobs)))


def _more(wanted: Wanted, least: int) -> str:
    """The command that shows what comes next."""
    if wanted.order != "id":
        return f"there are more: --limit {(wanted.limit or NEWEST) * 2}, or --all"
    words: list[tuple[str, Any]] = [("state", ",".join(wanted.status)), ("name", wanted.name), ("kind", wanted.kind)]
    times = (("since", wanted.since), ("until", wanted.until))
    words += [
        (key, f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}")
        for key, seconds in times
        if seconds is not None
    ]
    words += [("sort", "-id" if wanted.descending else "")]
    words += [("limit", wanted.limit if wanted.limit != NEWEST else ""), ("before", least)]
    said = " ".join(f"--{key} {shlex.quote(str(value))}" for key, value in words if value)
    return f"next page: dmod job list {said}"


def _order(sort: str | None, *, reverse: bool) -> tuple[str, bool]:
    """By what a list is sorted, and whether the largest come first."""
    order = (sort or "id").removeprefix("-")
    if order not in SORTS:
        raise UsageError(f'nothing is sorted by "{order}"', why=f"by {', '.join(SORTS)}; -runtime: the longest first")
    return order, reverse != (sort or "").startswith("-")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    from dmod.cli.when import moment

    return moment(text).timestamp()


def _known(kind: str | None) -> None:
    if kind is None:
        return
    from dmod.jobs.kinds import KINDS
    from dmod.nearest import nearest

    if kind not in KINDS:
        near = nearest(kind, KINDS)
        fix = f"--kind {near}" if near else ""
        raise UsageError(f'there is no kind of job "{kind}"', why=f"they are {', '.join(KINDS)}", fix=fix)


def statuses(words: Iterable[str]) -> list[Status]:
    """The statuses that `--state` names, several with commas; `active` is all that have not ended."""
    found: list[Status] = []
    for word in (part for text in words for part in text.split(",")):
        if word == "active":
            found += ACTIVE
            continue
        try:
            found.append(Status(word))
        except ValueError as error:
            known = ", ".join([*Status, "active"])
            raise UsageError(f'there is no state "{word}"', why=f"they are {known}") from error
    return found


def waiting(queue: Queue, jobs: Collection[Job]) -> dict[int, str]:
    """Why each of these jobs waits, or the rest of its tasks, decided as the scheduler does."""
    wait = [job for job in jobs if job.waiting and not job.status.ended]
    if not wait:
        return {}
    from dmod.scheduler import listing, lock
    from dmod.scheduler.outlook import Outlook

    here = project()
    if lock.holder(here.state) is None:
        return {job.id: f"held: dmod job release {job.id}" if job.held else DOWN for job in wait}
    said = Outlook(queue, here.config).why([job.id for job in wait])
    far = [job.id for job in wait if job.id not in said and job.status is Status.QUEUED]
    ahead = listing.behind(queue, far) if far else {}
    return said | {job: f"behind {count:,} other jobs" for job, count in ahead.items()}


def row(job: Job, why: Mapping[int, str]) -> dict[str, Any]:
    """A job as a row of a list and as JSON."""
    until = job.ended or (_now() if job.started else None)
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "status": str(job.status),
        "priority": job.priority,
        "held": job.held,
        "cpus": job.cpus,
        "memory": job.memory,
        "submitted": job.submitted,
        "started": job.started,
        "ended": job.ended,
        "runtime": (until - job.started).total_seconds() if job.started and until else None,
        "exit_code": job.exit_code,
        "attempt": job.attempt,
        "why": job.stop or job.reason or why.get(job.id, ""),
        "output": job.output if job.kind != "command" and not job.array else None,  # of an array: that of its tasks
        "tasks": tasks(job),
        "cpu_seconds": round(job.cpu, 3),
        "peak_memory": job.peak,
        "bytes_read": job.read,
        "bytes_written": job.written,
    }


def tasks(job: Job) -> dict[str, Any] | None:
    """How many tasks of an array there are, and how far; None for a job that is none."""
    if not job.array:
        return None
    return {
        "numbers": job.numbers,
        "size": job.size,
        "waiting": 0 if job.status.ended else job.waiting,
        "running": job.running,
        "completed": job.completed,
        "failed": job.failed,
        "canceled": job.canceled,
    }


def chosen(words: Sequence[str], queue: Queue) -> list[Job]:
    """The jobs that the words name. Raises NotFoundError."""
    from dmod.scheduler.listing import heads

    return queue.these([head.id for head in select(words, heads(queue, words))])


def picked(words: Sequence[str], queue: Queue) -> list[tuple[Job, Numbers | None]]:
    """The same where tasks may be named, too: with each job the numbers of its tasks. Raises NotFoundError."""
    from dmod.jobs.numbers import Numbers
    from dmod.scheduler.listing import heads

    found = {head.id: numbers for head, numbers in pick(words, heads(queue, words))}
    jobs = [(job, found[job.id]) for job in queue.these(list(found))]
    for job, numbers in jobs:
        known = Numbers.parse(job.numbers or "0")
        missing = next((number for number in numbers or () if number not in known), None)
        if missing is not None:
            why = f"they are {job.numbers}" if job.array else "it is no array"
            raise NotFoundError(f"job {job.id} has no task {missing}", why=why, fix=f"dmod job show {job.id}")
    return jobs


def opened() -> Queue:
    """The queue of the project. Raises NotFoundError if nothing was ever submitted."""
    from dmod.scheduler.queue import Queue

    here = project()
    if not here.queue.exists():
        raise NotFoundError("there are no jobs yet", fix="dmod job submit job.toml")
    return Queue(here.queue)


def _now() -> datetime:
    return datetime.now(UTC)
