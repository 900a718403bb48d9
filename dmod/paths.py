"""Paths as people see them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def shown(path: Path) -> str:
    """The path as a person would type it from here: relative if that is shorter."""
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except OSError:  # the working directory is gone
        return str(path)


def there(path: Path) -> bool:
    """Whether a path leads to something that can be looked at: not one too long, or in a folder nobody may enter."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists lets those errors out
