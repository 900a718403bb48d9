"""Waiting for jobs, and showing how far one is."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dmod import layout
from dmod.cli import job_doubts
from dmod.cli.output import Progress, mark, say, show_list
from dmod.cli.settings import current, project
from dmod.cli.terminal import is_terminal
from dmod.errors import TimedOutError
from dmod.jobs.status import Status
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from dmod.cli.job_words import Picked
    from dmod.jobs.job import Job
    from dmod.jobs.numbers import Numbers
    from dmod.scheduler.queue import Queue

LOOK = 0.005  # seconds between looks at SQLite's change counter: 14 us each
GUARD = 2.0  # seconds between looks whether a scheduler lives
MOMENT = 2.0  # seconds between looks why a job waits, and before the first
HEARTBEAT = 60.0  # seconds between them where each is a line of its own
PATIENCE = 0.5  # seconds before the first of them: one that a submit has just started takes a moment


class Target(NamedTuple):
    """A job that is waited for, or some of its tasks."""

    job: int
    numbers: Numbers | None = None

    @property
    def name(self) -> str:
        """As people name it."""
        return str(self.job) if self.numbers is None else f"{self.job}/{self.numbers}"

    @property
    def said(self) -> str:
        """The same in a sentence."""
        what = "job" if self.numbers is None else "task" if len(self.numbers) == 1 else "one of the tasks"
        return f"{what} {self.name}"

    def seen(self, queue: Queue) -> tuple[Job, bool]:
        """The job, and whether what is waited for has ended."""
        job = queue.get(self.job)
        if self.numbers is None or job.status.ended:
            return job, job.status.ended
        return job, all(task.status.ended for task in queue.tasks(self.job, numbers=list(self.numbers)))


def wait(ids: Sequence[int], queue: Queue) -> list[Job]:
    """Wait until all have ended. Raises TimedOutError after --timeout; the work goes on."""
    _progressing([Target(each) for each in ids], queue)
    return [queue.get(each) for each in ids]


def wait_tasks(chosen: Sequence[Picked], queue: Queue) -> int:
    """The same where tasks are named: shows how they ended, and returns the exit code."""
    from dmod.cli import task_list

    _progressing([Target(one.job.id, one.numbers) for one in chosen], queue)
    rows = []
    for one in chosen:
        job, tasks = queue.get(one.job.id), queue.tasks(one.job.id, numbers=list(one.numbers or ()))
        own = task_list.own(job, queue, [task.number for task in tasks])
        rows += [task_list.row(job, task, "", own.get(task.number, "")) for task in tasks]
    columns = [each for each in task_list.COLUMNS if each.key != "own" or any(row["own"] for row in rows)]
    show_list(rows, columns, name_key="id")
    return 0 if all(row["status"] == Status.COMPLETED for row in rows) else 1


def _progressing(targets: Sequence[Target], queue: Queue) -> None:
    """Wait with progress on a terminal; elsewhere nothing is said for the first minute: scripts wait for short jobs."""
    began, why, here, several = time.monotonic(), _Why(queue), project(), len(targets) > 1
    with Progress(f"{len(targets):,} jobs" if several else f"job {targets[0].name}") as bar:

        def look(seen: Job, done: int) -> None:
            if not is_terminal(sys.stderr) and time.monotonic() - began < HEARTBEAT:
                return
            far_, total, note, detail = far(seen, here.job_folder(seen.id), why.of(seen))
            if several:
                tasks = f" {far_:,.0f}/{total:,.0f}" if total else ""
                far_, total, note = done, len(targets), f"ended, job {seen.id} {seen.name}{tasks} {note}"
            bar.update(far_, total, note, detail)

        _until(targets, queue, look)


def watch(job: int, queue: Queue) -> Job:
    """Wait for one job with its progress on stderr; then say how it ended."""
    folder, why = project().job_folder(job), _Why(queue)
    with Progress(f"job {job} {queue.get(job).name}") as bar:

        def look(seen: Job, _done: int) -> None:
            bar.update(*far(seen, folder, why.of(seen)))

        _until([Target(job)], queue, look)
    ended = queue.get(job)
    said = told(ended, next(iter(failed_tasks(ended, queue)), None) if ended.array else None)
    if ended.status is Status.COMPLETED:
        say(said)
    else:  # not talk: -q silences no failure
        sys.stderr.write(f"{said}\n")
    return ended


class _Why:
    """Why a job waits, asked now and again once it has waited for a moment."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._next = time.monotonic() + MOMENT
        self._said = ""

    def of(self, job: Job) -> str:
        """A part of a line: `: needs 4 cpus, 2 free`, or nothing."""
        if job.running or job.status.ended:
            return ""
        if job.held:
            return f": held until dmod job release {job.id}"
        now = time.monotonic()
        if now >= self._next:
            from dmod.cli.job_list import waiting

            self._next = now + (MOMENT if is_terminal(sys.stderr) else HEARTBEAT)
            self._said = waiting(self._queue, [job]).get(job.id, "")
        return f": {self._said}" if self._said else ""


