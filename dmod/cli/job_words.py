"""Which jobs, and which of their tasks, the words of a command name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dmod.cli import job_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.jobs.job import Job
    from dmod.jobs.numbers import Numbers
    from dmod.scheduler.queue import Queue

_LONG = 50  # letters of a list of numbers that people read


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
        tasks = "" if self.numbers is None else f"/{short(str(self.numbers))}"
        return f"{what} {self.job.id}{tasks} {self.job.name}"


def picked(words: Sequence[str], queue: Queue) -> list[Picked]:
    """The jobs and tasks that the words name, in the order of the ids. Raises NotFoundError."""
    found = job_list.picked([word.removesuffix("/") for word in words], queue)
    return [Picked(job, numbers if job.array else None) for job, numbers in found]  # task 0 of no array is the job


def short(numbers: str) -> str:
    """The numbers of tasks in a sentence: a long list is cut."""
    return numbers if len(numbers) <= _LONG else f"{numbers[:_LONG].rpartition(',')[0]}, ..."
