"""Status: where a job is, as one flat list."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a job is; the way is queued, staging, running, collecting, and then one of the last three."""

    QUEUED = "queued"  # waits for its turn and for cpus
    STAGING = "staging"  # its folder is laid out, its allocation is held
    RUNNING = "running"  # its worker runs
    COLLECTING = "collecting"  # the worker is done, its output becomes a dataset
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to the job any more, unless it is retried."""
        return self in ENDED


ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELED)
HOLDING = (Status.STAGING, Status.RUNNING)  # those that hold an allocation
BEGUN = (*HOLDING, Status.COLLECTING)
ACTIVE = (Status.QUEUED, *BEGUN)
