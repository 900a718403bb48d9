"""`dmod job logs`: what a job printed."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING

from dmod import layout
from dmod.cli.output import say
from dmod.cli.settings import project

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

LOOK = 0.1  # seconds between looks at a growing file


def show(job: Job, queue: Queue, *, both: tuple[bool, bool], follow: bool, tail: int) -> None:
    """Print stdout and stderr of a job, and with `follow` what comes until it ends."""
    folder = project().job_folder(job.id)
    files = [folder / name for name, wanted in zip((layout.STDOUT, layout.STDERR), both, strict=True) if wanted]
    places = [_print(file, tail) for file in files]
    if not any(places) and not follow:
        say(f"job {job.id} has printed nothing; it is {job.status}")
    while follow:
        ended = queue.get(job.id).status.ended
        places = [_print(file, 0, place) for file, place in zip(files, places, strict=True)]
        if ended:
            return
        time.sleep(LOOK)


def _print(file: Path, tail: int, place: int = 0) -> int:
    """Print a file from a place on; where it ends now."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            lines.seek(place)
            sys.stdout.writelines(deque(lines, tail) if tail else lines)
            sys.stdout.flush()
            return lines.tell()
    except FileNotFoundError:
        return place
