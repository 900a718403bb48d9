"""`dmod scheduler`: the process that runs jobs. It starts by itself with the first job; these verbs are for looking."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from dmod import json_schema
from dmod.cli import scheduler_status
from dmod.cli.output import say, show_record
from dmod.cli.parser import group
from dmod.cli.scheduler_status import state
from dmod.cli.settings import current, project
from dmod.errors import TimedOutError, UnreachableError

if TYPE_CHECKING:
    from dmod.project import Project

app = group("The process that runs jobs; it starts by itself.")

RECORD = json_schema.record(
    "`dmod scheduler status`",
    pid=("integer|null", "of its process"),
    state=("string", "running or stopped"),
    since=("time|null", "when it started"),
    queued=("integer", "jobs that wait"),
    running=("integer", "jobs that hold an allocation"),
    held=("integer", "of those that wait, how many wait for dmod job release"),
    depends=("integer", "of those that wait, how many wait for other jobs"),
    tasks=("object", "how many tasks of all these wait and run"),
    today=("object", "how many jobs completed, failed, were canceled since midnight UTC"),
    decision_ms=("object|null", "milliseconds that a decision took: median and longest"),
    turns=("integer", "decisions since it started"),
    last_error=("object|null", "time and text of what it last logged as an error"),
)


@app.command()
def start(
    foreground: Annotated[bool, typer.Option("--foreground", help="stay here, for a service manager")] = False,
) -> None:
    """Start the scheduler of this project, if it is not running.

    dmod scheduler start
    """
    from dmod.scheduler import database, lock

    here = project()
    if foreground:
        import sys

        os.execv(sys.executable, [sys.executable, "-m", "dmod.scheduler", str(here.root)])  # noqa: S606 - no shell
    database.check(here.queue)
    if lock.holder(here.state) is None:
        lock.start(here.root, here.state)
        lock.await_holder(here.state)
    show_record(state(here), name_key="pid", table=scheduler_status.lines)


@app.command()
def stop(
    now: Annotated[bool, typer.Option("--now", help="cancel what runs, too; without it running jobs go on")] = False,
) -> None:
    """Stop the scheduler. What runs goes on, and the next scheduler takes it over; --now cancels it.

    dmod scheduler stop
    """
    from dmod.scheduler import lock

    here = project()
    if here.state.exists():
        try:
            lock.stopping(here.state)
        except UnreachableError:
            if lock.holder(here.state) is None:
                raise  # of one that runs a full disk asks nothing: a signal ends it
    if now and here.queue.exists():
        _cancel_running(here)
    if lock.holder(here.state) is None:
        say("the scheduler is not running")
        return
    until, asked = time.monotonic() + (current().timeout or 15), 0.0
    while (held := lock.holder(here.state)) is not None:
        now_ = time.monotonic()
        if now_ > until:
            raise TimedOutError(f"the scheduler, pid {held['pid']}, has not ended", fix="dmod scheduler logs")
        if held["pid"] and now_ - asked >= 1:  # again: one that is just starting does not listen yet
            asked = now_
            with suppress(ProcessLookupError):
                os.kill(held["pid"], signal.SIGTERM)
        time.sleep(0.01)
    going = state(here)["running"]
    say("stopped" + (f"; {going} running jobs go on until the next scheduler takes them over" if going else ""))


@app.command()
def status() -> None:
    """Show whether the scheduler runs, since when, how much waits and runs, how fast it decides, its last error.

    dmod scheduler status -o json
    """
    show_record(state(project()), name_key="pid", table=scheduler_status.lines)


@app.command()
def logs(
    tail: Annotated[int, typer.Option(help="so many lines at the end", min=1)] = 50,
) -> None:
    """Show the last lines of the scheduler's log.

    dmod scheduler logs --tail 200
    """
    from dmod.cli.output import write
    from dmod.scheduler import lock

    path = project().state / lock.LOG
    if not path.exists():
        say("the scheduler has never run here; it starts with the first job")
        return
    for line in path.read_text(errors="replace").splitlines()[-tail:]:
        write(line)


@app.command()
def prune(
    before: Annotated[
        str, typer.Option("--before", metavar="TIME", help="that ended before: 30d (ago), or 2026-01-31 (UTC)")
    ],
) -> int:
    """Forget jobs that ended long ago, with their logs and folders. Datasets stay, and jobs that others wait for.

    dmod scheduler prune --before 30d --dry-run
    """
    from dmod.cli import upkeep

    return upkeep.prune(before)


@app.command()
def recover() -> None:
    """Save what can be read of a damaged queue. The damaged file is kept beside it; --dry-run says what is left.

    dmod scheduler recover --dry-run
    """
    from dmod.cli import upkeep

    upkeep.recover()


def _cancel_running(here: Project) -> None:
    """Cancel what runs and see it end; needs a scheduler, so one is started if there is none."""
    from dmod.cli.job_wait import wait
    from dmod.errors import ConflictError
    from dmod.jobs.status import HOLDING
    from dmod.scheduler import lock
    from dmod.scheduler.queue import Queue

    queue = Queue(here.queue)
    if not queue.jobs(status=HOLDING, limit=1):
        return
    lock.drain(here.root, here.state)  # or the next in the queue would take their place
    running = queue.jobs(status=HOLDING)
    for job in running:
        try:
            queue.cancel(job.id, note="the scheduler was stopped")
        except ConflictError:
            continue  # it ended meanwhile
    if running:
        lock.wake(here.state)
        wait([job.id for job in running], queue)
