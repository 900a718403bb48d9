"""What detectors look at: names, headers and first bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry

_HEAD = 4096  # bytes
_SMALL = 64 << 20  # bytes: a larger JSON file is no config


def top(entries: Sequence[Entry], *endings: str) -> list[Entry]:
    """The files that are in no folder and end so, in any case of letters."""
    return [each for each in entries if "/" not in each.path and each.path.lower().endswith(endings)]


def head(path: Path, size: int = _HEAD) -> bytes:
    """The first bytes; none where the file cannot be read: whoever copies it will say so."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def columns(path: Path) -> list[str]:
    """The cells of a CSV's first line, without quotes."""
    line = head(path).removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].rstrip(b"\r")
    return [cell.strip().strip('"') for cell in line.decode("utf-8", "replace").split(",")]


def keys(entry: Entry) -> frozenset[str]:
    """The keys at the top of a JSON file; none where it is no JSON object."""
    return keys_of(entry.source, entry.size)


def keys_of(path: Path, size: int) -> frozenset[str]:
    """As `keys`, of a path."""
    if size > _SMALL or not head(path, 64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return frozenset()
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return frozenset()
    return frozenset(document) if isinstance(document, dict) else frozenset()


def is_netcdf(path: Path) -> bool:
    """Whether a file begins as NetCDF does."""
    start = head(path, 4)
    return start[:3] == b"CDF" or start == b"\x89HDF"
