"""`dmod dataset get`: files of a dataset out of whichever store has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.store import Report
    from dmod.data.stores import Found


def fetch(found: Found, target: Path, items: Sequence[str], report: Report) -> list[Path]:
    """Bring the files that the items name to a folder; those that are there with the same contents stay."""
    from dmod.data.export import export, free
    from dmod.data.folder import FolderStore

    dataset, store = found.dataset, found.store
    if isinstance(store, FolderStore):
        return export(dataset, store.path(dataset.name), target, items, report=report)
    return store.export(dataset.name, target, free(dataset, target, items), report=report)
