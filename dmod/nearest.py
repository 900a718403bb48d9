"""The word that was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that looks most like this one, if one does."""
    import difflib

    names = list(known)
    begins = [name for name in names if len(word) > 1 and name.startswith(word)]
    return next(iter(begins or difflib.get_close_matches(word, names, n=1, cutoff=cutoff)), None)
