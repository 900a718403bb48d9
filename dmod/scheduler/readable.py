"""Readable: the rows of a table in a damaged database, as far as its pages can be read."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from dmod.jobs.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEYS = {
    "job": ("id",),
    "event": ("id",),
    "task": ("job", "number"),
    "item": ("job", "number"),
    "dependency": ("job", "needs"),
    "node": (),
}
_LARGEST = 2**40  # that a key is taken for
_MOST = 20_000  # failures one after the other, after which the rest of a table is given up
_NUMBERS = ("id", "job", "number", "needs", "cpus", "memory", "attempt")
_TIMES = ("submitted", "started", "ended", "time", "due", "since")
_END = 253_402_300_800.0  # the year 10,000
_STATUSES = frozenset(map(str, Status))


class Reader:
    """Reads a table in the order of its key; where it cannot, it halves the span of keys until it can."""

    def __init__(self, source: sqlite3.Connection, table: str, wanted: Sequence[str]) -> None:
        self._source, self._table = source, table
        self.failures = 0  # in all
        self._lately = 0  # since something could be read
        self.columns = [column for column in wanted if column in self._there()]
        self.places = ", ".join("?" * len(self.columns))

    def _there(self) -> set[str]:
        """The columns that the damaged file says it has."""
        try:
            return {row[1] for row in self._source.execute(f"pragma table_info({self._table})")}
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return set()

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """All that can be read."""
        keys = _KEYS[self._table]
        if not self.columns or not set(keys) <= set(self.columns):
            self.failures += bool(self.columns)
            return
        if not keys:
            yield from self._some("true", ())[0]
            return
        yield from self._span(keys, 0, self._last(keys[0]))

    def _last(self, key: str) -> int:
        """The largest key, or where it may be at the latest."""
        found, _ = self._some(f"true order by {key} desc limit 1", ())
        last = found[0][self.columns.index(key)] if found else None
        return last if isinstance(last, int) else _LARGEST

    def _span(self, keys: Sequence[str], low: int, high: int, of: int | None = None) -> Iterator[tuple[Any, ...]]:
        """The rows whose first key lies in a span, or their second where the first is `of`."""
        spans = [(low, high)]
        whole_key = of is not None or len(keys) == 1
        at = self.columns.index(keys[0] if of is None else keys[1])
        while spans and self._lately < _MOST:
            low, high = spans.pop()
            found, read = self._between(keys, low, high, of)
            if read:
                yield from found
                continue
            last = found[-1][at] if found else low - 1
            if not isinstance(last, int) or not low - 1 <= last <= high:  # noise
                last, found = low - 1, []
            yield from (row for row in found if whole_key or row[at] < last)
            low = last + 1 if whole_key else max(low, last)
            if low < high:
                middle = (low + high) // 2
                spans += [(middle + 1, high), (low, middle)]  # the last is read first
            elif low == high and not whole_key:
                yield from self._span(keys, 0, _LARGEST, of=low)
            elif low == high and last >= low - 1 and found:
                spans.append((low, high))

    def _between(self, keys: Sequence[str], low: int, high: int, of: int | None) -> tuple[list[tuple[Any, ...]], bool]:
        where = f"{keys[0]} between ? and ?" if of is None else f"{keys[0]} = ? and {keys[1]} between ? and ?"
        return self._some(f"{where} order by {', '.join(keys)}", (low, high) if of is None else (of, low, high))

    def _some(self, where: str, values: Sequence[Any]) -> tuple[list[tuple[Any, ...]], bool]:
        query = f"select {', '.join(self.columns)} from {self._table} not indexed where {where}"  # noqa: S608
        return self._query(query, values)

    def _query(self, query: str, values: Sequence[Any]) -> tuple[list[tuple[Any, ...]], bool]:
        """The rows up to the first that cannot be read, and whether there was none such."""
        found: list[tuple[Any, ...]] = []
        try:
            for row in self._source.execute(query, values):
                found.append(row)  # noqa: PERF402 - what came before an error is kept
        except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError):
            self.failures += 1
            self._lately = 0 if found else self._lately + 1
            return found, False
        self._lately = 0
        return found, True


def sound(table: str, columns: Sequence[str], row: Sequence[Any]) -> bool:
    """Whether a row may be what was once written: a page of noise sometimes reads as rows."""
    found = dict(zip(columns, row, strict=True))
    if found.get("status", "queued") not in _STATUSES:
        return False
    if not all(_is_number(found[key]) for key in _NUMBERS if key in found and table != "node"):
        return False
    if not all(found[key] is None or _is_time(found[key]) for key in _TIMES if key in found):
        return False
    if table == "job":
        return _is_spec(found.get("spec")) and _is_json(found.get("prepared")) and _are_tasks(found.get("numbers", ""))
    return table != "task" or (_is_json(found.get("handle")) and _is_json(found.get("allocation")))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _LARGEST


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < _END


def _are_tasks(text: object) -> bool:
    from dmod.errors import UsageError
    from dmod.jobs.numbers import Numbers

    try:
        return text == "" or bool(Numbers.parse(str(text)))
    except UsageError:
        return False


def _is_spec(text: object) -> bool:
    from dmod.jobs.kinds import from_json

    try:
        from_json(str(text))
    except Exception:  # noqa: BLE001 - whatever it is, it is no spec
        return False
    return True


def _is_json(text: object) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict | list)
    except ValueError:
        return False
