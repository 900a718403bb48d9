"""Periods of time, and sets of them: stamps at the start of each step, the first and the last included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Spans = dict[int, list[tuple[int, int]]]  # phase -> (first stamp, stamp after the last one), seconds since 1970
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """From the start of a first step to the start of a last one, as `end_time` in ngen; how long a step is, others say.

    Raises UsageError when it ends before it begins. A datetime without a zone is UTC.
    """

    begin: datetime  # UTC, start of the first step
    end: datetime  # UTC, start of the last step

    def __post_init__(self) -> None:
        for name in ("begin", "end"):
            stamp: datetime = getattr(self, name)
            aware = stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
            object.__setattr__(self, name, aware)
        if self.end < self.begin:
            raise UsageError(f"a period cannot end before it begins: {stamp_text(self.begin)}..{stamp_text(self.end)}")

    @classmethod
    def parse(cls, begin: str, end: str) -> TimeRange:
        """From two stamps as `moment` reads them. Raises UsageError."""
        return cls(moment(begin), moment(end))

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> TimeRange:
        """From `{"begin": "2015-12-01T00:00:00Z", "end": ...}`. Raises KeyError, UsageError."""
        return cls.parse(str(table["begin"]), str(table["end"]))

    def to_json(self) -> dict[str, str]:
        """As `from_json` reads it."""
        return {"begin": rfc3339(self.begin), "end": rfc3339(self.end)}

    def steps(self, step: int) -> int:
        """How many stamps it has when one comes every `step` seconds."""
        return int((self.end - self.begin).total_seconds()) // step + 1

    def contains(self, other: TimeRange, step: int = 1) -> bool:
        """Whether it has every stamp of the other, when both have one every `step` seconds."""
        return not subtract((other,), (self,), step)

    def text(self, step: int | None = None) -> str:
        """`2015-12-01..2015-12-31` for whole days, else `2015-12-01 06:00..2015-12-31 23:00`."""
        after = self.end + timedelta(seconds=step or 0)
        if all(stamp.time() == _EPOCH.time() for stamp in (self.begin, after)) and after > self.begin:
            first, last = self.begin.date(), (after - timedelta(seconds=1)).date()
            return f"{first}" if first == last else f"{first}..{last}"
        if self.begin == self.end:
            return stamp_text(self.begin)
        return f"{stamp_text(self.begin)}..{stamp_text(self.end)}"


def moment(text: str) -> datetime:
    """A stamp in UTC from `2015-12-01`, `2015-12-01 06:00`, `2015-12-01T06:00:00Z`; UsageError for anything else."""
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f'"{text}" is not a time', why="a time is 2015-12-01T00:00:00Z or 2015-12-01 00:00") from error
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)


def rfc3339(stamp: datetime) -> str:
    """`2015-12-01T00:00:00Z`."""
    return stamp.astimezone(UTC).isoformat().replace("+00:00", "Z")


def stamp_text(stamp: datetime) -> str:
    """`2015-12-01 06:00`, with seconds only where there are some."""
    return f"{stamp:%Y-%m-%d %H:%M}" if not stamp.second else f"{stamp:%Y-%m-%d %H:%M:%S}"


def union(first: Iterable[TimeRange], second: Iterable[TimeRange], step: int) -> tuple[TimeRange, ...]:
    """The stamps of either, as few periods as can be, in order. Stamps between those of a step stay apart."""
    return _ranges(_merged(_spans((*first, *second), step)), step)


def subtract(first: Iterable[TimeRange], second: Iterable[TimeRange], step: int) -> tuple[TimeRange, ...]:
    """The stamps of the first that are not stamps of the second."""
    taken = _merged(_spans(second, step))
    left = {phase: _less(spans, taken.get(phase, [])) for phase, spans in _merged(_spans(first, step)).items()}
    return _ranges(left, step)


def intersect(first: Iterable[TimeRange], second: Iterable[TimeRange], step: int) -> tuple[TimeRange, ...]:
    """The stamps of both."""
    others = _merged(_spans(second, step))
    both = {
        phase: [(max(a, c), min(b, d)) for a, b in spans for c, d in others.get(phase, ()) if max(a, c) < min(b, d)]
        for phase, spans in _merged(_spans(first, step)).items()
    }
    return _ranges(both, step)


def _spans(ranges: Iterable[TimeRange], step: int) -> Spans:
    spans: Spans = {}
    for each in ranges:
        first = int((each.begin - _EPOCH).total_seconds())
        spans.setdefault(first % step, []).append((first, first + each.steps(step) * step))
    return spans


def _merged(spans: Spans) -> Spans:
    merged: Spans = {}
    for phase, pairs in spans.items():
        joined: list[tuple[int, int]] = []
        for first, after in sorted(pairs):
            if joined and first <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], after))
            else:
                joined.append((first, after))
        merged[phase] = joined
    return merged


def _less(spans: list[tuple[int, int]], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    left = []
    for first, after in spans:
        at = first
        for start, stop in taken:
            if stop <= at or start >= after:
                continue
            if start > at:
                left.append((at, start))
            at = stop
        if at < after:
            left.append((at, after))
    return left


def _ranges(spans: Spans, step: int) -> tuple[TimeRange, ...]:
    pairs = sorted(pair for pairs in spans.values() for pair in pairs)
    return tuple(TimeRange(_stamp(first), _stamp(after - step)) for first, after in pairs)


def _stamp(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
