"""Data: the datasets, what time and which catchments they cover, and everything about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from tui.datasets import Span, columns, facts
from tui.rows import Rows
from tui.screens.pane import Pane
from tui.widgets.lines import Lines
from tui.widgets.pages import Pages
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from dmod.data.dataset import Dataset
    from tui.feed import Feed
    from tui.look import Line, Look


class Data(Pane):
    """Screen 2."""

    name_ = "data"
    title = "Data"
    key = "2"
    DEFAULT_CSS = """
    Data #datasets { height: 1fr; }
    Data #dataset { height: 45%; display: none; }
    Data Pages { display: none; }
    Data.-open #dataset, Data.-open Pages { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "open", show=False),
        Binding("escape", "back", "back", show=False),
    ]

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self.span = Span()
        self._columns = columns(self.span, feed.clock)
        self.rows: Rows[Dataset] = Rows(lambda dataset: dataset.name, self._columns, sort="name", reverse=False)
        self.filter = ""

    def compose(self) -> ComposeResult:
        """The table, and what opens below it."""
        yield Table(self.rows, self._columns, self.look, empty=self._empty, name="datasets")
        yield Pages(self.look)
        yield Lines(self.look, name="dataset")

    @property
    def table(self) -> Table[Dataset]:
        """The list of datasets."""
        return self.query_one("#datasets", Table)

    def shown(self) -> None:
        """The keys go to the table."""
        self.table.focus()

    def settle(self) -> None:
        """Read the store again if something in it has changed."""
        datasets = self.feed.datasets()
        if datasets is None:
            return
        if self.span.fit(datasets):
            self.table.restyle(self.look)
        changed = self.rows.replace(datasets)
        if self.rows.settle():
            self.table.settled()
        else:
            self.table.touched(changed & set(self.rows.keys))
        self._fill()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        super().restyle(look)
        self.table.restyle(look)
        self.query_one(Pages).restyle(look)
        self.query_one(Lines).restyle(look)

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        first = ("esc", "back") if self.has_class("-open") else ("enter", "open")
        return (first, ("/", "filter"), ("s S", "sort"), ("y Y", "copy"))

    def note(self) -> Line:
        """What is filtered."""
        if not self.filter:
            return ()
        return (f"{self.filter}  ", "accent"), (f"{len(self.rows):,} of {self.rows.total:,}", "muted")

    def identity(self) -> str:
        """The name of the dataset."""
        return str(self.table.cursor or "")

    def command(self) -> str:
        """The command that shows the same."""
        return f"dmod dataset show {self.table.cursor}" if self.table.cursor else "dmod dataset list"

    def asked(self) -> tuple[str, str] | None:
        """A part of a name, or a category."""
        return "filter", self.filter

    def typed(self, text: str, *, done: bool) -> str:
        """Show those in whose name, category or format all words occur."""
        self.filter = text
        words = text.lower().split()
        self.rows.choose(
            (lambda each: all(word in f"{each.name} {each.category} {each.domain.format}".lower() for word in words))
            if words
            else None
        )
        self.table.settled()
        if done:
            self.table.focus()
        return ""

    def action_open(self) -> None:
        """Show everything about the dataset."""
        self.add_class("-open")
        self._fill()
        self.post_message(self.Changed())

    def action_back(self) -> None:
        """Close what is open, or else show all."""
        if self.has_class("-open"):
            self.remove_class("-open")
        elif self.filter:
            self.typed("", done=True)
        self.table.focus()
        self.post_message(self.Changed())

    def on_table_opened(self, event: Table.Opened) -> None:
        """Open it, or go into it."""
        event.stop()
        if self.has_class("-open"):
            self.query_one(Lines).focus()
        self.action_open()

    def on_table_moved(self, event: Table.Moved) -> None:
        """What is open follows the cursor."""
        event.stop()
        self._fill()

    def _fill(self) -> None:
        chosen = self.rows.get(self.table.cursor)
        if self.has_class("-open") and chosen is not None:
            title = ((f" {chosen.name}", "strong"), (f"  {chosen.description}", "muted"))
            self.query_one(Pages).show(title, (), "")
            self.query_one(Lines).show(facts(chosen, self.feed.clock()))

    def _empty(self) -> list[Line]:
        if self.rows.total:
            return [
                (("No dataset has ", "text"), (self.filter, "accent"), (" in its name, category or format.", "text"))
            ]
        return [
            (("No datasets yet. ", "text"), ("Register files:", "muted")),
            (),
            (("  dmod dataset create NAME --category forcing --from PATH", "accent"),),
            (),
            (("or let the demo bring three real rivers:  ", "muted"), ("dmod demo", "accent")),
        ]
