"""What a check found: where, how bad, and what mends it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

PLAIN = re.compile(r"[\w-]+")


class Severity(StrEnum):
    """An error stops a run or makes it wrong; a warning is worth a look."""

    ERROR = "error"
    WARNING = "warning"


class Finding(NamedTuple):
    """One thing found."""

    path: str  # JSON path, as global.formulations[0].params.modules[1].params.init_config
    severity: Severity
    message: str
    fix: str = ""


@dataclass(slots=True)
class Findings:
    """A growing list of findings; what is found again for another catchment is counted, not repeated."""

    found: list[Finding] = field(default_factory=list)
    more: dict[int, list[str]] = field(default_factory=dict)  # place in `found` -> catchments that have it too
    kinds: dict[tuple[str, str], int] = field(default_factory=dict)  # path and kind -> place in `found`

    def error(self, path: str, message: str, fix: str = "") -> None:
        """Add an error."""
        self.found.append(Finding(path, Severity.ERROR, message, fix))

    def warning(self, path: str, message: str, fix: str = "") -> None:
        """Add a warning."""
        self.found.append(Finding(path, Severity.WARNING, message, fix))

    def each(self, kind: str, catchment: str, finding: Finding) -> None:
        """Add what is found for one catchment; of the same kind at the same path only the first is told in full."""
        place = self.kinds.get((finding.path, kind))
        if place is None:
            self.kinds[finding.path, kind] = len(self.found)
            self.found.append(finding)
        else:
            self.more.setdefault(place, []).append(catchment)

    def listed(self) -> list[Finding]:
        """All of them in the order they were found."""
        return [
            finding._replace(message=f"{finding.message} (and so for {len(self.more[at]):,} more)")
            if at in self.more
            else finding
            for at, finding in enumerate(self.found)
        ]


def below(where: str, key: str) -> str:
    """The JSON path of a key: `a.b`, or `a["b~c"]` for a key that has other signs in it."""
    return f"{where}.{key}" if PLAIN.fullmatch(key) else f'{where}["{key}"]'
