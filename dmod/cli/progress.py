"""Progress on stderr: one redrawn line on a terminal; elsewhere a line per change and a heartbeat a minute."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from dmod.cli.settings import current
from dmod.cli.terminal import is_terminal, paint, plain, visible, width
from dmod.units import format_duration

if TYPE_CHECKING:
    from types import TracebackType

_REDRAW = 0.1  # seconds between two drawings: faster than the eye reads, slower than a slow ssh
_HEARTBEAT = 60.0  # seconds
_REASONABLE = 2.0  # seconds of looking before anything is said of the rest


class Progress:
    """How far something is; `with Progress("simulating") as bar: bar.update(3, 10, "catchments")`."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.base: tuple[float, float] | None = None  # when it was first seen, and how far it was then
        self.last = -_HEARTBEAT  # when something was said
        self.said = ""  # the note that was said last
        self.drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def update(self, done: float = 0, total: float = 0, note: str = "", detail: str = "") -> None:
        """Say how far it is: `done` of `total` (0: nobody knows), and what is being done.

        A new `note` is worth a line where lines are not redrawn; a new `detail` is not.
        """
        if current().quiet:
            return
        now, text = time.monotonic(), ", ".join(filter(None, (note, detail)))
        if is_terminal(sys.stderr):
            if now - self.last >= _REDRAW or note != self.said or (total and done >= total):
                self._draw(done, total, text)
                self.last, self.said = now, note
        elif note != self.said or now - self.last >= _HEARTBEAT:
            sys.stderr.write(f"{self._line(done, total, text)}\n")
            sys.stderr.flush()
            self.last, self.said = now, note

    def clear(self) -> None:
        """Take the redrawn line away."""
        if self.drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self.drawn = False

    def _line(self, done: float, total: float, note: str) -> str:
        share = f"{100 * done / total:3.0f}% {done:,.0f}/{total:,.0f} " if total else ""
        return f"{self.title}: {share}{note}".rstrip()

    def _left(self, done: float, total: float) -> str:
        """How long it will take, by how fast it went since it was first seen."""
        now = time.monotonic()
        if self.base is None or done < self.base[1] or not total:
            self.base = (now, done)
        spent, gained = now - self.base[0], done - self.base[1]
        if spent <= _REASONABLE or not gained or done >= total:
            return ""
        return f", {format_duration(spent * (total - done) / gained, most=2)} left"

    def _draw(self, done: float, total: float, note: str) -> None:
        text = self._line(done, total, note) + self._left(done, total)
        room = width(sys.stderr) - 1 - visible(text) - 1
        if total and room >= 12:
            text = f"{text} {_bar(done / total, min(room, 30))}"
        sys.stderr.write(f"\r\x1b[K{text[: width(sys.stderr) - 1]}")
        sys.stderr.flush()
        self.drawn = True


def _bar(share: float, size: int) -> str:
    full, empty = ("#", "-") if plain(sys.stderr) else ("━", "─")
    filled = round(max(0.0, min(share, 1.0)) * size)
    return paint(full * filled, "cyan", sys.stderr) + paint(empty * (size - filled), "dim", sys.stderr)
