"""Events: everything that happened to jobs, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message

from tui.columns import Column
from tui.feed import PAST
from tui.look import glyph
from tui.rows import Rows
from tui.screens.pane import Pane
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.feed import Feed
    from tui.happening import Happening
    from tui.look import Line, Look


class Events(Pane):
    """Screen 6."""

    name_ = "events"
    title = "Events"
    key = "6"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "back", show=False)]
    DEFAULT_CSS = """
    Events Table { height: 1fr; }
    """

    class Wanted(Message):
        """The job of an event."""

        def __init__(self, job: int, task: int | None) -> None:
            super().__init__()
            self.job, self.task = job, task

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self.rows: Rows[Happening] = Rows(lambda event: event.id, _columns(), sort="time", reverse=True)

    def compose(self) -> ComposeResult:
        """The table."""
        yield Table(self.rows, self.look, empty=self._empty, name="happenings")

    def shown(self) -> None:
        """The keys go to the table."""
        self.table.focus()

    def settle(self) -> None:
        """Read what happened since, and put it in order."""
        top = self.table.cursor is None or self.rows.place(self.table.cursor) == 0
        happened = self.feed.happenings()
        if happened is None:
            return
        self.rows.replace(happened)
        if self.rows.settle():
            if top and self.rows.keys:
                self.table.cursor = self.rows.keys[0]
            self.table.settled()

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        return (("enter", "its job"), ("/", "filter"), ("s S", "sort"), ("y Y", "copy"))

    def note(self) -> Line:
        """What is filtered."""
        newest = "the newest " if self.rows.total == PAST else ""
        if not self.filter:
            return ((f"{newest}{self.rows.total:,}", "muted"),) if newest else ()
        return self.sifted(newest)

    def text_of(self, row: Happening) -> str:
        """All that is told of it but the time."""
        return f"{row.label} {row.name} {row.status} {row.note}"

    def identity(self) -> str:
        """The id of the job, or of its task."""
        event = self.rows.get(self.table.cursor)
        return event.label if event else ""

    def command(self) -> str:
        """The command that shows the same."""
        job = self.identity()
        return f"dmod job show {job}" if job else "dmod job list"

    def action_back(self) -> None:
        """Show all again."""
        if self.filter:
            self.typed("", done=True)

    def on_table_opened(self, event: Table.Opened) -> None:
        """Go to the job."""
        event.stop()
        happened = self.rows[event.key]
        self.post_message(self.Wanted(happened.job, happened.task))

    def _empty(self) -> list[Line]:
        if self.rows.total:
            return [(("No event has ", "text"), (self.filter, "accent"), (" in it.", "text"))]
        return [
            (("Nothing has happened yet: no job was submitted.", "text"),),
            (("  dmod job submit job.toml", "accent"),),
        ]


def _columns() -> tuple[Column[Happening], ...]:
    return (
        Column("time", "TIME", 19, lambda e: ((f"{e.time:%Y-%m-%d %H:%M:%S}", "muted"),), lambda e: e.id),
        Column("job", "JOB", 7, _job, lambda e: (e.job, e.task or 0), grow=1, most=12, right=True),
        Column("name", "NAME", 14, lambda e: ((e.name, "text"),), lambda e: e.name, grow=2, most=34),
        Column("status", "STATUS", 12, _status, lambda e: e.status),
        Column("note", "NOTE", 16, _note, lambda e: e.note or None, grow=3),
    )


def _job(event: Happening) -> Line:
    return ((event.label, "muted"),)


def _status(event: Happening) -> Line:
    sign, style = glyph(event.status)
    return (f"{sign} ", style), (event.status, "text")


def _note(event: Happening) -> Line:
    return ((event.note.partition("\n")[0], "error" if event.status == "failed" else "muted"),)
