"""Data: the datasets, what time and which catchments they cover, and everything about one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from dmod.errors import DmodError
from tui.datasets import Span, columns, facts
from tui.need import Need
from tui.rows import Rows
from tui.screens.answer import Answer
from tui.screens.confirm import ask, refused
from tui.screens.jobs import Jobs
from tui.screens.pane import Pane
from tui.widgets.lines import Lines
from tui.widgets.pages import Pages
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

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
    Data #dataset { height: 1fr; display: none; }
    Data Pages { display: none; }
    Data.-open #dataset, Data.-open Pages { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "open", show=False),
        Binding("escape", "back", "back", show=False),
        Binding("a", "against", "against the job of screen 1", show=False),
        Binding("c", "run('check')", "check", show=False),
        Binding("w", "run('get')", "get", show=False),
        Binding("X", "delete", "delete", show=False),
    ]

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self.span = Span()
        shown = columns(self.span, feed.clock)
        self.rows: Rows[Dataset] = Rows(lambda dataset: dataset.name, shown, sort="name", reverse=False)

    def compose(self) -> ComposeResult:
        """The table, and what opens below it."""
        yield Table(self.rows, self.look, empty=self._empty, name="datasets")
        yield Pages(self.look)
        yield Lines(self.look, name="dataset")

    @property
    def table(self) -> Table[Dataset]:
        """The list of datasets."""
        return self.query_one("#datasets", Table)

    @property
    def below(self) -> Widget:
        """The page of a dataset."""
        return self.query_one("#dataset")

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

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        first = ("esc", "back") if self.has_class("-open") else ("enter", "open")
        change = () if self.feed.read_only else (("w", "get"), ("X", "delete"))
        return (first, ("/", "filter"), ("a", "against job"), ("c", "check"), *change, ("s S", "sort"), ("y Y", "copy"))

    def note(self) -> Line:
        """What is filtered."""
        need = self.span.need
        missing = (("  ✗ ", "error"), (f"missing for job {need.job} {need.name}", "text")) if need is not None else ()
        return (*self.sifted(), *missing)

    def text_of(self, row: Dataset) -> str:
        """Name, category and format."""
        return f"{row.name} {row.category} {row.domain.format}"

    def identity(self) -> str:
        """The name of the dataset."""
        return str(self.table.cursor or "")

    def command(self) -> str:
        """The command that shows the same."""
        return f"dmod dataset show {self.table.cursor}" if self.table.cursor else "dmod dataset list"

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

    def action_against(self) -> None:
        """Hold all against what the job under the cursor of screen 1 needs; again: no longer."""
        jobs, need = self.app.query_one(Jobs), None
        chosen = jobs.rows.job(jobs.table.cursor)
        job = chosen.id if chosen else None
        if self.span.need is None:
            try:
                need = Need.of(self.feed.job(job), self.feed.store) if job is not None else None
            except DmodError as error:
                self.app.notify(error.message, severity="error", markup=False)
                return
            if need is None:
                said = f"job {job} needs no period" if job is not None else "there is no job"
                self.app.notify(f"{said}: choose another on screen 1", severity="warning", markup=False)
                return
        self.span.against(need, [self.rows[key] for key in self.rows.keys])
        self.table.restyle(self.look)
        self._fill()
        self.post_message(self.Changed())

    def action_run(self, verb: str) -> None:
        """As `dmod dataset check` or `get`, which copies into the folder where the dashboard was opened."""
        if self.table.cursor is not None and not (verb == "get" and refused(self.app, self.feed)):
            self._run(verb, str(self.table.cursor), doing={"check": "reading", "get": "copying"}[verb])

    def action_delete(self) -> None:
        """As `dmod dataset delete`, once the name was typed."""
        if self.table.cursor is None or refused(self.app, self.feed):
            return
        name = str(self.table.cursor)
        ask(
            self.app,
            f"Delete dataset {name} and its files?",
            partial(self._run, "delete", name, "--yes", doing="deleting"),
            name=name,
            otherwise=partial(self.app.notify, f"{name} stays", timeout=2, markup=False),
        )

    def _run(self, verb: str, *words: str, doing: str) -> None:
        answer = Answer(self.look, self.feed.project.root, "dataset", verb, *words, doing=doing)
        self.app.push_screen(answer, lambda _: self.settle())

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
            self.query_one(Lines).show(facts(chosen, self.feed.clock(), self.span.need))

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
