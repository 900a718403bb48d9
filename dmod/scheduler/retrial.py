"""Retrial: what becomes of a task that has failed: another attempt, or the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.errors import DmodError
from dmod.executors.executor import LOST, UNSTARTED
from dmod.jobs.exits import Exit
from dmod.jobs.retry import Failure, delay, matches
from dmod.jobs.status import Status
from dmod.scheduler.diagnose import diagnose
from dmod.units import format_memory

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.executors.executor import Ended
    from dmod.jobs.job import Job
    from dmod.jobs.spec import Spec
    from dmod.scheduler.active import Active
    from dmod.scheduler.ledger import Ledger


def failure_of(ended: Ended, job: Job, folder: Path, asked: str) -> Failure:
    """Why a task failed; `asked`: why the scheduler has ended it, if it has."""
    if asked:
        return Failure("time-limit", asked, ended.code)
    if ended.code == LOST:
        return Failure("node-lost", ended.cause, None)
    if ended.code == UNSTARTED and ended.cause.startswith("start: "):
        return Failure("start", f"it cannot be started: {ended.cause.removeprefix('start: ')}", ended.code)
    said = diagnose(folder, ended.code)
    if ended.cause == "memory":
        return Failure("memory", f"it ran over its memory limit of {format_memory(job.memory)}: {said}", ended.code)
    told = job.kind != "command" and ended.code == Exit.OUT_OF_MEMORY
    return Failure("memory" if told else "", said, ended.code)


def unstartable(error: Exception) -> Failure:
    """An error while a task was laid out, as the reason of its failure, in a line."""
    if isinstance(error, OSError):
        return Failure("start", f"its folder cannot be written: {error}")
    if not isinstance(error, DmodError):
        return Failure("start", f"it cannot be started: {type(error).__name__}: {error}")
    return Failure("start", f"{error.message} ({error.why})" if error.why else error.message)


def fail(ledger: Ledger, job: Active, spec: Spec, task: tuple[int, int], failure: Failure) -> None:
    """A task (number, attempt) has failed: run it again as its spec says, or note its end, and that of the others."""
    number, attempt = task
    over = job.stop or (spec.max_fails and job.failed >= spec.max_fails)
    if attempt <= spec.retries and not over and matches(spec.retry_on, failure):
        due = ledger.now + delay(attempt, spec.retry_delay) if spec.retry_delay else 0.0
        ledger.again(job, number, attempt, due, failure.reason)
        return
    ledger.finished(job, number, Status.FAILED, failure.reason, failure.code)
    if spec.max_fails and job.failed >= spec.max_fails and job.waiting:
        ledger.cancel_waiting(job, f"{job.failed} tasks failed, and max_fails = {spec.max_fails}")
