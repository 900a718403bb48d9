"""Identifiers of catchments and nexuses: how they sort, and which names mean the same feature."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEXUSES = ("nex-", "tnex-", "tnx-", "cnx-", "inx-")  # within, and at a mouth, the coast or a sink
DIGITS = re.compile(r"(\d+)")
_CATCHMENT = re.compile(r"(?<![A-Za-z0-9])cat[-_](\d+)(?![A-Za-z0-9])")


def natural_key(identifier: str) -> list[str | int]:
    """A key that sorts `cat-2` before `cat-10`: text and numbers take turns, so that any two keys compare."""
    return [int(part) if at % 2 else part for at, part in enumerate(DIGITS.split(identifier))]


def natural(ids: Iterable[str]) -> list[str]:
    """The ids, sorted so that `cat-2` comes before `cat-10`."""
    names = list(ids)
    families: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        prefix, dash, number = name.rpartition("-")
        if not (dash and number.isascii() and number.isdecimal()):
            break
        families.setdefault(prefix, []).append((int(number), name))
    else:
        # a word and a number each, as in nearly every fabric: 800,000 ids in a third of the time
        if not any(DIGITS.search(prefix) for prefix in families):
            return [name for prefix in sorted(families) for _, name in sorted(families[prefix])]
    return sorted(names, key=lambda name: (natural_key(name), name))


def catchment_of(identifier: str) -> str:
    """The catchment that a flowpath or water body belongs to: `wb-12` and `fp-12` are `cat-12`; others stay."""
    return "cat-" + identifier[3:] if identifier.startswith(("wb-", "fp-")) else identifier


def named(text: str) -> set[str]:
    """The catchments that the name of a file says: `cat-12` for `cat-12.csv` and `cat_12_2015.csv`."""
    return {f"cat-{number}" for number in _CATCHMENT.findall(text)}


def some(ids: Iterable[str], most: int = 3) -> str:
    """A few of the ids for a message, and how many more there are: `cat-1, cat-2, cat-3 and 7 more`."""
    names = list(ids)
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
