"""Detector of files that models read at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.hydro.ids import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from dmod.data.source import Entry

_ENDINGS = (".ini", ".input", ".namelist", ".yaml", ".yml", ".txt", ".dat", ".tbl", ".cfg", ".conf", ".toml")


def looks(entries: Sequence[Entry]) -> bool:
    """Config files, at least one of them named for a catchment or an .ini, and no JSON that says more."""
    own = [each.path for each in entries if each.path.lower().endswith(_ENDINGS)]
    telling = [name for name in own if name.lower().endswith((".ini", ".input", ".namelist")) or named(name)]
    return bool(telling) and not files.top(entries, ".json", ".csv", ".nc")


def read(folder: Path) -> Domain:
    """The catchments that files are named for; none where they are for any."""
    names = catchments(path.name for path in folder.rglob("*") if path.is_file())
    return Domain("bmi-config", (block(names),) if names else ())


def catchments(names: Iterable[str]) -> set[str]:
    """The catchments that names of files say."""
    return set().union(*map(named, names))
