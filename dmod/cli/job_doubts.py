"""What in the output of a simulation makes no sense, for those who look at its job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.cli.settings import project
from dmod.jobs.status import Status

if TYPE_CHECKING:
    from dmod.jobs.job import Job


def of(job: Job, most: int = 1) -> str:
    """In a line, with the first of them; "" where all makes sense, and where nobody can say."""
    if job.status is not Status.COMPLETED or job.array or job.kind != "simulation" or not job.output:
        return ""
    from dmod.data.doubts import doubts, told
    from dmod.data.folder import FolderStore

    return told(doubts(FolderStore(project().datasets), job.output), most)
