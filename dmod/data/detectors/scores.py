"""Detector of what an evaluation writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.detectors import files
from dmod.data.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """scores.json."""
    return any(each.path == "scores.json" for each in files.top(entries, ".json"))


def read(folder: Path) -> Domain:
    """That there are scores. Raises UsageError where scores.json is not JSON."""
    from dmod.hydro import json_file

    json_file.read(folder / "scores.json")
    return Domain("scores")
