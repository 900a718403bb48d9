"""Selectors: the words by which people name jobs: `42`, `40-45`, `last`, a name, `demo-*`."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Protocol, TypeVar

from dmod.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Named(Protocol):
    """What is chosen by id or name: a job, or its head."""

    @property
    def id(self) -> int: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102


T = TypeVar("T", bound=Named)
_RANGE = re.compile(r"(\d+)-(\d+)")
_GLOB = re.compile(r"[*?\[]")


def select(words: Iterable[str], jobs: Sequence[T]) -> list[T]:
    """The jobs that the words name, each once, in the order of their ids; a name is that of its newest job.

    Raises:
        NotFoundError: a word names no job.
    """
    chosen: dict[int, T] = {}
    for word in words:
        found = _named(word, jobs)
        if not found:
            latest = f"the last is {jobs[-1].id}, {jobs[-1].name}" if jobs else "there are none yet"
            raise NotFoundError(f"there is no job {word}", why=latest, fix="dmod job list")
        chosen |= {job.id: job for job in found}
    return [chosen[each] for each in sorted(chosen)]


def _named(word: str, jobs: Sequence[T]) -> list[T]:
    if word == "last":
        return list(jobs[-1:])
    if word.isdecimal():
        return [job for job in jobs if job.id == int(word)]
    if span := _RANGE.fullmatch(word):
        first, last = int(span[1]), int(span[2])
        if last < first:
            raise UsageError(f"{word} is an empty range", fix=f"{last}-{first}")
        return [job for job in jobs if first <= job.id <= last]
    if _GLOB.search(word):
        return [job for job in jobs if fnmatch.fnmatchcase(job.name, word)]
    return [job for job in jobs if job.name == word][-1:]
