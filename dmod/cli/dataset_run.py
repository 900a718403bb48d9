"""`dmod dataset create` of a NextGen run folder: a dataset for each of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.cli import dataset_show
from dmod.data.stores import Where
from dmod.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def is_run(path: Path) -> bool:
    """Whether a folder holds a realization and its hydrofabric; hydro is imported only where a JSON file lies there."""
    if not any(any(folder.glob("*.json")) for folder in (path, path / "config") if folder.is_dir()):
        return False
    from dmod.hydro import run_folder

    return run_folder.is_run(path)


def create(name: str, path: Path, to: str, *, link: bool) -> None:
    """Make the datasets of a run folder, in the folder store. Raises UsageError, UnmetError."""
    from dmod.cli import run_folder

    if to != Where.FOLDER:
        raise UsageError(
            f"{path} is a run folder, and its parts go to the folder first",
            fix=f"dmod dataset move {name}-forcing --to {to}",
        )
    dataset_show.show_made([each.dataset for each in run_folder.datasets(path, name, link=link)])
