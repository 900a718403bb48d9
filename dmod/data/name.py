"""Names of datasets: those an object store takes for a bucket, so that a dataset can move there as it is."""

from __future__ import annotations

import re

from dmod.errors import UsageError

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
LEAST, MOST = 3, 63  # letters


def require(name: str) -> str:
    """The name itself. Raises UsageError with a name that would do."""
    if not LEAST <= len(name) <= MOST or not _NAME.fullmatch(name) or _ADDRESS.fullmatch(name):
        raise UsageError(
            f'"{name}" is not a name for a dataset',
            why=f"{LEAST} to {MOST} lower-case letters, digits and hyphens, and dots between them",
            fix=f"call it {slug(name)}",
        )
    return name


def slug(text: str) -> str:
    """A name that will do, as like the text as can be."""
    plain = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9.-]+", "-", text.lower())).strip("-.")[:MOST].strip("-.")
    if _ADDRESS.fullmatch(plain):
        plain = plain.replace(".", "-")
    return plain if len(plain) >= LEAST else f"{plain or 'data'}-set"
