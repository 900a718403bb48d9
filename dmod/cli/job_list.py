"""`dmod job list`, and what the other verbs share of it: choosing jobs, and a job as a row."""

from __future__ import annotations

import fnmatch
import sys
from typing import TYPE_CHECKING, Any

from dmod.cli.output import Column, mark, relative_time, show_list
from dmod.cli.settings import project
from dmod.errors import NotFoundError, UsageError
from dmod.jobs.selector import select
from dmod.jobs.status import ACTIVE, Status
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

COLUMNS = (
    Column("id", "ID", right=True),
    Column("name", "NAME"),
    Column("kind", "KIND", optional=4),
    Column("status", "STATE", show=mark),
    Column("cpus", "CPUS", right=True, optional=3),
    Column("submitted", "SUBMITTED", optional=2, show=relative_time),
    Column(
        "runtime",
        "RUNTIME",
        right=True,
        optional=1,
        show=lambda value: "" if value is None else format_duration(value, most=2),
    ),
    Column("why", "WHY", show=lambda text: text if len(text) <= 60 or not sys.stdout.isatty() else f"{text[:59]}…"),
)
EMPTY = "no jobs yet; submit one: dmod job submit job.toml, or dmod job submit -- COMMAND"
NONE_SUCH = "no such jobs; all there are: dmod job list --all"
NEWEST = 50  # that a list shows if nothing is said


def show(  # noqa: PLR0913, PLR0917 - the filters of the command
    words: list[str] | None = None,
    state: list[str] | None = None,
    name: str | None = None,
    kind: str | None = None,
    limit: int | None = None,
    all: bool = False,  # noqa: A002 - the option is called --all
) -> None:
    """List jobs: the newest 50, those that are named, or those of a state, name or kind."""
    from dmod.scheduler.queue import Queue

    here, wanted = project(), statuses(state or [])
    _known(kind)
    if limit is not None and limit < 1:
        raise UsageError(f"--limit must be 1 or more, not {limit}", fix="--all")
    jobs: Sequence[Job] = []
    why: dict[int, str] = {}
    if here.queue.exists():
        queue = Queue(here.queue)
        most = None if all or words or kind else limit or NEWEST
        jobs = chosen(words, queue) if words else queue.jobs(status=wanted, name=name, limit=most)
        jobs = [job for job in jobs if name is None or fnmatch.fnmatchcase(job.name, name)] if words else jobs
        jobs = [job for job in jobs if job.status in (wanted or Status) and kind in (None, job.kind)]
        jobs = jobs if all or words else jobs[-(limit or NEWEST) :]
        why = waiting(queue) if any(job.status is Status.QUEUED for job in jobs) else {}
    elif words:
        select(words, [])
    filtered = bool(wanted or name or kind) and here.queue.exists()
    show_list([row(job, why) for job in jobs], COLUMNS, name_key="id", empty=NONE_SUCH if filtered else EMPTY)


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


def waiting(queue: Queue) -> dict[int, str]:
    """Why each queued job waits, decided as the scheduler does."""
    from dmod.scheduler import lock
    from dmod.scheduler.outlook import Outlook

    here = project()
    said = Outlook(queue, here.config).why()
    if lock.holder(here.state) is None:
        return dict.fromkeys(said, "the scheduler is not running: dmod scheduler start")
    return said


def row(job: Job, why: dict[int, str]) -> dict[str, Any]:
    """A job as a row of a list and as JSON."""
    from datetime import UTC, datetime

    until = job.ended or (datetime.now(UTC) if job.started else None)
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "status": str(job.status),
        "cpus": job.cpus,
        "memory": job.memory,
        "submitted": job.submitted,
        "started": job.started,
        "ended": job.ended,
        "runtime": (until - job.started).total_seconds() if job.started and until else None,
        "exit_code": job.exit_code,
        "attempt": job.attempt,
        "why": job.stop or job.reason or why.get(job.id, ""),
        "output": job.output,
    }


def chosen(words: Sequence[str], queue: Queue) -> list[Job]:
    """The jobs that the words name. Raises NotFoundError."""
    return queue.these([head.id for head in select(words, queue.heads())])


def opened() -> Queue:
    """The queue of the project. Raises NotFoundError if nothing was ever submitted."""
    from dmod.scheduler.queue import Queue

    here = project()
    if not here.queue.exists():
        raise NotFoundError("there are no jobs yet", fix="dmod job submit job.toml")
    return Queue(here.queue)
