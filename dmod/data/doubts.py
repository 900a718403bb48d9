"""What in an output makes no sense, as its simulation has found it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from dmod.errors import DmodError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.folder import FolderStore

SUMMARY = "summary.json"


class Doubts(NamedTuple):
    """How many there are, and the first of them."""

    number: int = 0
    first: Sequence[str] = ()


def doubts(store: FolderStore, name: str) -> Doubts:
    """Those of an output; none where it is gone, or tells of none."""
    try:
        summary = json.loads((store.path(name) / SUMMARY).read_text(encoding="utf-8"))
        return Doubts(int(summary["warnings"]), [str(each) for each in summary["first_warnings"]])
    except (DmodError, OSError, ValueError, KeyError, TypeError):
        return Doubts()


def told(found: Doubts, most: int = 1) -> str:
    """In a line; "" where there are none."""
    if not found.number:
        return ""
    more = found.number - min(most, len(found.first))
    said = "; ".join(found.first[:most])
    return f"the result makes no sense: {said}{f'; and {more:,} more' if more else ''}"
