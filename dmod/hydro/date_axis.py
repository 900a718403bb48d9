"""The dates to mark under a plot: years, months, days or hours, whichever fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GAP = 2  # columns between two labels
_HOUR, _DAY = 3600, 86400
# unit, how many of it, seconds between two marks, columns of the longest label
_CHOICES = (
    *(("minute", n, n * 60, 6) for n in (1, 2, 5, 10, 15, 30)),
    *(("hour", n, n * _HOUR, 6) for n in (1, 2, 3, 6, 12)),
    *(("day", n, n * _DAY, 6) for n in (1, 2, 5, 10, 15)),
    *(("month", n, n * 30 * _DAY, 4) for n in (1, 2, 3, 6)),
    *(("year", n, n * 365 * _DAY, 4) for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)


def marks(begin: datetime, end: datetime, width: int) -> list[tuple[int, str]]:
    """Column and label of each mark for a period over `width` columns, left to right; no two labels touch.

    A label says what changes: `06:00`, at midnight `Dec 5`; `Apr`, in January the year.
    """
    span = max((end - begin).total_seconds(), 1.0)
    fits = [choice for choice in _CHOICES if choice[2] / span * (width - 1) >= choice[3] + _GAP]
    unit, count = (fits or _CHOICES[-1:])[0][:2]
    found: list[tuple[int, str]] = []
    free = 0
    for stamp in _stamps(begin, end, unit, count):
        column = round((stamp - begin).total_seconds() / span * (width - 1))
        text = _label(stamp, unit)
        if column >= free and column + len(text) <= width:
            found.append((column, text))
            free = column + len(text) + 1
    return found


def _stamps(begin: datetime, end: datetime, unit: str, count: int) -> Iterator[datetime]:
    stamp = begin.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if unit in ("minute", "hour"):
        step = timedelta(minutes=count) if unit == "minute" else timedelta(hours=count)
        stamp = stamp.replace(hour=0)
        stamp += (begin - stamp) // step * step
        while stamp <= end:
            if stamp >= begin:
                yield stamp
            stamp += step
        return
    stamp = stamp.replace(hour=0)
    while stamp <= end:
        if stamp >= begin and _is_mark(stamp, unit, count):
            yield stamp
        stamp = stamp + timedelta(days=1) if unit == "day" else _next_month(stamp)


def _is_mark(stamp: datetime, unit: str, count: int) -> bool:
    if unit == "day":  # 1, 6, 11, ... but no 31 right before a 1
        return (stamp.day - 1) % count == 0 and (count == 1 or stamp.day <= 31 - count)
    if unit == "month":
        return (stamp.month - 1) % count == 0
    return stamp.month == 1 and stamp.year % count == 0


def _next_month(stamp: datetime) -> datetime:
    ahead = stamp.replace(day=1) + timedelta(days=32)
    return ahead.replace(day=1)


def _label(stamp: datetime, unit: str) -> str:
    if unit == "year" or (unit == "month" and stamp.month == 1):
        return str(stamp.year)
    if unit == "month":
        return _MONTHS[stamp.month - 1]
    if unit == "day" or (stamp.hour, stamp.minute) == (0, 0):
        return f"{_MONTHS[stamp.month - 1]} {stamp.day}"
    return f"{stamp:%H:%M}"
