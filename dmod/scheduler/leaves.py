"""Leaves: the rows of a table on pages to which nothing leads any more, read as SQLite's file format says."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 4096
LEAF = 0x0D  # the first byte of a page that holds rows of a table
_LOCAL = PAGE - 35  # bytes of a row that fit on its page
_LEAST = (PAGE - 12) * 32 // 255 - 23  # bytes of a larger one that stay there
_SIZES = (0, 1, 2, 3, 4, 6, 8)  # bytes of an integer, by its type
_LONGEST = 2**26  # bytes of a row that is believed


def rows(raw: bytes, columns: int) -> Iterator[tuple[int, list[Any]]]:
    """The rows that have so many columns: rowid and values; what is free or noise is left out."""
    free = _free(raw)
    for number in range(2, len(raw) // PAGE + 1):
        start = (number - 1) * PAGE
        if raw[start] != LEAF or number in free:
            continue
        for at in range(int.from_bytes(raw[start + 3 : start + 5], "big")):
            place = int.from_bytes(raw[start + 8 + 2 * at : start + 10 + 2 * at], "big")
            try:
                row, values = _cell(raw, start, place)
            except (IndexError, ValueError, struct.error):
                continue
            if len(values) == columns:
                yield row, values


def _free(raw: bytes) -> set[int]:
    """The pages that are in no use: what they hold was deleted."""
    found, trunk = set[int](), int.from_bytes(raw[32:36], "big")
    while 0 < trunk <= len(raw) // PAGE and trunk not in found:
        found.add(trunk)
        page = raw[(trunk - 1) * PAGE : trunk * PAGE]
        count = min(int.from_bytes(page[4:8], "big"), PAGE // 4 - 2)
        found.update(struct.unpack_from(f">{count}I", page, 8))
        trunk = int.from_bytes(page[:4], "big")
    return found


def _cell(raw: bytes, start: int, place: int) -> tuple[int, list[Any]]:
    """A row on the page that begins at `start`."""
    size, at = _varint(raw, start + place)
    row, at = _varint(raw, at)
    if size > _LONGEST or place < 8:
        raise ValueError(size)
    return row, _record(_payload(raw, at, size))


def _payload(raw: bytes, at: int, size: int) -> bytes:
    """The bytes of a row, those on other pages too."""
    if size <= _LOCAL:
        return raw[at : at + size]
    kept = _LEAST + (size - _LEAST) % (PAGE - 4)
    kept = kept if kept <= _LOCAL else _LEAST
    parts, left = [raw[at : at + kept]], size - kept
    page = int.from_bytes(raw[at + kept : at + kept + 4], "big")
    while left > 0:
        if not 1 < page <= len(raw) // PAGE:
            raise ValueError(page)
        begin = (page - 1) * PAGE
        parts.append(raw[begin + 4 : begin + 4 + min(left, PAGE - 4)])
        left -= PAGE - 4
        page = int.from_bytes(raw[begin : begin + 4], "big")
    return b"".join(parts)


def _record(data: bytes) -> list[Any]:
    """The values of a row."""
    end, at = _varint(data, 0)
    kinds = []
    while at < end:
        kind, at = _varint(data, at)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds:
        size = (kind - 12) // 2 if kind >= 12 else 8 if kind == 7 else _SIZES[kind] if kind < 7 else 0
        part = data[at : at + size]
        if len(part) < size or kind in {10, 11}:
            raise ValueError(kind)
        values.append(_value(kind, part))
        at += size
    return values


def _value(kind: int, part: bytes) -> Any:  # noqa: ANN401 - what SQLite holds
    if kind >= 12:
        return part.decode() if kind % 2 else part
    if kind == 7:
        return struct.unpack(">d", part)[0]
    if kind in {8, 9}:
        return kind - 8
    return int.from_bytes(part, "big", signed=True) if kind else None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and what is behind it."""
    number = 0
    for place in range(at, at + 8):
        number = number << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return number, place + 1
    return number << 8 | data[at + 8], at + 9
