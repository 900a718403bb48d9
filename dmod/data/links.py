"""Links: where the files of datasets really lie, for whoever must be shown them folder by folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def folders(datasets: Iterable[Path]) -> set[Path]:
    """These folders of datasets, and those of the files that are only linked from them."""
    found = set()
    for dataset in datasets:
        found.add(dataset.absolute())
        for where, _, names in os.walk(dataset):
            links = (Path(where, name) for name in names if Path(where, name).is_symlink())
            found |= {link.resolve().parent for link in links}
    return found
