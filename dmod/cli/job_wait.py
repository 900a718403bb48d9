"""Waiting for jobs, and showing how far one is."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from dmod import layout
from dmod.cli.output import Progress, mark, say
from dmod.cli.settings import current, project
from dmod.errors import TimedOutError
from dmod.jobs.status import Status
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

LOOK = 0.01  # seconds between looks at SQLite's change counter: 14 us each
GUARD = 2.0  # seconds between looks whether a scheduler lives
PATIENCE = 0.5  # seconds before the first of them: one that a submit has just started takes a moment


def wait(ids: Sequence[int], queue: Queue) -> list[Job]:
    """Wait until all have ended. Raises TimedOutError after --timeout; the work goes on."""
    return _until(ids, queue, lambda _job: None)


def watch(job: int, queue: Queue) -> Job:
    """Wait for one job with its progress on stderr; then say how it ended."""
    here = project()
    first = queue.get(job)
    with Progress(f"job {job} {first.name}") as bar:

        def look(seen: Job) -> None:
            running = seen.status is Status.RUNNING
            done, total, note = _progress(here.job_folder(job)) if running else (0.0, 0.0, "")
            bar.update(done, total, note or str(seen.status))

        ended = _until([job], queue, look)[0]
    if ended.status is Status.COMPLETED:
        say(told(ended))
    else:  # not talk: -q silences no failure
        sys.stderr.write(f"{told(ended)}\n")
    return ended


def told(job: Job) -> str:
    """How a job ended, in a line or three."""
    took = (
        f" after {format_duration((job.ended - job.started).total_seconds(), most=2)}"
        if job.started and job.ended
        else ""
    )
    line = f"{mark(str(job.status))} job {job.id} {job.name}{took}"
    if job.status is Status.COMPLETED:
        return f"{line}: dataset {job.output}" if job.output else line
    return f"{line}\n  why: {job.reason}\n  fix: dmod job explain {job.id}"


def exit_code(jobs: Iterable[Job]) -> int:
    """0 if all completed, 1 if not."""
    return 0 if all(job.status is Status.COMPLETED for job in jobs) else 1


def _until(ids: Sequence[int], queue: Queue, look: Callable[[Job], None]) -> list[Job]:
    """The jobs, once all have ended; `look` is shown the first that has not, now and again.

    Only that one is read when something has changed, so that waiting for thousands costs no more than for one.
    """
    from dmod.scheduler import lock

    here, patience = project(), current().timeout
    until = None if patience is None else time.monotonic() + patience
    guarded, shown, version = time.monotonic() - GUARD + PATIENCE, 0.0, -1
    left = list(reversed(ids))
    first = queue.get(left[-1])
    try:
        while True:
            now = time.monotonic()
            if now - guarded >= GUARD:  # a scheduler that died is started again
                guarded = now
                lock.ensure(here.root, here.state) if lock.holder(here.state) is None else None
            changed = queue.version()
            if changed != version:
                version, first = changed, queue.get(first.id)
                while first.status.ended and len(left) > 1:
                    left.pop()
                    first = queue.get(left[-1])
            if first.status.ended or now - shown >= 0.1:
                shown = now
                look(first)
            if first.status.ended:
                return [queue.get(each) for each in ids]
            if until is not None and now >= until:
                raise _timed_out(ids, queue, patience or 0)
            time.sleep(LOOK)
    except KeyboardInterrupt:
        one = ids[0] if len(ids) == 1 else ""
        going = f"job {one} goes on" if one else f"{len(ids)} jobs go on"
        again = f"dmod job {'watch' if one else 'wait'} {' '.join(map(str, ids))}"
        say(f"\n{going}; to come back: {again}")
        raise


def _timed_out(ids: Sequence[int], queue: Queue, patience: int) -> TimedOutError:
    left = sum(not queue.get(each).status.ended for each in ids)
    return TimedOutError(
        f"{left} of {len(ids)} jobs have not ended after {format_duration(patience)}",
        why="they go on",
        fix=f"dmod job wait {' '.join(map(str, ids))}",
    )


def _progress(folder: object) -> tuple[float, float, str]:
    """Done, total and what is being done, as the worker last said."""
    from pathlib import Path

    try:
        said = json.loads((Path(str(folder)) / layout.PROGRESS).read_text())
    except (OSError, ValueError):
        return 0.0, 0.0, ""
    return said["done"], said["total"], f"{said['unit']} {said['phase']}".strip()
