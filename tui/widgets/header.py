"""Header: the scheduler, how many jobs are in which status, the clock; below it the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from tui.columns import cell
from tui.look import glyph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual import events
    from textual.strip import Strip

    from tui.look import Line, Look

_COUNTED = ("running", "queued", "failed", "completed", "canceled")  # what gives way first stands last


_APART = ("   ", "text")


class Told(NamedTuple):
    """What the first line says."""

    state: Line  # of the scheduler
    counts: Mapping[str, int]  # jobs by status
    clock: str
    stacks: Line = ()
    nodes: Line = ()
    wrong: tuple[str, ...] = ()  # which of stacks and nodes must not give way
    machine: Line = ()  # gives way to all


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
        self._told = Told((), {}, "")
        self._note: Line = ()  # at the right of the second line

    def say(self, told: Told) -> None:
        """Show what is to be told of everything; draws only what changed."""
        if told != self._told:
            self._told = told
            self.refresh(Region(0, 0, self.size.width, 1))

    def show(self, active: str, note: Line) -> None:
        """Mark a screen as the one that is shown, with a note about it."""
        if (active, note) != (self._active, self._note):
            self._active, self._note = active, note
            self.refresh(Region(0, 1, self.size.width, 1))

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
        """What is wrong comes first, then the counts; the rest as far as there is room."""
        told = self._told
        left: list[tuple[str, str]] = [(" dmod", "title"), (f" {self.project}  ", "text"), *told.state]
        right: Line = ((f"{told.clock} ", "muted"),)
        room = self.size.width - _size((*left, *right)) - 2
        counts: list[tuple[str, str]] = []
        beside = {name: (_APART, *line) for name, line in (("stacks", told.stacks), ("nodes", told.nodes)) if line}
        kept = {name for name in beside if name in told.wrong}
        room -= sum(_size(beside[name]) for name in kept)
        for status in _COUNTED:
            count = told.counts.get(status, 0)
            if not count:
                continue
            sign, style = glyph(status)
            pieces = [_APART, (f"{sign} ", style), (f"{count:,} ", "text"), (status, "muted")]
            if _size(pieces) > room:
                break
            room -= _size(pieces)
            counts += pieces
        for name in [name for name in beside if name not in kept]:
            if _size(beside[name]) <= room:
                room -= _size(beside[name])
                kept.add(name)
        left += [piece for name in beside if name in kept for piece in beside[name]]
        fits = _size(told.machine) <= room
        return (*left, *counts), (*told.machine, *right) if fits else right

    def _second(self) -> tuple[Line, Line]:
        left: list[tuple[str, str]] = [(" ", "text")]
        for key, name, title in self._screens:
            style = "chip" if name == self._active else ""
            left += [(f" {key} ", style or "accent"), (f"{title} ", style or "muted"), (" ", "text")]
        return tuple(left), (*self._note, (" ", "text"))


def _size(line: Iterable[tuple[str, str]]) -> int:
    return sum(len(text) for text, _ in line)
