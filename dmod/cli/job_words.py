"""Which jobs, and which of their tasks, the words of a command name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dmod.errors import NotFoundError
from dmod.jobs.numbers import Numbers
from dmod.jobs.selector import parse, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue


class Picked(NamedTuple):
    """A job, or some of its tasks."""

    job: Job
    numbers: Numbers | None  # None: the job itself

    @property
    def name(self) -> str:
        """As people name it: `42`, `42/7`."""
        return str(self.job.id) if self.numbers is None else f"{self.job.id}/{self.numbers}"

    @property
    def said(self) -> str:
        """The same in a sentence."""
        what = "job" if self.numbers is None else "task" if len(self.numbers) == 1 else "tasks"
        return f"{what} {self.name} {self.job.name}"


def picked(words: Sequence[str], queue: Queue) -> list[Picked]:
    """The jobs and tasks that the words name, in the order of the ids. Raises NotFoundError."""
    asked = {parse(word).job for word in words}
    heads: Sequence[Job] = []
    if all(each.isdecimal() for each in asked):
        heads = queue.these([int(each) for each in asked])
    chosen = pick(words, heads) if heads and len(heads) == len(asked) else pick(words, queue.heads())
    jobs = {job.id: job for job in queue.these([head.id for head, _ in chosen])}
    return [Picked(jobs[head.id], _own(jobs[head.id], numbers)) for head, numbers in chosen if head.id in jobs]


def _own(job: Job, numbers: Numbers | None) -> Numbers | None:
    """The numbers, if the job has such tasks; task 0 of a job that is no array is the job."""
    if numbers is None or (not job.array and str(numbers) == "0"):
        return None
    known = Numbers.parse(job.numbers) if job.array else Numbers(())
    missing = next((number for number in numbers if number not in known), None)
    if missing is not None:
        why = f"they are {job.numbers}" if job.array else "it is no array"
        raise NotFoundError(f"job {job.id} has no task {missing}", why=why, fix=f"dmod job show {job.id}")
    return numbers
