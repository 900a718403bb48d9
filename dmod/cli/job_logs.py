"""`dmod job logs`: what a job printed, or some of its tasks."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from dmod import layout
from dmod.cli.job_words import short
from dmod.cli.output import say
from dmod.cli.settings import project
from dmod.errors import ConflictError, UsageError
from dmod.jobs.numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from dmod.cli.job_words import Picked
    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue

LOOK = 0.1  # seconds between looks at a growing file
FEW = 20  # tasks of an array that are shown if none are named


class Wanted(NamedTuple):
    """What is asked for."""

    both: tuple[bool, bool] = (True, True)  # stdout, stderr
    follow: bool = False  # until it ends
    tail: int = 0  # so many lines at the end; 0: all
    failed: bool = False  # only of tasks that failed


class Source:
    """A file that may grow."""

    def __init__(self, file: Path, label: str = "") -> None:
        self.file = file
        self.label = label  # before each line
        self.place = 0  # up to where it was printed

    def print(self, tail: int = 0, *, last: bool = True) -> None:
        """Print what has come; a labeled line only when it is whole, unless no more will come."""
        try:
            with self.file.open("rb") as lines:
                if lines.seek(0, 2) < self.place:  # another attempt writes it anew
                    self.place = 0
                lines.seek(self.place)
                new: Iterable[bytes] = deque(lines, tail) if tail else lines
                for line in new:
                    if self.label and not last and not line.endswith(b"\n"):
                        break
                    self.place += len(line)
                    self._write(line.decode(errors="replace"))
                if tail:
                    self.place = lines.tell()
        except FileNotFoundError:
            return
        sys.stdout.flush()

    def _write(self, line: str) -> None:
        ended = line if not self.label or line.endswith("\n") else f"{line}\n"
        sys.stdout.write(f"{self.label}{ended}")


def show(one: Picked, queue: Queue, wanted: Wanted) -> None:
    """Print stdout and stderr of a job or of tasks, and with `follow` what comes until they end."""
    numbers = _numbers(one, queue, wanted)
    sources = _sources(one.job, numbers, wanted)
    last = not wanted.follow
    for source in sources:
        source.print(wanted.tail, last=last)
    if last and not any(source.place for source in sources):
        say(_nothing(one, queue))
    while not last:
        last = _all_ended(one, queue)
        for source in sources:
            source.print(last=last)
        time.sleep(0 if last else LOOK)


def _numbers(one: Picked, queue: Queue, wanted: Wanted) -> Sequence[int]:
    """The tasks whose files are meant; of a job that is no array 0. Raises UsageError if nobody would read so many."""
    from dmod.cli.job_wait import failed_tasks

    job = one.job
    if wanted.failed:
        all_ = failed_tasks(job, queue)
        failed = [number for number in all_ if one.numbers is None or number in one.numbers]
        if not failed:
            which = f"job {job.id}" if one.numbers is None else short(one.name)
            raise ConflictError(f"no task of {which} has failed", fix=f"dmod job show {job.id}")
        return failed
    if one.numbers is not None:
        return list(one.numbers)
    if not job.array:
        return [0]
    numbers = Numbers.parse(job.numbers)
    if len(numbers) <= FEW:
        return list(numbers)
    first = next(iter(failed_tasks(job, queue)), None)
    raise UsageError(
        f"job {job.id} has {job.size:,} tasks: name some of them",
        why=f"they are {short(job.numbers)}; {job.completed:,} completed, {job.failed:,} failed",
        fix=f"dmod job logs {job.id}/{numbers[0] if first is None else first}"
        + (f", or dmod job logs {job.id} --failed" if first is not None else ""),
    )


def _sources(job: Job, numbers: Sequence[int], wanted: Wanted) -> list[Source]:
    names = [name for name, asked in zip((layout.STDOUT, layout.STDERR), wanted.both, strict=True) if asked]
    labels = [f"{job.id}/{number}" for number in numbers]
    size = max(map(len, labels), default=0)
    return [
        Source(project().job_folder(job.id, number) / name, f"{label:<{size}} | " if len(numbers) > 1 else "")
        for number, label in zip(numbers, labels, strict=True)
        for name in names
    ]


def _nothing(one: Picked, queue: Queue) -> str:
    """What is said of an empty log."""
    if one.numbers is None:
        return f"job {one.job.id} has printed nothing; it is {queue.get(one.job.id).status}"
    if len(one.numbers) > 1:
        return f"tasks {short(one.name)} have printed nothing; the job is {queue.get(one.job.id).status}"
    return f"task {one.name} has printed nothing; it is {queue.task(one.job.id, one.numbers[0]).status}"


def _all_ended(one: Picked, queue: Queue) -> bool:
    from dmod.cli.job_wait import Target

    return Target(one.job.id, one.numbers).seen(queue)[1]
