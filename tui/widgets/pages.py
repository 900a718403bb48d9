"""Pages: the line above the detail of a job: its name, and the pages there are with their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from tui.columns import cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

    from tui.look import Line, Look


class Pages(Widget):
    """One line: title on the left, pages on the right."""

    DEFAULT_CSS = """
    Pages { height: 1; background: $panel; }
    """

    class Picked(Message):
        """A page was chosen with the mouse."""

        def __init__(self, page: str) -> None:
            super().__init__()
            self.page = page

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._title: Line = ()
        self._pages: Sequence[tuple[str, str]] = ()  # key, name
        self._active = ""

    def show(self, title: Line, pages: Sequence[tuple[str, str]], active: str) -> None:
        """Show a title, the pages there are, and which one is open."""
        told = (title, list(pages), active)
        if told != (self._title, self._pages, self._active):
            self._title, self._pages, self._active = told
            self.refresh()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        pages: list[tuple[str, str]] = []
        for key, name in self._labels():
            style = "chip" if name == self._active else ""
            pages += [(f" {key} ", style or "accent"), (f"{name} " if name else "", style or "muted"), (" ", "text")]
        room = self.size.width - sum(len(text) for text, _ in pages)
        title = cell(self._title, max(room, 0))
        return self.look.strip((*title, *pages) if y == 0 else (), self.size.width, "raised")

    def _labels(self) -> Sequence[tuple[str, str]]:
        """The pages as they are shown: by their keys alone, but for the open one, where names leave too little room."""
        wide = sum(map(_width, self._pages))
        narrow = wide > self.size.width - sum(len(text) for text, _ in self._title)
        return [(key, name if name == self._active or not narrow else "") for key, name in self._pages]

    def on_click(self, event: events.Click) -> None:
        """Choose a page."""
        labels = self._labels()
        at = self.size.width - sum(map(_width, labels))
        for label, (_, name) in zip(labels, self._pages, strict=True):
            if at <= event.x < at + _width(label):
                self.post_message(self.Picked(name))
            at += _width(label)


def _width(label: tuple[str, str]) -> int:
    """The cells of a page's key and name, and the blank after it."""
    key, name = label
    return len(f" {key} {name} " if name else f" {key} ") + 1
