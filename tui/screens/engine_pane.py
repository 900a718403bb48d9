"""EnginePane: a list of what the Docker Engine has, and below it pages about the row under the cursor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.widgets import ContentSwitcher

from tui.rows import Rows
from tui.screens.confirm import ask, refused
from tui.screens.paged import PagedPane
from tui.widgets.lines import Lines
from tui.widgets.pages import Pages
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from tui.asked import Asked
    from tui.columns import Column
    from tui.doing import Doing
    from tui.feed import Feed
    from tui.look import Line, Look

T = TypeVar("T")


class EnginePane(PagedPane, Generic[T]):
    """The engine is asked while it is in front; what is done goes on in threads, and is told on the page `doing`."""

    pages: ClassVar[Mapping[str, str]]  # of the row, with their keys
    DEFAULT_CSS = """
    EnginePane Table { height: 1fr; }
    EnginePane Pages { display: none; }
    EnginePane ContentSwitcher { height: 1fr; display: none; }
    EnginePane ContentSwitcher > * { height: 1fr; width: 1fr; }
    EnginePane.-open ContentSwitcher, EnginePane.-open Pages { display: block; }
    EnginePane.-whole Table { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "page('overview')", "overview", show=False),
        Binding("b", "page('doing')", "what is being done", show=False),
        Binding("z", "whole", "whole screen", show=False),
        Binding("escape", "back", "back", show=False),
    ]

    def __init__(self, look: Look, feed: Feed, asked: Asked[list[T]], columns: Sequence[Column[T]]) -> None:
        super().__init__(look, feed)
        self.asked_ = asked
        self.rows: Rows[T] = Rows(self.key_of, columns, sort=columns[0].key, reverse=False)
        self.page = "overview"
        self._minute = ""  # for which ages are shown

    def key_of(self, row: T) -> str:
        """What a row is found by."""
        raise NotImplementedError

    def facts(self, row: T) -> list[Line]:
        """The overview of a row."""
        raise NotImplementedError

    def title_of(self, row: T) -> Line:
        """What stands above the pages."""
        raise NotImplementedError

    def more(self) -> Sequence[Widget]:
        """Pages beside the overview and what is being done."""
        return ()

    def compose(self) -> ComposeResult:
        """The table, and the pages that open below it."""
        yield Table(self.rows, self.look, empty=self._empty, name=f"{self.name_}-table")
        yield Pages(self.look)
        with ContentSwitcher(initial=f"{self.name_}-overview"):
            yield Lines(self.look, name=f"{self.name_}-overview")
            yield from self.more()
            yield Lines(self.look, name=f"{self.name_}-doing")

    @property
    def table(self) -> Table[T]:
        """The list."""
        return self.query_one(f"#{self.name_}-table", Table)

    @property
    def below(self) -> Widget:
        """The pages."""
        return self.query_one(ContentSwitcher)

    @property
    def current(self) -> Widget:
        """The page that is open."""
        return self.query_one(f"#{self.name_}-{self.page}")

    def shown(self) -> None:
        """The keys go to the table, and the engine is asked at once."""
        self.asked_.soon()
        (self.current if self.has_class("-whole") else self.table).focus()
        self.follow()

    def follow(self) -> None:
        """Show what the engine answered meanwhile, and how far is what is being done."""
        if self.asked_.look(self.feed.clock().timestamp()):
            self._take()
        if self.open:
            self.fill()

    def settle(self) -> None:
        """Ages go on, by minutes."""
        minute = f"{self.feed.clock():%H:%M}"
        if minute != self._minute:
            self._minute = minute
            self.rows.touch(self.rows.keys)
            self.table.touched(self.rows.keys)

    def _take(self) -> None:
        self.rows.replace(self.asked_.value or ())
        self.rows.settle()
        self.table.settled()
        self.post_message(self.Changed())

    def fill(self) -> None:
        """Bring the open page up to date."""
        row = self.rows.get(self.table.cursor)
        title = self.title_of(row) if row is not None and self.page != "doing" else ((" what is being done", "strong"),)
        self.query_one(Pages).show(title, [(key, page) for page, key in self.pages.items()], self.page)
        if self.page == "doing":
            self.query_one(f"#{self.name_}-doing", Lines).show(self.feed.doings.lines() or [(), _NOTHING])
        elif self.page == "overview":
            self.query_one(f"#{self.name_}-overview", Lines).show(self.facts(row) if row is not None else [])

    def action_page(self, page: str) -> None:
        """Open a page; the page's key again closes it."""
        if self.open and self.page == page:
            self.action_back()
            return
        self.page = page
        self.add_class("-open")
        self.query_one(ContentSwitcher).current = f"{self.name_}-{page}"
        self.fill()
        if not self.table.has_focus or page == "log":
            self.current.focus()
        self.post_message(self.Changed())

    def change(self, question: str, title: str, act: Callable[[Doing], str], name: str = "") -> None:
        """Do something after a question; with `name`, that must be typed."""
        if not refused(self.app, self.feed):
            ask(self.app, question, partial(self._begin, title, act), name=name)

    def _begin(self, title: str, act: Callable[[Doing], str]) -> None:
        self.feed.doings.begin(title, act)
        if not (self.open and self.page == "doing"):
            self.action_page("doing")

    def soon(self) -> None:
        """Something was changed: ask anew."""
        self.asked_.soon()

    def on_table_opened(self, event: Table.Opened) -> None:
        """Open the overview, or go into what is open."""
        event.stop()
        if self.open:
            self.current.focus()
        else:
            self.action_page("overview")

    def on_table_moved(self, event: Table.Moved) -> None:
        """What is open follows the cursor."""
        event.stop()
        if self.open:
            self.fill()
        self.post_message(self.Changed())

    def commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """What its own keys do."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and binding.key.isupper() and not self.feed.read_only:
                said = f"{self.title}: {binding.description}"
                yield binding.description.capitalize(), said, getattr(self, f"action_{binding.action}")

    def note(self) -> Line:
        """What is filtered, and what goes on."""
        going = self.feed.doings.going
        said = (("● ", "primary"), (f"{going[0].title}  ", "text")) if going else ()
        return (*said, *self.sifted())

    def _empty(self) -> list[Line]:
        """Why there is nothing, and what to type."""
        trouble = self.asked_.trouble
        if trouble is not None:
            why = f": {trouble.why}" if trouble.why else ""
            return [
                (("○ ", "warning"), (f"{trouble.message}{why}", "text")),
                (("  fix: ", "muted"), (trouble.fix, "accent")),
                (),
                (("  The rest goes on; jobs whose executor is local need no Docker.", "muted"),),
            ]
        if self.rows.total:
            return [(("Nothing here has ", "text"), (self.filter, "accent"), (" in it; esc shows all.", "text"))]
        return [(("asking the engine…", "muted"),)]


_NOTHING: Line = ((" Nothing is being done, and nothing was done since this dashboard was opened.", "muted"),)
