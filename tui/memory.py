"""Memory: how the dashboard was left: screen, order, filter, columns, split, theme, and what was typed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

_FILE = "dashboard.json"
_KEPT = 50  # texts of each purpose

T = TypeVar("T")


@dataclass(slots=True)
class Memory:
    """What is kept in .dmod between two dashboards; losing it costs nothing, so a broken file is an empty one."""

    folder: Path
    screen: str = ""
    theme: str = ""
    split: int = 0  # of a hundred lines, those below a list; 0: as it comes
    sorts: dict[str, str] = field(default_factory=dict)  # by screen: a column, with a minus the other way round
    filters: dict[str, str] = field(default_factory=dict)  # by screen
    hidden: dict[str, list[str]] = field(default_factory=dict)  # by screen: columns that are not wanted
    history: dict[str, list[str]] = field(default_factory=dict)  # by purpose, the latest last

    @classmethod
    def read(cls, folder: Path) -> Self:
        """From a project's state."""
        kept = cls(folder)
        try:
            data: Any = json.loads((folder / _FILE).read_text())
        except (OSError, ValueError):
            return kept
        if isinstance(data, dict):
            for name in ("screen", "theme", "split"):
                if isinstance(data.get(name), type(getattr(kept, name))):
                    setattr(kept, name, data[name])
            kept.sorts, kept.filters = (_only(data.get(name), str) for name in ("sorts", "filters"))
            kept.hidden, kept.history = (
                {name: [text for text in texts if isinstance(text, str)] for name, texts in _only(found, list).items()}
                for found in (data.get("hidden"), data.get("history"))
            )
        return kept

    def write(self) -> None:
        """Keep it, if the folder can be written to."""
        self.history = {purpose: texts[-_KEPT:] for purpose, texts in self.history.items()}
        data = {name: value for name, value in asdict(self).items() if name != "folder"}
        part = self.folder / f".{_FILE}.{os.getpid()}"
        try:
            part.write_text(json.dumps(data, indent=1))
            part.replace(self.folder / _FILE)
        except OSError:
            return


def _only(found: object, kind: type[T]) -> dict[str, T]:
    """What of a table has values of a kind."""
    items = found.items() if isinstance(found, dict) else ()
    return {str(name): value for name, value in items if isinstance(value, kind)}
