"""The simulated period of a realization: `time` in ngen's config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

Report = Callable[[str, str, str], None]  # JSON path, message, fix
FORMAT = "%Y-%m-%d %H:%M:%S"  # UTC
TIME_KEYS = ("start_time", "end_time", "output_interval")


class Time(NamedTuple):
    """The simulated period; a stamp is the start of its step."""

    begin: datetime  # UTC
    end: datetime  # UTC, start of the last step
    step: int  # seconds

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return int((self.end - self.begin).total_seconds()) // self.step + 1


def time_of(document: Mapping[str, Any], report: Report) -> Time | None:
    """The period under `time`; None where it is at fault, after every fault was reported."""
    table = document.get("time")
    if not isinstance(table, Mapping):
        report("time", "it is missing: ngen needs start_time, end_time and output_interval", "")
        return None
    for key in TIME_KEYS:
        if key not in table:
            report(f"time.{key}", "it is missing", f'add "{key}": {example(key)}')
    begin, end = stamp(table, "start_time", report), stamp(table, "end_time", report)
    step = interval(table, report)
    if begin is None or end is None or step is None:
        return None
    if end < begin:
        report("time.end_time", f"it lies before start_time ({table['end_time']} < {table['start_time']})", "")
        return None
    return Time(begin, end, step)


def example(key: str) -> str:
    """What such a key looks like."""
    return "3600" if key == "output_interval" else '"2015-12-01 00:00:00"'


def stamp(table: Mapping[str, Any], key: str, report: Report) -> datetime | None:
    """A stamp in UTC; None where it is missing or no stamp."""
    value = table.get(key)
    if value is None:
        return None
    try:
        return datetime.strptime(str(value), FORMAT).replace(tzinfo=UTC)
    except ValueError:
        report(f"time.{key}", f"{value!r} is not a time as ngen writes it", f'"{key}": {example(key)}')
        return None


def interval(table: Mapping[str, Any], report: Report) -> int | None:
    """Seconds between steps; ngen reads text as well as numbers."""
    value = table.get("output_interval")
    if value is None:
        return None
    try:
        seconds = int(str(value))
    except ValueError:
        seconds = 0
    if seconds > 0:
        return seconds
    report("time.output_interval", f"{value!r} is not a number of seconds above 0", '"output_interval": 3600')
    return None
