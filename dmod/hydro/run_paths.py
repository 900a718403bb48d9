"""Paths in the configs of a run folder: how else the same file may be called there."""

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


def libraries(text: str) -> tuple[str, ...]:
    """The names under which ngen looks for a library: as it is written, then with the ending it lacks or another."""
    stem, dot, ending = text.rpartition(".")
    if dot and ending in ("so", "dylib"):
        return text, f"{stem}.{'dylib' if ending == 'so' else 'so'}"
    return text, f"{text}.so", f"{text}.dylib"
