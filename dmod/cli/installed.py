"""Which packages dmod can use, which of its extras brings each, and what is installed; read, not imported."""

from __future__ import annotations

import re
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
    found = []
    for text in required:
        match = _REQUIREMENT.match(text)
        if match and match[1] != "dmod":  # an extra made of other extras
            found.append(Package(match[1], match[3] or "", _version(match[1]), match[2].strip()))
    return found


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
