"""Serve: be the one scheduler of a project, for as long as there is something to do."""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, UnreachableError
from dmod.jobs.status import ACTIVE
from dmod.scheduler import lock
from dmod.scheduler.daemon import Daemon

if TYPE_CHECKING:
    from dmod.project import Project

AGAIN = 5.0  # seconds before a scheduler that could not use its queue begins anew
log = logging.getLogger("dmod.scheduler")


def serve(project: Project, *, draining: bool = False, asked: float = math.inf) -> None:
    """Be the scheduler of a project until it is idle for long, or SIGTERM; SIGUSR1, or `draining`: start no job.

    `asked`: when somebody wanted one, in seconds since 1970; one that was stopped meanwhile does not begin.
    Raises ConflictError if there is one.
    """
    held = lock.Lock(project.state)
    if lock.outdated(project.state, asked):  # without the lock: who submits now must not take us for a scheduler
        return
    held.take()
    if lock.outdated(project.state, asked):
        held.give()
        return
    while True:
        daemon = Daemon(project)
        daemon.draining = draining

        def leave(_number: int, _frame: object, daemon: Daemon = daemon) -> None:
            daemon.leaving = True
            lock.wake(project.state)

        def drain(_number: int, _frame: object, daemon: Daemon = daemon) -> None:
            daemon.draining = True

        signal.signal(signal.SIGUSR1, drain)
        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        log.info("scheduling for %s, pid %d", project.root, os.getpid())
        try:
            daemon.run()
        except UnreachableError as error:  # its disk is full, or its file is gone
            log.error("\n".join(error.lines()))  # noqa: TRY400 - it is no bug
            _anew(daemon)
        held.give()
        # a job that was submitted while we were leaving saw the lock taken, and started nobody
        if daemon.leaving or not daemon.queue.jobs(status=ACTIVE, limit=1):
            return
        with suppress(ConflictError):
            held.take()
            continue
        return


def _anew(daemon: Daemon) -> None:
    """Become a new scheduler in a while, as after a kill: what runs is still ours, and is adopted."""
    until = time.monotonic() + AGAIN
    while not daemon.leaving and time.monotonic() < until:
        time.sleep(0.1)
    if not daemon.leaving:
        words = [lock.DRAIN] if daemon.draining else []
        os.execv(sys.executable, [sys.executable, "-m", "dmod.scheduler", str(daemon.project.root), *words])  # noqa: S606 - no shell
