"""Owner: which project tasks belong to, where those of several are seen together: in cgroups, and on an engine."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def owner(state: Path) -> str:
    """A short name for the project of a state, different from those of others."""
    return blake2b(os.fsencode(state.absolute()), digest_size=6).hexdigest()
