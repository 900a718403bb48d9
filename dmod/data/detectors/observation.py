"""Detector of observations: one CSV of discharge, with a crosswalk beside it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.errors import DmodError, UsageError
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """One CSV with `time` and columns that are no variables of forcing, and not named for a catchment."""
    tables = files.top(entries, ".csv")
    return len(tables) == 1 and not files.top(entries, ".nc") and _is_observation(tables[0])


def _is_observation(entry: Entry) -> bool:
    from dmod.hydro.csv_file import catchment_of
    from dmod.hydro.variables import VARIABLES, canonical, header

    names = [header(cell)[0] for cell in files.columns(entry.source)]
    others = [name for name in names if name.lower() != "time"]
    if len(others) != len(names) - 1 or not others or any(canonical(name) in VARIABLES for name in others):
        return False
    try:
        catchment_of(entry.source.with_name(entry.path))
    except DmodError:
        return True
    return False


def read(folder: Path) -> Domain:
    """Gauges and the period from the first to the last stamp; gaps inside count as covered. Raises UsageError."""
    from dmod.hydro import observation, stamps

    found = observation.read(folder)
    time = TimeRange(stamps.moment(found.axis.begin), stamps.moment(found.axis.end))
    details: dict[str, Any] = {"missing": int((found.values != found.values).sum())}
    crosswalks = sorted(path for path in folder.glob("*crosswalk*.json") if not path.name.startswith("."))
    if crosswalks:
        details["crosswalk"] = _crosswalk(crosswalks, found.gauges)
    return Domain("observation-csv", (block(found.gauges, time, ["discharge"]),), found.step, details)


def _crosswalk(paths: list[Path], gauges: tuple[str, ...]) -> dict[str, str]:
    from dmod.hydro import crosswalk

    if len(paths) > 1:
        raise UsageError(f"two crosswalks: {paths[0].name} and {paths[1].name}", fix="leave out one")
    found = crosswalk.read(paths[0])
    return {gauge: feature for gauge, feature in found.items() if gauge in gauges}
