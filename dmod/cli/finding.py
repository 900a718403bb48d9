"""What `dmod doctor` finds: a name, how it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    status: str  # ok, warning (something cannot be used), error (nothing will work), skipped
    detail: str  # one line
    fix: str = ""  # the next command to type
