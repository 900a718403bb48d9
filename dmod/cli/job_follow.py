"""`dmod job list --watch`: the list, and then a line for each change: for pipes, for CI, for those who listen."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from dmod.cli.job_list import parts, row, spent, waiting
from dmod.cli.output import mark, paint, say, show_record, write
from dmod.cli.settings import current
from dmod.cli.terminal import visible
from dmod.errors import TimedOutError, UsageError
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.jobs.job import Job
    from dmod.jobs.status import Status
    from dmod.scheduler.listing import Wanted
    from dmod.scheduler.queue import Queue

_LOOK = 0.1  # seconds between looks at SQLite's change counter
_STEP = 10.0  # seconds between lines of an array whose tasks come and go
_TITLES = ("TIME", "ID", "NAME", "STATE", "TASKS", "RUNTIME", "WHY")
_WIDTHS = (19, 6, 18, 11, 14, 8, 0)  # cells at least, so that lines stand below each other
_RIGHT = ("ID", "RUNTIME")


class Follower:
    """Says what changes; what was said once is not said again."""

    def __init__(self, queue: Queue, wanted: Wanted) -> None:
        self._queue, self._wanted = queue, wanted._replace(limit=None)
        self._said: dict[int, tuple[Status, float]] = {}  # of a job, and when
        self._late: set[int] = set()  # of which more is to be said, once there is time for another line

    def show(self, jobs: Sequence[Job]) -> None:
        """A line for each."""
        why, now = waiting(self._queue, jobs), time.monotonic()
        for job in jobs:
            self._said[job.id] = (job.status, now)
            show_record(row(job, why), name_key="id", table=partial(_lines, job))
        sys.stdout.flush()

    def changed(self, ids: Sequence[int]) -> None:
        """Say what is new of these, if they are wanted, or were before."""
        from dmod.scheduler import listing

        named = self._wanted.ids
        self._late.update(ids if named is None else set(ids) & set(named))
        late = sorted(self._late)
        fit = {job.id for job in listing.jobs(self._queue, self._wanted._replace(ids=late))}
        told = [job for job in self._queue.these(late) if job.id in fit or job.id in self._said]
        news = [job for job in told if self._new(job)]
        self._late = {job.id for job in told if job.array and job not in news}
        self.show(news)

    @property
    def over(self) -> bool:
        """Whether those that were named have all ended."""
        named = self._wanted.ids
        return named is not None and all(job.status.ended for job in self._queue.these(list(named)))

    def _new(self, job: Job) -> bool:
        status, when = self._said.get(job.id, (None, 0.0))
        return status is not job.status or (job.array and time.monotonic() - when >= _STEP)


def follow(wanted: Wanted, queue: Queue) -> None:
    """Show jobs, and then whatever happens to them and others that are wanted, until all that were named have ended.

    Raises UsageError for a format of which there is no end, TimedOutError after --timeout.
    """
    from dmod.scheduler import listing

    settings = current()
    if settings.machine and settings.output != "jsonl":
        raise UsageError(
            f"--watch has no end, and -o {settings.output} needs one", fix="dmod job list --watch -o jsonl"
        )
    if not (settings.machine or settings.output == "name"):
        write(paint(_laid(_TITLES), "dim"))
    seen, one = queue.moved(1 << 62)[1], Follower(queue, wanted)
    one.show(listing.jobs(queue, wanted))
    try:
        _watch(queue, one, seen)
    except KeyboardInterrupt:
        say("\nthe jobs go on; to come back: dmod job list --watch")
        raise


def _lines(job: Job, record: Mapping[str, Any]) -> list[str]:
    """For people."""
    when = job.ended or job.started or job.submitted
    why = " ".join(str(record["why"]).split())
    cells = (f"{when:%Y-%m-%d %H:%M:%S}", str(job.id), job.name, mark(str(job.status)), parts(record["tasks"]))
    return [_laid((*cells, spent(record["runtime"]), why))]


def _laid(cells: Sequence[str]) -> str:
    blanks = [" " * (least - visible(cell)) for cell, least in zip(cells, _WIDTHS, strict=True)]
    pairs = zip(_TITLES, cells, blanks, strict=True)
    return "  ".join(blank + cell if title in _RIGHT else cell + blank for title, cell, blank in pairs).rstrip()


def _watch(queue: Queue, one: Follower, seen: int) -> None:
    patience = current().timeout
    until = None if patience is None else time.monotonic() + patience
    version, stepped = -1, time.monotonic()
    while True:
        if until is not None and time.monotonic() >= until:
            said = f"--watch has ended after {format_duration(patience or 0)}"
            raise TimedOutError(said, why="that was its --timeout; the jobs go on", fix="dmod job list --watch")
        now = queue.version()
        if now != version or time.monotonic() - stepped >= _STEP:
            version, stepped = now, time.monotonic()
            ids, seen = queue.moved(seen)
            one.changed(ids)
            if one.over:
                return
        time.sleep(_LOOK)
