"""Numbers: those of the tasks of an array, as people write them: `1-100`, `1-99:2`, `1,5,8-10`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST = 10_000_000  # tasks of one job
_SPAN = re.compile(r"(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Rising numbers, kept as spans: a million of them cost no more than two."""

    spans: tuple[range, ...]

    @classmethod
    def parse(cls, text: str) -> Numbers:
        """From `1-100`, `1-99:2` (every second), `1,5,8-10`. Raises UsageError."""
        spans = sorted((_span(part.strip(), text) for part in text.split(",")), key=lambda span: span[0])
        for before, after in pairwise(spans):
            if after[0] <= before[-1]:
                raise UsageError(f'"{text}" names {after[0]} twice, or not in rising order', fix="--array 1-100")
        found = cls(tuple(spans))
        if len(found) > MOST:
            raise UsageError(f'"{text}" is {len(found):,} tasks', why=f"a job has {MOST:,} at most")
        return found

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Numbers:
        """Those, put together to spans."""
        spans: list[range] = []
        for number in sorted(set(numbers)):
            if spans and spans[-1].stop == number:
                spans[-1] = range(spans[-1].start, number + 1)
            else:
                spans.append(range(number, number + 1))
        return cls(tuple(spans))

    def __len__(self) -> int:
        """How many."""
        return sum(map(len, self.spans))

    def __iter__(self) -> Iterator[int]:
        """From the least to the largest."""
        return chain.from_iterable(self.spans)

    def __contains__(self, number: object) -> bool:
        return any(number in span for span in self.spans)

    def __getitem__(self, place: int) -> int:
        """The number at a place, counted from 0."""
        for span in self.spans:
            if place < len(span):
                return span[place]
            place -= len(span)
        raise IndexError(place)

    def place(self, number: int) -> int:
        """How many are less than `number`."""
        return sum(len(range(span.start, min(span.stop, number), span.step)) for span in self.spans)

    def __str__(self) -> str:
        """As it is written."""
        return ",".join(map(_written, self.spans))


def _span(part: str, text: str) -> range:
    found = _SPAN.fullmatch(part)
    if not found:
        raise UsageError(f'"{text}" does not name tasks', why="they look like 1-100, 1-99:2 or 1,5,8-10")
    first, last, step = int(found[1]), int(found[2] or found[1]), int(found[3] or 1)
    if last < first or not step:
        raise UsageError(f'"{part}" is an empty range', fix=f"{last}-{first}" if step else f"{first}-{last}")
    return range(first, range(first, last + 1, step)[-1] + 1, step)


def _written(span: range) -> str:
    if len(span) == 1:
        return str(span[0])
    return f"{span[0]}-{span[-1]}" + (f":{span.step}" if span.step != 1 else "")
