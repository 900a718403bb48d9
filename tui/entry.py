"""Entry: what the dashboard keeps of a job, with how far it is and why it waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.units import format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.jobs.job import Job

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
    waits: str = ""  # why it is queued
    progress: Progress | None = None

    @classmethod
    def of(cls, job: Job) -> Entry:
        """From a row of the queue."""
        return cls(
            job.id,
            job.name,
            job.kind,
            str(job.status),
            job.cpus,
            job.submitted,
            job.started,
            job.ended,
            job.stop or job.reason,
        )

    def runtime(self, now: datetime) -> float | None:
        """Seconds since it started, or that it took."""
        return None if self.started is None else max(((self.ended or now) - self.started).total_seconds(), 0.0)

    def share(self) -> float | None:
        """How much is done; None before it starts, and where nobody knows."""
        if self.status == "completed":
            return 1.0
        return self.progress.share if self.progress and self.progress.total else None

    def note(self, now: datetime) -> str:
        """Why it waits or failed, or what it is doing and for how long still."""
        told = self.progress
        if self.status not in ACTIVE or told is None or self.reason:
            patient = "waits its turn" if self.status == "queued" else ""
            return (self.reason or self.waits or patient).partition("\n")[0]
        if not told.total or told.done >= told.total:
            return told.phase
        spent = self.runtime(now)
        left = spent * (told.total - told.done) / told.done if spent and told.done else 0.0
        more = f", {format_duration(left, most=1)} left" if left >= 1 else ""
        return f"{told.done:,.0f}/{told.total:,.0f} {told.unit}{more}"
