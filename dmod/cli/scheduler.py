"""`dmod scheduler`: the process that runs jobs. It starts by itself with the first job; these verbs are for looking."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli.output import mark, relative_time, say, show_record
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.errors import TimedOutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.project import Project

app = group("The process that runs jobs; it starts by itself.")

RECORD = json_schema.record(
    "`dmod scheduler status`",
    pid=("integer|null", "of its process"),
    state=("string", "running or stopped"),
    since=("string|null", "RFC 3339"),
    queued=("integer", "jobs that wait"),
    running=("integer", "jobs that hold an allocation"),
)


def state(here: Project) -> dict[str, Any]:
    """What `scheduler status` shows; works while it is down."""
    from dmod.jobs.status import Status
    from dmod.scheduler import lock
    from dmod.scheduler.queue import Queue

    held = lock.holder(here.state)
    counts = Queue(here.queue).counts() if here.queue.exists() else {}
    return {
        "pid": held["pid"] if held else None,
        "state": "running" if held else "stopped",
        "since": datetime.fromtimestamp(held["since"], UTC) if held else None,
        "queued": counts.get(Status.QUEUED, 0),
        "running": sum(counts.get(each, 0) for each in (Status.STAGING, Status.RUNNING, Status.COLLECTING)),
    }


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
    show_record(state(here), name_key="pid", table=_lines)


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
        lock.stopping(here.state)
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
    """Show whether the scheduler runs, since when, and how much waits and runs.

    dmod scheduler status -o json
    """
    show_record(state(project()), name_key="pid", table=_lines)


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


def _lines(found: Mapping[str, Any]) -> list[str]:
    if found["state"] != "running":
        return [f"{mark('stopped')}; it starts with the next job ({found['queued']} queued)"]
    since = relative_time(found["since"])
    return [
        f"{mark('running')} pid {found['pid']}, started {since}; {found['running']} running, {found['queued']} queued"
    ]
