"""Log: a file as it grows, by the Line API: what can be seen is all that is drawn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView

from tui.log_file import LogFile

if TYPE_CHECKING:
    from pathlib import Path

    from textual.binding import BindingType
    from textual.strip import Strip

    from tui.look import Line, Look

_REST = 0.35  # seconds after much was added
_ALARMS = ("error", "failed", "traceback", "exception", "killed")


class Log(ScrollView, can_focus=True):
    """The end of a log; it follows the file until somebody scrolls up."""

    DEFAULT_CSS = """
    Log { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "by(-1)", "up", show=False),
        Binding("down,j", "by(1)", "down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False),
        Binding("home,g", "top", "first", show=False),
        Binding("end,G", "bottom", "last", show=False),
        Binding("p", "pause", "pause", show=False),
        Binding("n", "again(True)", "next", show=False),
        Binding("N", "again(False)", "previous", show=False),
        Binding("less_than_sign", "aside(-20)", "left", show=False),
        Binding("greater_than_sign", "aside(20)", "right", show=False),
    ]

    class Changed(Message):
        """It follows or no longer does, or something was found."""

    def __init__(self, look: Look, *, name: str = "") -> None:
        super().__init__(id=name or None)
        self.look = look
        self.file: LogFile | None = None
        self.following = True
        self.sought = ""  # what was searched for
        self.found: int | None = None  # the byte where its line begins
        self._hit = -1  # that line
        self._rest = 0.0  # until then it is not drawn again: nobody reads so fast
        self._aside = 0  # cells to the left that are not shown
        self._empty: list[Line] = []

    def open(self, path: Path | None, empty: list[Line]) -> None:
        """Show another file from its end, or say why there is none."""
        self._empty = empty
        if self.file is None or self.file.path != path:
            self.file, self._rest = LogFile(path) if path else None, 0.0
            self.following, self.sought, self.found, self._hit, self._aside = True, "", None, -1, 0
            self._grown()
        self.follow()

    def follow(self) -> None:
        """Show what was added since, while it follows."""
        if self.file is None or not self.following or time.monotonic() < self._rest:
            return
        before = self.file.end
        if self.file.follow():
            much = self.file.end - before > self.size.width * self.size.height // 8
            self._rest = time.monotonic() + (_REST if much else 0.0)
            self._grown()

    def search(self, text: str) -> None:
        """Go to the last line with this text."""
        self.sought = text
        self.found = None
        self.action_again(back=True)

    def typed(self, text: str, *, done: bool) -> str:
        """Search, once the text is complete; nothing can be wrong with one."""
        if done:
            self.search(text)
            self.focus()
        return ""

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self.refresh()

    def on_resize(self) -> None:
        """Keep the end in sight."""
        self._grown()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        at, width = y + self.scroll_offset.y, self.size.width
        lines = self.file.lines if self.file else []
        if at < len(lines):
            return self.look.strip(self._styled(lines[at]), width, "found" if at == self._hit else "ground")
        tail = self.file.tail if self.file else []
        if lines or tail:
            return self.look.strip(
                ((f" {tail[0][self._aside :]}", "text"),) if tail and at == len(lines) else (), width
            )
        return self.look.strip(self._empty[at] if at < len(self._empty) else (), width)

    def action_by(self, lines: int) -> None:
        """Scroll; at the end it follows again."""
        self._to(self.scroll_offset.y + lines)

    def action_page(self, by: int) -> None:
        """Scroll by what can be seen."""
        self._to(self.scroll_offset.y + by * max(self.size.height - 1, 1))

    def action_top(self) -> None:
        """To the first line of the window, which then grows upwards."""
        self._to(0)

    def action_bottom(self) -> None:
        """To the end, and follow."""
        if self.file is not None and self.file.path.exists():
            self.file = LogFile(self.file.path)
        self._hit, self.found, self._rest = -1, None, 0.0
        self._follow(on=True)
        self.follow()
        self._grown()

    def action_pause(self) -> None:
        """Follow or stay."""
        if self.following:
            self._follow(on=False)
        else:
            self.action_bottom()

    def action_aside(self, cells: int) -> None:
        """Show what is further to the right, or back."""
        self._aside = max(0, self._aside + cells)
        self.refresh()

    def action_again(self, back: bool) -> None:  # noqa: FBT001 - an action's argument
        """To the next line with what was searched for: backwards in time, or forwards."""
        if self.file is None or not self.sought:
            return
        if self.found is None:
            back = True
        found = self.file.search(self.sought, 1 << 62 if self.found is None else self.found, back=back)
        if found is not None:
            self.found = found
            self._follow(on=False)
            self._hit = self.file.line_of(found)
            self._resize()
            self.scroll_to(y=max(0, self._hit - self.size.height // 2), animate=False, force=True)
            self.refresh()
        self.post_message(self.Changed())

    def _to(self, y: int) -> None:
        if self.file is None:
            return
        if y <= 0:
            more = self.file.earlier()
            self._hit += more if self._hit >= 0 else 0
            y += more
            self._resize()
        elif y >= self.max_scroll_y:
            if self.file.follow():
                self._resize()
            self._follow(on=y >= self.max_scroll_y)
        if y < self.max_scroll_y:
            self._follow(on=False)
        self.scroll_to(y=y, animate=False, force=True)
        self.refresh()

    def _follow(self, *, on: bool) -> None:
        if on != self.following:
            self.following = on
            self.post_message(self.Changed())

    def _grown(self) -> None:
        self._resize()
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        self.refresh()

    def _resize(self) -> None:
        lines = len(self.file.lines) + len(self.file.tail) if self.file else 0
        self.virtual_size = Size(self.size.width, lines)

    def _styled(self, text: str) -> Line:
        shown = f" {text[self._aside :]}"
        alarm = any(word in text.lower() for word in _ALARMS)
        if not self.sought or self.sought not in shown:
            return ((shown, "error" if alarm else "text"),)
        before, found, after = shown.partition(self.sought)
        return ((before, "text"), (found, "found"), (after, "text"))
