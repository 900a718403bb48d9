"""Waiting for what happens by itself."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def until(happened: Callable[[], object], seconds: float = 20) -> None:
    """Look until it has happened; fail if that takes too long."""
    end = monotonic() + seconds
    while not happened():
        assert monotonic() < end, "it did not happen"
        sleep(0.01)
