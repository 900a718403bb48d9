"""Pulse: what the scheduler tells of itself in .dmod/scheduler.json, at most once a second, for whoever looks."""

from __future__ import annotations

import json
import logging
import os
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FILE = "scheduler.json"
PAUSE = 1.0  # seconds between two writes
_KEPT = 1000  # decisions of which the median is told


@dataclass(slots=True)
class Tally:
    """What turns count."""

    turns: int = 0
    started: int = 0  # tasks
    ended: int = 0
    decisions: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))  # seconds
    longest: float = 0.0

    def decided(self, seconds: float, started: int) -> None:
        """A decision was made."""
        self.turns += 1
        self.started += started
        self.decisions.append(seconds)
        self.longest = max(self.longest, seconds)


class Pulse(logging.Handler):
    """Writes the tally when it has changed; as a handler of the log it keeps the last error."""

    def __init__(self, state: Path, tally: Tally) -> None:
        super().__init__(logging.ERROR)
        self._path, self._tally, self._since = state / FILE, tally, time.time()
        self._error = read(state).get("last_error")
        self._next = 0.0  # on the monotonic clock
        self._seen = (-1, -1)

    def beat(self) -> None:
        """Write what has changed, unless that was done within the last second."""
        seen, now = (self._tally.turns, self._tally.ended), time.monotonic()
        if seen != self._seen and now >= self._next:
            self._seen, self._next = seen, now + PAUSE
            self.write()

    def emit(self, record: logging.LogRecord) -> None:
        """An error was logged: it is kept, and written at once."""
        self._error = {"time": record.created, "text": " ".join(record.getMessage().split())[:500]}
        self.write()

    def write(self) -> None:
        """Write it now; a full disk is no reason to stop."""
        tally = self._tally
        times = sorted(tally.decisions)
        said = {
            "pid": os.getpid(),
            "since": self._since,
            "written": time.time(),
            "turns": tally.turns,
            "started": tally.started,
            "ended": tally.ended,
            "decision_ms": {"median": _ms(times[len(times) // 2]), "longest": _ms(tally.longest)} if times else None,
            "last_error": self._error,
        }
        temporary = self._path.with_name(f".{FILE}")
        with suppress(OSError):
            temporary.write_text(json.dumps(said) + "\n")
            temporary.replace(self._path)


def read(state: Path) -> dict[str, Any]:
    """What a scheduler last told of itself; nothing if none ever did."""
    try:
        found = json.loads((state / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
