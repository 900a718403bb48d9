"""Listing: what the object store had when it was last asked, for those who cannot wait for it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dmod.data.dataset import Dataset

_FILE = ".listing.json"  # in the folder of what was fetched


class Listed(NamedTuple):
    """A dataset of the object store, as much of it as a sum needs."""

    name: str
    category: str
    size: int  # bytes


class Listing(NamedTuple):
    """All of them, at one time."""

    taken: datetime
    datasets: tuple[Listed, ...]


def keep(cache: Path, place: str, datasets: Iterable[Dataset]) -> None:
    """Write down what the store at `place` has; a disk that cannot be written keeps the last that it could."""
    listed = [Listed(each.name, str(each.category), each.size) for each in datasets]
    part = cache / f"{_FILE}.{os.getpid()}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"place": place, "datasets": listed}), encoding="utf-8")
        part.replace(cache / _FILE)
    except OSError:
        part.unlink(missing_ok=True)


def kept(cache: Path, place: str) -> Listing | None:
    """The last that was written of that store; None if there is none, or none that can be read."""
    try:
        said = json.loads((cache / _FILE).read_text(encoding="utf-8"))
        taken = datetime.fromtimestamp((cache / _FILE).stat().st_mtime, UTC)
        listed = tuple(Listed(str(name), str(category), int(size)) for name, category, size in said["datasets"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Listing(taken, listed) if said.get("place") == place else None
