"""Pane: what every screen has: keys, a note for the header, a share in each look at the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.message import Message

from tui.widgets.hydrograph import Hydrograph
from tui.widgets.lines import Lines
from tui.widgets.log import Log
from tui.widgets.pages import Pages
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.widget import Widget

    from tui.feed import Feed
    from tui.look import Line, Look
    from tui.memory import Memory
    from tui.rows import Rows


class Pane(Vertical):
    """One screen; the application asks it, and it draws."""

    name_: ClassVar[str]  # as in --screen
    title: ClassVar[str]
    key: ClassVar[str]  # the digit that shows it
    rows: Rows[Any]  # what its list shows

    class Changed(Message):
        """Keys or note are others now."""

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(id=self.name_)
        self.look, self.feed = look, feed
        self.filter = ""

    @property
    def table(self) -> Table[Any]:
        """Its list."""
        return self.query_one(Table)

    def remembered(self, memory: Memory, given: str = "") -> None:
        """Be as it was left; `given` is a filter that goes before the one that is remembered."""
        table, sort = self.table, memory.sorts.get(self.name_, "")
        if sort.removeprefix("-") in table.rows.columns:
            table.rows.order(sort.removeprefix("-"), reverse=sort.startswith("-"))
        table.hide(memory.hidden.get(self.name_, ()))
        if text := given or memory.filters.get(self.name_, ""):
            wrong = self.typed(text, done=False)
            self.app.notify(wrong, severity="warning", markup=False) if wrong else None

    def remember(self, memory: Memory) -> None:
        """How it is left."""
        rows = self.table.rows
        memory.sorts[self.name_] = f"{'-' * rows.reverse}{rows.sort}"
        memory.hidden[self.name_] = sorted(self.table.hidden)
        memory.filters[self.name_] = self.filter

    @property
    def below(self) -> Widget | None:
        """What opens below its list."""
        return None

    def divide(self, share: int) -> None:
        """Give what opens below the list so many of a hundred lines."""
        if self.below is not None:
            self.table.styles.height, self.below.styles.height = f"{100 - share}fr", f"{share}fr"

    def keys(self) -> Sequence[tuple[str, str]]:
        """Keys and what they do here, the most useful first."""
        return ()

    def commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """For the palette: what can be done here, in a word and a sentence."""
        yield from ()

    def note(self) -> Line:
        """What stands at the right of the header."""
        return ()

    def shown(self) -> None:
        """The pane has come to the front."""

    def sifted(self, of: str = "") -> Line:
        """The filter, and how many it leaves, for a note."""
        if not self.filter:
            return ()
        return (f"{self.filter}  ", "accent"), (f"{len(self.rows):,} of {of}{self.rows.total:,}", "muted")

    def text_of(self, row: Any) -> str:  # noqa: ANN401 - as its rows are
        """The words that a filter looks for."""
        raise NotImplementedError

    def settle(self) -> None:
        """A second has passed: bring order and times up to date."""

    def follow(self) -> None:
        """It is in front, and a moment has passed: show what may have grown."""

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        for widget in (
            *self.query(Table),
            *self.query(Lines),
            *self.query(Pages),
            *self.query(Log),
            *self.query(Hydrograph),
        ):
            widget.restyle(look)

    def identity(self) -> str:
        """The id under the cursor, for `y`."""
        return ""

    def command(self) -> str:
        """The command line that shows the same, for `Y`."""
        return ""

    def asked(self) -> tuple[str, str] | None:
        """What `/` asks for here, and the text there is."""
        return "filter", self.filter

    def typed(self, text: str, *, done: bool) -> str:
        """Show the rows in which all words occur; returns what is wrong with what is typed."""
        self.filter = text
        words = text.lower().split()
        self.rows.choose((lambda row: all(word in self.text_of(row).lower() for word in words)) if words else None)
        self.table.settled()
        if done:
            self.table.focus()
        return ""