def far(job: Job, folder: Path, why: str) -> tuple[float, float, str, str]:
    """Done, total, what is being done, and what may change from moment to moment."""
    if job.array:
        done = job.completed + job.failed + job.canceled
        counts = (("running", job.running), ("failed", job.failed), ("canceled", job.canceled))
        detail = ", ".join(f"{count:,} {word}" for word, count in counts if count)
        begun = done or job.running or job.status is Status.RUNNING
        return float(done), float(job.size), f"{'done' if begun else 'queued'}{why}", detail
    if job.status is not Status.RUNNING:
        return 0.0, 0.0, f"{job.status}{why}", ""
    count, total, note = _progress(folder)
    return count, total, note or str(job.status), ""


def failed_tasks(job: Job, queue: Queue) -> list[int]:
    """The numbers of the tasks that ran and failed."""
    from dmod.scheduler.listing import failures

    if not job.failed:
        return []
    return sorted(number for _, _, numbers in failures(queue, job.id) for number in numbers)


def told(job: Job, failed: int | None = None) -> str:
    """How a job ended, in a line or three; `failed` is the first of its tasks that did."""
    took = (
        f" after {format_duration((job.ended - job.started).total_seconds(), most=2)}"
        if job.started and job.ended
        else ""
    )
    line = f"{mark(str(job.status))} job {job.id} {job.name}{took}"
    if job.status is Status.COMPLETED:
        doubt = job_doubts.of(job)
        return line + _made(job) + (f"\n  WARNING: {doubt}\n  see: dmod job show {job.id}" if doubt else "")
    logs = f"dmod job logs {job.id}/{failed}, then dmod job retry {job.id} --failed"
    return f"{line}\n  why: {job.reason}\n  fix: {f'dmod job explain {job.id}' if failed is None else logs}"


def _made(job: Job) -> str:
    """What a job that completed leaves behind."""
    if not job.array:
        return f": dataset {job.output}" if job.output else ""
    from dmod.jobs.numbers import Numbers

    first = replace(job, task=Numbers.parse(job.numbers)[0]).output
    more = f" and {job.size - 1:,} more" if job.size > 1 else ""
    return f": {job.size:,} task{'s' * (job.size > 1)}{f', dataset {first}{more}' if first else ''}"


def exit_code(jobs: Iterable[Job]) -> int:
    """0 if all completed, 1 if not."""
    return 0 if all(job.status is Status.COMPLETED for job in jobs) else 1


def own_code(job: Job) -> int:
    """The exit code of a job that has ended, as a shell would have it; 1 if it failed without one."""
    if job.status is Status.COMPLETED:
        return 0
    code = job.exit_code or 0
    return (128 - code if code < 0 else code) % 256 or 1


def _until(targets: Sequence[Target], queue: Queue, look: Callable[[Job, int], None]) -> None:
    """Return when all have ended; `look` is shown the first that has not, and how many before it have, now and again.

    Only that one is read when something has changed, so that waiting for thousands costs no more than for one.
    """
    from dmod.scheduler import lock

    here, patience = project(), current().timeout
    until = None if patience is None else time.monotonic() + patience
    guarded, shown, version = time.monotonic() - GUARD + PATIENCE, 0.0, -1
    left = list(reversed(targets))
    try:
        while True:
            now = time.monotonic()
            if now - guarded >= GUARD:  # a scheduler that died is started again
                guarded = now
                lock.ensure(here.root, here.state) if lock.holder(here.state) is None else None
            changed = queue.version()
            if changed != version:
                version, (first, ended) = changed, left[-1].seen(queue)
                while ended and len(left) > 1:
                    left.pop()
                    first, ended = left[-1].seen(queue)
            if ended:
                return
            if now - shown >= 0.1:
                shown = now
                look(first, len(targets) - len(left))
            if until is not None and now >= until:
                raise _timed_out(targets, queue, patience or 0)
            time.sleep(LOOK)
    except KeyboardInterrupt:
        one = targets[0] if len(targets) == 1 else None
        going = f"{one.said} goes on" if one else f"{len(targets)} jobs go on"
        again = f"dmod job {'watch' if one and one.numbers is None else 'wait'} {_names(targets)}"
        say(f"\n{going}; to come back: {again}")
        raise


def _names(targets: Sequence[Target]) -> str:
    return " ".join(each.name for each in targets)


def _timed_out(targets: Sequence[Target], queue: Queue, patience: int) -> TimedOutError:
    left, one = sum(not each.seen(queue)[1] for each in targets), len(targets) == 1
    said = f"{targets[0].said} has" if one else f"{left} of {len(targets)} jobs have"
    return TimedOutError(
        f"{said} not ended after {format_duration(patience)}",
        why="it goes on" if one else "they go on",
        fix=f"dmod job wait {_names(targets)}",
    )


def _progress(folder: Path) -> tuple[float, float, str]:
    """Done, total and what is being done, as the worker last said."""
    try:
        said = json.loads((folder / layout.PROGRESS).read_text())
    except (OSError, ValueError):
        return 0.0, 0.0, ""
    return said["done"], said["total"], f"{said['unit']} {said['phase']}".strip()
