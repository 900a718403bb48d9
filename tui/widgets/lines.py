"""Lines: text to read, line by line by the Line API, scrolled when there is more of it than fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.strip import Strip

    from tui.look import Line, Look


class Lines(ScrollView, can_focus=True):
    """Styled lines that a screen sets."""

    DEFAULT_CSS = """
    Lines { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "by(-1)", "up", show=False),
        Binding("down,j", "by(1)", "down", show=False),
        Binding("pageup,ctrl+b", "by(-20)", "page up", show=False),
        Binding("pagedown,ctrl+f", "by(20)", "page down", show=False),
        Binding("home,g", "top", "first", show=False),
        Binding("end,G", "bottom", "last", show=False),
    ]

    def __init__(self, look: Look, *, name: str = "", on: str = "ground") -> None:
        super().__init__(id=name or None)
        self.look, self.on = look, on
        self._lines: list[Line] = []

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; nothing is drawn if they are the same."""
        if list(lines) == self._lines:
            return
        self._lines = list(lines)
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self.refresh()

    def on_resize(self) -> None:
        """Keep the width."""
        self.virtual_size = Size(self.size.width, len(self._lines))

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        at = y + self.scroll_offset.y
        return self.look.strip(self._lines[at] if at < len(self._lines) else (), self.size.width, self.on)

    def action_by(self, lines: int) -> None:
        """Scroll."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def action_top(self) -> None:
        """To the first line."""
        self.scroll_to(y=0, animate=False)

    def action_bottom(self) -> None:
        """To the last line."""
        self.scroll_to(y=self.max_scroll_y, animate=False)
