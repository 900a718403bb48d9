"""Machine: how busy its cpus and its memory are, and were lately, as the kernel tells."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.look import Line

_PAST = 10  # looks that are kept
_STEPS = "▁▂▃▄▅▆▇█"
_HIGH = 0.9  # from which on it is shown as a warning


class Reading(NamedTuple):
    """What `/proc` says."""

    busy: float  # of all cpus since it started
    whole: float
    memory: float  # the share in use


class Machine:
    """Looked at once a second; says nothing where there is no `/proc`."""

    def __init__(self) -> None:
        self.cpu: deque[float] = deque(maxlen=_PAST)
        self.memory: deque[float] = deque(maxlen=_PAST)
        self._before: Reading | None = None

    def look(self) -> None:
        """Take another reading."""
        now, before = read(), self._before
        self._before = now
        if now is None:
            return
        self.memory.append(now.memory)
        if before is not None and now.whole > before.whole:
            self.cpu.append(min(max((now.busy - before.busy) / (now.whole - before.whole), 0.0), 1.0))

    def line(self) -> Line:
        """For the header."""
        said: list[tuple[str, str]] = []
        for name, past in (("cpu", self.cpu), ("memory", self.memory)):
            if past:
                style = "warning" if past[-1] >= _HIGH else "secondary"
                said += [(f"{name} ", "muted"), (spark(past, _PAST), style), (f" {past[-1]:4.0%}  ", "text")]
        return tuple(said)


def spark(shares: Iterable[float], width: int) -> str:
    """Shares as bars of one cell, the newest at the right."""
    drawn = "".join(_STEPS[min(int(min(max(each, 0.0), 1.0) * len(_STEPS)), len(_STEPS) - 1)] for each in shares)
    return drawn[-width:]


def read(proc: Path = Path("/proc")) -> Reading | None:
    """A reading; None where the kernel does not tell."""
    try:
        ticks = [int(word) for word in (proc / "stat").read_text().split("\n", 1)[0].split()[1:9]]
        lines = (line.split() for line in (proc / "meminfo").read_text().splitlines())
        sizes = {words[0]: int(words[1]) for words in lines if len(words) > 1}
        idle, whole = ticks[3] + ticks[4], sum(ticks)
        return Reading(whole - idle, whole, 1 - sizes["MemAvailable:"] / sizes["MemTotal:"])
    except (OSError, ValueError, KeyError, IndexError, ZeroDivisionError):
        return None
