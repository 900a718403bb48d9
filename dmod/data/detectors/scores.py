"""Detector of what an evaluation writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.errors import UsageError
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """scores.json."""
    return any(each.path == "scores.json" for each in files.top(entries, ".json"))


def read(folder: Path) -> Domain:
    """Gauges, the period that was scored, and the metrics. Raises UsageError where it is not as we write it."""
    from dmod.hydro import json_file

    path = folder / "scores.json"
    document = json_file.read_object(path)
    try:
        period = document["period"]
        time, step = TimeRange.from_json(period), int(period["step"])
        gauges = [str(row["gauge"]) for row in document["scores"]]
        metrics = [str(metric["name"]) for metric in document["metrics"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} holds no scores", why=f"{type(error).__name__}: {error}") from error
    return Domain("scores", (block(gauges, time, metrics),), step)
