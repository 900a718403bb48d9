"""Which packages dmod can use, which of its extras brings each, and what is installed; read, not imported."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from importlib import metadata

from dmod.errors import NotFoundError

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)([^;]*)(?:;.*extra == ['\"]([\w-]+)['\"])?")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that dmod can use."""

    name: str
    extra: str  # "" for those it cannot do without
    version: str | None  # None: not installed
    wanted: str  # such as ">=4.0"

    @property
    def fix(self) -> str:
        """How to install it."""
        return f"pip install 'dmod[{self.extra}]'" if self.extra else f"pip install '{self.name}{self.wanted}'"


def packages() -> list[Package]:
    """Every package that dmod's own metadata names; NotFoundError if dmod itself is not installed."""
    try:
        required = metadata.requires("dmod") or []
    except metadata.PackageNotFoundError as error:
        raise NotFoundError("dmod is not installed, only found", fix="pip install --editable .") from error
    matches = [match for match in map(_REQUIREMENT.match, required) if match and match[1] != "dmod"]
    sizes = Counter(match[3] or "" for match in matches)
    found: dict[str, Package] = {}
    for match in sorted(matches, key=lambda match: sizes[match[3] or ""] * bool(match[3])):
        # metadata may repeat a package for an extra made of others: the smallest extra is the one to install
        found.setdefault(match[1], Package(match[1], match[3] or "", _version(match[1]), match[2].strip()))
    return list(found.values())


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
