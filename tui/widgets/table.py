"""Table: rows by the Line API: a changed row costs one line, whatever the number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView

from tui.columns import GAP, cell, fit
from tui.look import apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip

    from tui.columns import Column
    from tui.look import Line, Look
    from tui.rows import Key, Rows

T = TypeVar("T")
EDGE = 2  # cells before the first column, where marks are
_HEAD = 1  # lines
_DRAWN = 512  # rows


class Table(ScrollView, Generic[T], can_focus=True):
    """A cursor that sticks to its key, marks, a header that stays, columns that give way."""

    DEFAULT_CSS = """
    Table { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False),
        Binding("home,g", "edge(-1)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
        Binding("space", "mark", "mark", show=False),
        Binding("enter", "open", "open", show=False),
        Binding("right", "fold(False)", "unfold", show=False),
        Binding("left", "fold(True)", "fold", show=False),
        Binding("s", "sort(1)", "sort", show=False),
        Binding("S", "reverse", "reverse", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, key: Key | None) -> None:
            super().__init__()
            self.key = key

    class Opened(Message):
        """A row was chosen."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    class Folded(Message):
        """What is below a row shall be hidden, or shown."""

        def __init__(self, key: Key, *, away: bool) -> None:
            super().__init__()
            self.key, self.away = key, away

    def __init__(self, rows: Rows[T], look: Look, *, empty: Callable[[], list[Line]], name: str) -> None:
        super().__init__(id=name)
        self.rows, self.columns, self.look = rows, list(rows.columns.values()), look
        self.cursor: Key | None = None
        self.marks: set[Key] = set()
        self.hidden: frozenset[str] = frozenset()  # columns that are not wanted
        self._at = 0  # where the cursor is, or was when its row went
        self._empty = empty
        self._laid: list[tuple[Column[T], int]] = []
        self._drawn: dict[Key, Strip] = {}  # what the terminal shows of rows that can be seen
        self._strips: LRUCache[tuple[Key, int, bool, str], Strip] = LRUCache(256)

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._lay()
        self._seek()

    def hide(self, columns: Iterable[str]) -> None:
        """Leave columns out; the first always stays, for it says what a row is."""
        self.hidden = frozenset(columns) & {column.key for column in self.columns[1:]}
        self._lay()
        self.refresh()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self._strips.clear()
        self.refresh()

    def touched(self, keys: Iterable[Key]) -> None:
        """Draw again those of these rows that can be seen."""
        top = self.scroll_offset.y
        seen = range(top, top + self.size.height - _HEAD)
        for key in keys:
            place = self.rows.place(key)
            if place is not None and place in seen:
                begin, end = self._differs(key)
                if end > begin:
                    self.refresh(Region(begin, place - top + _HEAD, end - begin, 1))

    def _differs(self, key: Key) -> tuple[int, int]:
        """From which cell to which a row is not as it was drawn last: a terminal is told no more than that."""
        before, now = self._drawn.get(key), self._strip(key)
        if before is None or before.cell_length != now.cell_length:
            return 0, self.size.width
        return apart(before, now)

    def _strip(self, key: Key) -> Strip:
        """A row as it is drawn now."""
        on = "ground" if key != self.cursor else "cursor" if self.has_focus else "cursor-away"
        marked = key in self.marks
        cached = (key, self.rows.revision(key), marked, on)
        strip = self._strips.get(cached)
        if strip is None:
            strip = self._strips[cached] = self.look.strip(self._line(key, marked=marked), self.size.width, on)
        if len(self._drawn) > _DRAWN:
            self._drawn.clear()
        self._drawn[key] = strip
        return strip

    def settled(self) -> None:
        """Draw everything again, after the order or the selection changed."""
        self.marks = {key for key in self.marks if key in self.rows}
        self._seek()
        self.refresh()

    def point(self, key: Key) -> None:
        """Put the cursor on a key."""
        place = self.rows.place(key)
        if place is not None:
            self._go(place)

    def chosen(self) -> list[Key]:
        """The marked rows in their order, or else the one under the cursor."""
        marked = [key for key in self.rows.keys if key in self.marks] if self.marks else []
        return marked or ([self.cursor] if self.cursor is not None else [])

    def unmark(self) -> None:
        """Take all marks away."""
        marks, self.marks = self.marks, set()
        self.touched(marks)

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        width = self.size.width
        if y < _HEAD:
            return self.look.strip(self._head(), width)
        at = y - _HEAD + self.scroll_offset.y
        if at >= len(self.rows):
            return self.look.strip(self._message(y) if not len(self.rows) else (), width)
        return self._strip(self.rows.keys[at])

    def on_focus(self) -> None:
        """Show which pane the keys go to."""
        self.touched([self.cursor] if self.cursor is not None else [])

    def on_blur(self) -> None:
        """The same, the other way."""
        self.on_focus()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is, open at a second click, sort by a title."""
        if event.y < _HEAD:
            self._sort_at(event.x)
            return
        at = event.y - _HEAD + self.scroll_offset.y
        if at < len(self.rows):
            self._go(at)
            if event.chain == 2:
                self.action_open()

    def action_move(self, by: int) -> None:
        """Up or down by rows."""
        self._go(self._at + by)

    def action_page(self, by: int) -> None:
        """Up or down by what can be seen."""
        self._go(self._at + by * max(self.size.height - _HEAD - 1, 1))

    def action_edge(self, by: int) -> None:
        """To the first or the last row."""
        self._go(0 if by < 0 else len(self.rows) - 1)

    def action_mark(self) -> None:
        """Mark or unmark a row, and go on to the next."""
        if self.cursor is not None:
            self.marks ^= {self.cursor}
            self.touched([self.cursor])
            self.action_move(1)
            self.post_message(self.Moved(self.cursor))

    def action_open(self) -> None:
        """Choose the row under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Opened(self.cursor))

    def action_fold(self, away: bool) -> None:  # noqa: FBT001 - an action's argument
        """Hide or show what is below the row."""
        if self.cursor is not None:
            self.post_message(self.Folded(self.cursor, away=away))

    def action_sort(self, by: int) -> None:
        """Sort by the next column that can be seen."""
        keys = [column.key for column, _ in self._laid]
        at = keys.index(self.rows.sort) if self.rows.sort in keys else -by
        self._sort(keys[(at + by) % len(keys)], reverse=self.rows.reverse)

    def action_reverse(self) -> None:
        """The same order from the other end."""
        self._sort(self.rows.sort, reverse=not self.rows.reverse)

    def _sort(self, key: str, *, reverse: bool) -> None:
        self.rows.order(key, reverse=reverse)
        self._seek()
        self.refresh()

    def _sort_at(self, x: int) -> None:
        start = EDGE
        for column, width in self._laid:
            if start <= x < start + width + GAP:
                self._sort(column.key, reverse=self.rows.reverse ^ (column.key == self.rows.sort))
                return
            start += width + GAP

    def _go(self, at: int) -> None:
        """Put the cursor at a row, or as near as there is one."""
        before = self.cursor
        self._at = max(0, min(at, len(self.rows) - 1))
        self.cursor = self.rows.keys[self._at] if len(self.rows) else None
        self._show()
        self.touched([key for key in (before, self.cursor) if key is not None])
        if self.cursor != before:
            self.post_message(self.Moved(self.cursor))

    def _seek(self) -> None:
        """Find the cursor's row again; if it has gone, stay where it was."""
        self.virtual_size = Size(self.size.width, len(self.rows) + _HEAD)
        place = self.rows.place(self.cursor)
        self._go(self._at if place is None else place)

    def _show(self) -> None:
        """Scroll so that the cursor can be seen."""
        top, height = self.scroll_offset.y, self.size.height - _HEAD
        if height <= 0:
            return
        if self._at < top:
            self.scroll_to(y=self._at, animate=False)
        elif self._at >= top + height:
            self.scroll_to(y=self._at - height + 1, animate=False)

    def _lay(self) -> None:
        wanted = [column for column in self.columns if column.key not in self.hidden]
        self._laid = fit(wanted, self.size.width - EDGE - 1)
        self._strips.clear()

    def _head(self) -> Line:
        line: list[tuple[str, str]] = [(" " * EDGE, "text")]
        for column, width in self._laid:
            title = column.title
            if column.key == self.rows.sort:
                title += "▼" if self.rows.reverse else "▲"
            style = "accent" if column.key == self.rows.sort else "muted"
            line += [*cell(((title, style),), width, right=column.right), (" " * GAP, "text")]
        return tuple(line[:-1])

    def _line(self, key: Key, *, marked: bool) -> Line:
        value = self.rows[key]
        line: list[tuple[str, str]] = [(" ▸" if marked else " " * EDGE, "accent")]
        for column, width in self._laid:
            line += [*cell(column.show(value), width, right=column.right), (" " * GAP, "text")]
        return tuple(line[:-1])

    def _message(self, y: int) -> Line:
        """Why there is nothing, and what to type."""
        lines = self._empty()
        at = y - _HEAD - 1
        return ((" " * EDGE, "text"), *lines[at]) if 0 <= at < len(lines) else ()
