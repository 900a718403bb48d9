"""Cgroup: a limit on the memory of all processes of a task together, where the kernel lets this user set one."""

from __future__ import annotations

from pathlib import Path


def make(name: str, limit: int) -> Path | None:
    """A new group with a limit in bytes; None where that is not allowed."""
    del name, limit
    return None


def remove(group: Path) -> tuple[int, bool] | None:
    """The most bytes a group held and whether its limit was hit; None if it is gone already."""
    del group
    return None
