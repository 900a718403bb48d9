"""Where in a JSON file each key and value stands, so that an error can say file:line:column."""

from __future__ import annotations

import json
import re

from dmod.hydro.findings import below

_SPACE = re.compile(r"[ \t\r\n]*")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]}]+")


def places(text: str) -> dict[str, int]:
    """The offset of each key, and of each entry of a list, by its JSON path; of JSON that parses."""
    found: dict[str, int] = {"$": 0}
    _value(text.removeprefix("\ufeff"), 0, "", found)
    return found


def line_column(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def where(text: str, path: str) -> tuple[int, int]:
    """Line and column of a JSON path, or of what is nearest around it."""
    found = places(text)
    while path and path not in found:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return line_column(text, found.get(path, 0))


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _value(text: str, at: int, path: str, found: dict[str, int]) -> int:
    """Note what is in the value at `at`; gives where it ends."""
    at = _skip(text, at)
    opening = text[at : at + 1]
    if opening not in ("{", "["):
        scalar = (_TEXT if opening == '"' else _SCALAR).match(text, at)
        return scalar.end() if scalar else len(text)
    at, number = _skip(text, at + 1), 0
    while at < len(text) and text[at] not in "]}":
        begin, inner = at, f"{path}[{number}]"
        if opening == "{":
            found_key = _TEXT.match(text, at)
            if found_key is None:
                return len(text)
            key = str(json.loads(found_key[0]))
            inner = below(path, key) if path else key
            at = _skip(text, found_key.end()) + 1  # the colon
        found.setdefault(inner, begin)
        at = _skip(text, _value(text, at, inner, found))
        number += 1
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
    return at + 1
