"""Moments: times as the engine writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_NEVER = ("", "0001")  # how the times begin that the engine does not know
_FRACTION = re.compile(r"\.\d+")


def moment(text: str) -> datetime | None:
    """When, of the engine's nanoseconds, to the microsecond; None if it never was."""
    if text[:4] in _NEVER:
        return None
    return datetime.fromisoformat(_FRACTION.sub(lambda found: found[0][:7].ljust(7, "0"), text)).astimezone(UTC)
