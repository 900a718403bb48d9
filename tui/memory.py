"""Memory: how the dashboard was left: screen, sort, theme, and what was typed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

_FILE = "dashboard.json"
_KEPT = 50  # texts of each purpose


@dataclass(slots=True)
class Memory:
    """What is kept in .dmod between two dashboards; losing it costs nothing, so a broken file is an empty one."""

    folder: Path
    screen: str = ""
    theme: str = ""
    sort: str = "id"
    reverse: bool = True
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
            for name in ("screen", "theme", "sort", "reverse"):
                if isinstance(data.get(name), type(getattr(kept, name))):
                    setattr(kept, name, data[name])
            history = data.get("history")
            for purpose, texts in history.items() if isinstance(history, dict) else ():
                if isinstance(texts, list):
                    kept.history[str(purpose)] = [text for text in texts if isinstance(text, str)]
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
