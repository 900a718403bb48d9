"""Limits: how many tasks of jobs whose names match may hold nodes at once, as [limits] of dmod.toml says."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Limits:
    """Patterns of names, each with a number."""

    def __init__(self, most: Mapping[str, int]) -> None:
        self.most = most
        self._sets: dict[tuple[str, ...], tuple[str, ...]] = {}  # so that jobs share them

    def of(self, name: str) -> tuple[str, ...]:
        """The patterns that a name matches: all of them count."""
        if not self.most:
            return ()
        found = tuple(pattern for pattern in self.most if fnmatchcase(name, pattern))
        return self._sets.setdefault(found, found)

    def left(self, running: Iterable[tuple[tuple[str, ...], int]]) -> dict[str, int]:
        """How many more may run, while of jobs with those patterns so many tasks do."""
        left = dict(self.most)
        for patterns, tasks in running:
            for pattern in patterns:
                left[pattern] -= tasks
        return left
