"""Keys: the footer: one action per key, as many as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from tui.look import Look

_ALWAYS = (("?", "help"), ("q", "quit"))


class Keys(Widget):
    """What can be typed here, the most useful first."""

    DEFAULT_CSS = """
    Keys { height: 1; background: $panel; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._keys: Sequence[tuple[str, str]] = ()

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show other keys."""
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        room = self.size.width - 1 - sum(len(key) + len(label) + 3 for key, label in _ALWAYS) if y == 0 else 0
        line = [(" ", "text")]
        for key, label in self._keys:
            room -= len(self.look.plain(key)) + len(label) + 3
            if room < 0:
                break
            line += [(key, "accent"), (f" {label}  ", "muted")]
        for key, label in _ALWAYS:
            line += [(key, "accent"), (f" {label}  ", "muted")]
        return self.look.strip([*line[:-1], (line[-1][0].rstrip(), "muted")], self.size.width, "raised")
