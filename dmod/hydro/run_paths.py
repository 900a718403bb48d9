"""Paths in the configs of a run folder: how else the same file may be called, seen from that folder."""

from __future__ import annotations

from pathlib import PurePosixPath

MOUNTED = "/ngen/ngen/data"  # where NextGen in a Box has the run folder
BESIDE = "data"  # ngen's own examples are written for the folder that holds `data`


def spellings(text: str) -> tuple[str, ...]:
    """What a path of a config may be called from the run folder, the likeliest first."""
    path = PurePosixPath(text)
    if path.is_relative_to(MOUNTED):
        return (str(path.relative_to(MOUNTED)),)
    if path.parts[:1] == (BESIDE,):
        return (str(path), str(path.relative_to(BESIDE)))
    return (text,)
