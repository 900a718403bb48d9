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
        for key, name in self._pages:
            style = "chip" if name == self._active else ""
            pages += [(f" {key} ", style or "accent"), (f"{name} ", style or "muted"), (" ", "text")]
        room = self.size.width - sum(len(text) for text, _ in pages)
        title = cell(self._title, max(room, 0))
        return self.look.strip((*title, *pages) if y == 0 else (), self.size.width, "raised")

    def on_click(self, event: events.Click) -> None:
        """Choose a page."""
        at = self.size.width - sum(len(key) + len(name) + 4 for key, name in self._pages)
        for key, name in self._pages:
            width = len(key) + len(name) + 4
            if at <= event.x < at + width:
                self.post_message(self.Picked(name))
            at += width
