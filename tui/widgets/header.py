"""Header: the scheduler, how many jobs are in which status, the clock; below it the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from tui.columns import cell
from tui.look import glyph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.strip import Strip

    from tui.look import Line, Look

_COUNTED = ("running", "queued", "failed", "completed", "canceled")  # what gives way first stands last


class Header(Widget):
    """Two lines above everything."""

    DEFAULT_CSS = """
    Header { height: 2; background: $panel; }
    """

    class Picked(Message):
        """A screen was chosen with the mouse."""

        def __init__(self, screen: str) -> None:
            super().__init__()
            self.chosen = screen

    def __init__(self, look: Look, project: str, screens: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self.look, self.project = look, project
        self._screens = screens  # key, name, title
        self._active = ""
        self._state: Line = ()
        self._counts: Mapping[str, int] = {}
        self._clock = ""
        self._machine: Line = ()  # gives way to the counts
        self._note: Line = ()  # at the right of the second line

    def say(self, *, state: Line, counts: Mapping[str, int], clock: str, machine: Line = ()) -> None:
        """Show the scheduler's state, the jobs by status, the machine, the time; draws only what changed."""
        told = (state, dict(counts), clock, machine)
        if told != (self._state, self._counts, self._clock, self._machine):
            self._state, self._counts, self._clock, self._machine = told
            self.refresh()

    def show(self, active: str, note: Line) -> None:
        """Mark a screen as the one that is shown, with a note about it."""
        if (active, note) != (self._active, self._note):
            self._active, self._note = active, note
            self.refresh()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        left, right = (self._first() if y == 0 else self._second()) if y < 2 else ((), ())
        room = self.size.width - sum(len(text) for text, _ in right)
        filled = cell(tuple(left), max(room, 0))
        return self.look.strip((*filled, *right), self.size.width, "raised")

    def on_click(self, event: events.Click) -> None:
        """Choose a screen."""
        at = 1
        for key, name, title in self._screens:
            width = len(f" {key} {title} ")
            if event.y == 1 and at <= event.x < at + width:
                self.post_message(self.Picked(name))
            at += width + 1

    def _first(self) -> tuple[Line, Line]:
        left: list[tuple[str, str]] = [(" dmod", "title"), (f" {self.project}  ", "text"), *self._state]
        right: Line = ((f"{self._clock} ", "muted"),)
        room = self.size.width - sum(len(text) for text, _ in (*left, *right)) - 2
        for status in _COUNTED:
            count = self._counts.get(status, 0)
            if not count:
                continue
            sign, style = glyph(status)
            pieces = [("   ", "text"), (f"{sign} ", style), (f"{count:,} ", "text"), (status, "muted")]
            room -= sum(len(text) for text, _ in pieces)
            if room < 0:
                break
            left += pieces
        fits = sum(len(text) for text, _ in self._machine) <= room
        return tuple(left), (*self._machine, *right) if fits else right

    def _second(self) -> tuple[Line, Line]:
        left: list[tuple[str, str]] = [(" ", "text")]
        for key, name, title in self._screens:
            style = "chip" if name == self._active else ""
            left += [(f" {key} ", style or "accent"), (f"{title} ", style or "muted"), (" ", "text")]
        return tuple(left), (*self._note, (" ", "text"))
