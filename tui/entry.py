"""Entry: what the dashboard keeps of a job, with how far it is and why it waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from sys import intern
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.units import format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Task

Clock = Callable[[], datetime]
ACTIVE = ("staging", "running", "collecting")
ENDED = ("completed", "failed", "canceled")


@dataclass(frozen=True, slots=True)
class Progress:
    """What `progress.json` of a running job says."""

    done: float
    total: float  # 0: unknown
    unit: str
    phase: str

    @classmethod
    def read(cls, folder: Path) -> Progress | None:
        """Of a job's folder, if it says anything yet."""
        try:
            data: Any = json.loads((folder / layout.PROGRESS).read_bytes())
            return cls(float(data["done"]), float(data["total"]), str(data["unit"]), str(data["phase"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Tasks:
    """How many tasks of an array are how far."""

    size: int
    queued: int
    running: int
    completed: int
    failed: int
    canceled: int
    attempt: int  # of the array as a whole

    @classmethod
    def of(cls, job: Job) -> Tasks | None:
        """None if it is no array."""
        if not job.array:
            return None
        return cls(job.size, job.waiting, job.running, job.completed, job.failed, job.canceled, job.attempt)

    @property
    def done(self) -> int:
        """How many have ended, however that was."""
        return self.completed + self.failed + self.canceled

    def count(self, status: str) -> int:
        """How many have a status; those that are staged or collected run."""
        return int(getattr(self, status))

    def share(self, status: str) -> float | None:
        """How much is done; of what has ended: how much of it is good."""
        if status in ENDED:
            return self.completed / self.size
        return self.done / self.size if self.done or self.running else None

    def note(self, spent: float | None) -> str:
        """How far it is, and for how long still; once some were run again, nobody knows from when to count."""
        more = f", {self.failed:,} failed" if self.failed else ""
        left = spent * (self.size - self.done) / self.done if spent and self.done and self.attempt == 1 else 0.0
        return f"{self.done:,}/{self.size:,} tasks{more}{_left(left)}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the jobs' table; spec and datasets stay in the queue until somebody looks at the job."""

    id: int
    name: str
    kind: str
    status: str
    cpus: int
    submitted: datetime
    started: datetime | None
    ended: datetime | None
    reason: str  # why it failed, was canceled, or is to stop
    waits: str = ""  # why it, or what is left of it, is queued
    progress: Progress | None = None
    tasks: Tasks | None = None  # of an array
    held: bool = False
    task: int = 0  # the number of the one task that this is

    @classmethod
    def of_task(cls, job: Entry, task: Task) -> Entry:
        """One of an array, which it is shown below."""
        waits = "held" if job.held else job.waits
        return replace(
            job, status=str(task.status), started=task.started, ended=task.ended, reason=task.stop or task.reason,
            waits=waits if task.status == "queued" else "", progress=None, tasks=None, held=False, task=task.number,
        )  # fmt: skip

    @property
    def label(self) -> str:
        """How it is named: 42, or 42/7."""
        return f"{self.id}/{self.task}" if self.task else str(self.id)

    @property
    def named(self) -> str:
        """The same in a sentence."""
        return f"{'task' if self.task else 'job'} {self.label}"

    @property
    def key(self) -> int | str:
        """What its row is found by."""
        return self.label if self.task else self.id

    @classmethod
    def of(cls, job: Job) -> Entry:
        """From a row of the queue."""
        return cls(
            job.id,
            intern(job.name),  # thousands are alike
            intern(job.kind),
            str(job.status),
            job.cpus,
            job.submitted,
            job.started,
            job.ended,
            job.stop or job.reason,
            tasks=Tasks.of(job),
            held=job.held,
        )

    @property
    def waiting(self) -> bool:
        """Whether something of it waits."""
        return self.tasks.queued > 0 and self.status not in ENDED if self.tasks else self.status == "queued"

    def runtime(self, now: datetime) -> float | None:
        """Seconds since it started, or that it took."""
        return None if self.started is None else max(((self.ended or now) - self.started).total_seconds(), 0.0)

    def share(self) -> float | None:
        """How much is done; None before it starts, and where nobody knows."""
        if self.status == "completed":
            return 1.0
        if self.tasks:
            return self.tasks.share(self.status)
        return self.progress.share if self.progress and self.progress.total else None

    def note(self, now: datetime) -> str:
        """Why it waits or failed, or what it is doing and for how long still."""
        told = self.progress
        if self.status not in ACTIVE or self.reason:
            return (self.reason or self._patient()).partition("\n")[0]
        if self.tasks:
            return f"held, {self.tasks.note(None)}" if self.held else self.tasks.note(self.runtime(now))
        if told is None:
            return ""
        if not told.total or told.done >= told.total:
            return told.phase
        spent = self.runtime(now)
        left = spent * (told.total - told.done) / told.done if spent and told.done else 0.0
        return f"{told.done:,.0f}/{told.total:,.0f} {told.unit}{_left(left)}"

    def _patient(self) -> str:
        """Why it is queued; of an array also what has failed already."""
        if self.status != "queued":
            return ""
        failed = f"{self.tasks.failed:,} failed, " if self.tasks and self.tasks.failed else ""
        why = self.waits or (f"held: dmod job release {self.id}" if self.held else "waits its turn")
        return f"{failed}{why}"


def _left(seconds: float) -> str:
    return f", {format_duration(seconds, most=1)} left" if seconds >= 1 else ""
