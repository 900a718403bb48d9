"""Selectors: the words by which people name jobs and tasks: `42`, `40-45`, `last`, a name, `demo-*`; `42/7`, `42/1-10`.

A word is a job, a span of ids, or a name; what follows a `/` is the numbers of some of its tasks.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dmod.jobs.numbers import Numbers


class Named(Protocol):
    """What is chosen by id or name: a job, or its head."""

    @property
    def id(self) -> int: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102


T = TypeVar("T", bound=Named)
_RANGE = re.compile(r"(\d+)-(\d+)")
_GLOB = re.compile(r"[*?\[]")
_TASKS = re.compile(r"(.+)/([\d,:-]*\d)")


class Word(NamedTuple):
    """A word taken apart."""

    job: str
    numbers: Numbers | None  # of the tasks that are meant; None: the job itself


def parse(word: str) -> Word:
    """`42/1-10` is tasks 1 to 10 of job 42. Raises UsageError if the numbers mean none."""
    found = _TASKS.fullmatch(word)
    if not found:
        return Word(word, None)
    from dmod.jobs.numbers import Numbers

    return Word(found[1], Numbers.parse(found[2]))


def select(words: Iterable[str], jobs: Sequence[T]) -> list[T]:
    """The jobs that the words name, each once, in the order of their ids; a name is that of its newest job.

    Raises:
        NotFoundError: a word names no job.
        UsageError: it names tasks.
    """
    return [job for job, _ in _chosen(words, jobs, tasks=False)]


def pick(words: Iterable[str], jobs: Sequence[T]) -> list[tuple[T, Numbers | None]]:
    """The same where tasks may be named, too: with each job the numbers of its tasks, None for the job itself.

    Whether a job has those tasks, only the queue knows.
    """
    return _chosen(words, jobs, tasks=True)


def _chosen(words: Iterable[str], jobs: Sequence[T], *, tasks: bool) -> list[tuple[T, Numbers | None]]:
    chosen: dict[int, tuple[T, list[Numbers | None]]] = {}
    by_id = {job.id: job for job in jobs}
    for word in words:
        found, numbers = _named(word, jobs, by_id), None
        if not found:
            asked, numbers = parse(word)
            found = _named(asked, jobs, by_id) if numbers else []
        if not found:
            latest = f"the last is {jobs[-1].id}, {jobs[-1].name}" if jobs else "there are none yet"
            raise NotFoundError(f"there is no job {parse(word).job}", why=latest, fix="dmod job list")
        if numbers and not tasks:
            raise UsageError(f"{word} names tasks, and a job is needed here", fix=str(found[-1].id))
        for job in found:
            chosen.setdefault(job.id, (job, []))[1].append(numbers)
    return [(job, _together(numbers)) for _, (job, numbers) in sorted(chosen.items())]


def _together(several: Sequence[Numbers | None]) -> Numbers | None:
    """Tasks that were named by several words; the whole job has them all."""
    from itertools import chain

    from dmod.jobs.numbers import Numbers

    named = [numbers for numbers in several if numbers is not None]
    if len(named) < len(several):
        return None
    return named[0] if len(named) == 1 else Numbers.of(chain.from_iterable(named))


def _named(word: str, jobs: Sequence[T], by_id: Mapping[int, T]) -> list[T]:
    if word == "last":
        return list(jobs[-1:])
    if word.isdecimal():
        return [by_id[int(word)]] if int(word) in by_id else []
    if span := _RANGE.fullmatch(word):
        first, last = int(span[1]), int(span[2])
        if last < first:
            raise UsageError(f"{word} is an empty range", fix=f"{last}-{first}")
        return [job for job in jobs if first <= job.id <= last]
    if _GLOB.search(word):
        return [job for job in jobs if fnmatch.fnmatchcase(job.name, word)]
    return [job for job in jobs if job.name == word][-1:]
