"""Templates: dmod's own images and stacks, copied into a project to be changed there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dmod.docker.recipe import packaged
from dmod.errors import ConflictError
from dmod.paths import shown

FOLDERS = ("images", "stacks")


@dataclass(frozen=True, slots=True)
class Copies:
    """What copying a folder does: nothing that is there is overwritten."""

    new: tuple[tuple[Path, Path], ...]  # from where, to where
    kept: tuple[tuple[Path, Path], ...]  # dmod's own, and the file of the project that differs from it


def copies(folder: str, root: Path) -> Copies:
    """What copying `images` or `stacks` into a project would do."""
    above = packaged(folder)
    pairs = [(path, root / folder / path.relative_to(above)) for path in sorted(above.rglob("*")) if path.is_file()]
    pairs = [(own, there) for own, there in pairs if "__pycache__" not in own.parts]
    new = tuple((own, there) for own, there in pairs if not there.exists() and not there.is_symlink())
    kept = tuple(pair for pair in pairs if pair not in new and not _same(*pair))
    return Copies(new, kept)


def copy(plan: Copies) -> None:
    """Copy what is new, each file whole or not at all. Raises ConflictError."""
    for own, there in plan.new:
        part = there.with_name(f".{there.name}.part")
        try:
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(own, part)
            part.rename(there)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConflictError(f"{shown(there)} cannot be written: {reason}") from error


def _same(own: Path, there: Path) -> bool:
    try:
        return own.read_bytes() == there.read_bytes()
    except OSError:
        return False
