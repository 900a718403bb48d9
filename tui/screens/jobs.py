"""Jobs: the queue as a table, and below it everything about one job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from dmod.errors import DmodError
from tui.filter import parse
from tui.hints import PLOT, no_jobs, of_jobs
from tui.job_rows import JobRows
from tui.screens.answer import Answer
from tui.screens.confirm import change
from tui.screens.paged import PagedPane
from tui.verbs import KEYS, meant
from tui.widgets.detail import PAGES, Detail
from tui.widgets.log import Log
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from tui.feed import Feed
    from tui.look import Line, Look
    from tui.rows import Key


class Jobs(PagedPane):
    """Screen 1."""

    name_ = "jobs"
    title = "Jobs"
    key = "1"
    DEFAULT_CSS = """
    Jobs #table { height: 1fr; }
    Jobs Detail { height: 1fr; display: none; }
    Jobs.-open Detail { display: block; }
    Jobs.-whole #table { display: none; }
    Jobs.-open.-low #table { display: none; }
    Detail ContentSwitcher { height: 1fr; }
    Detail ContentSwitcher > * { height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"page({page!r})", page, show=False) for page, key in PAGES.items()),
        Binding("z", "whole", "whole screen", show=False),
        Binding("escape", "back", "back", show=False),
        Binding("e", "explain", "explain", show=False),
        *(Binding(key, f"change({name!r})", title, show=False) for key, (name, title) in KEYS.items()),
        Binding("left_curly_bracket", "step(-1)", "previous task", show=False),
        Binding("right_curly_bracket", "step(1)", "next task", show=False),
        *(Binding(key, f"plot({action!r})", action, show=False) for key, action in PLOT.items()),
    ]

    def __init__(self, look: Look, feed: Feed) -> None:
        super().__init__(look, feed)
        self.rows: JobRows = JobRows(feed)
        self._generation = feed.generation

    def compose(self) -> ComposeResult:
        """The table, and the detail that opens below it."""
        yield Table(self.rows, self.look, empty=lambda: no_jobs(self.rows.total, self.filter), name="table")
        yield Detail(self.look, self.feed, name="detail")

    @property
    def below(self) -> Widget:
        """The detail."""
        return self.detail

    @property
    def detail(self) -> Detail:
        """What is open below."""
        return self.query_one(Detail)

    @property
    def current(self) -> Widget:
        """The page of the detail."""
        return self.detail.current

    def on_mount(self) -> None:
        """Show what is there already."""
        self.rows.put(self.feed.entries.values())
        self.settle()
        self.table.focus()

    def commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """For the palette: what can be done to the job under the cursor."""
        for page in self.detail.pages():
            yield page.capitalize(), f"{page} of the job", partial(self.action_page, page)
        yield "Explain", "Why the job waits or failed", self.action_explain
        if not self.feed.read_only:
            for name, title in KEYS.values():
                yield title, "The marked jobs, or the one under the cursor", partial(self.action_change, name)

    def on_resize(self) -> None:
        """In a low terminal the detail takes the whole screen."""
        self.set_class(self.size.height < 30, "-low")

    def tick(self) -> None:
        """Draw the jobs that changed."""
        if self.feed.generation != self._generation:
            self._generation = self.feed.generation
            self.rows.replace(self.feed.entries.values())
            self.rows.settle()
            self.table.settled()
        changed = self.rows.put(self.feed.changed)
        self.table.touched(changed)
        if len(self.rows) == 0:
            self.settle()
        here = self.rows.job(self.table.cursor)
        if self.detail.display and here is not None and here.id in changed:
            self.detail.show(here)

    def follow(self) -> None:
        """The log may have grown."""
        self.detail.follow()

    def settle(self) -> None:
        """Bring the order up to date, and the times of jobs that run."""
        going = [job for job in self.feed.going if job in self.rows]
        self.rows.touch(going)
        self.rows.renew()
        if self.rows.settle() or self.rows.unfolded:
            self.table.settled()
        else:
            self.table.touched(going)
        if self.detail.display:
            self.detail.fill()

    def shown(self) -> None:
        """The keys go to the table, or what is open."""
        (self.current if self.open and self.has_class("-low") else self.table).focus()

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        page = self.detail.page if self.open else ""
        here = self.rows.get(self.table.cursor)
        marked = [self.rows[key] for key in self.table.marks if key in self.rows]
        return of_jobs(page, here, marked or ([here] if here else []), read_only=self.feed.read_only)

    def note(self) -> Line:
        """What is filtered."""
        marks = len(self.table.marks) if self.is_mounted else 0
        marked = ((f"{marks} marked  ", "accent"),) if marks else ()
        count = f"{self.rows.shown:,} of {self.rows.total:,}"
        return (*marked, (f"{self.filter}  ", "accent"), (count, "muted")) if self.filter else marked

    def identity(self) -> str:
        """The id of the job."""
        return " ".join(str(key) for key in self.table.chosen())

    def command(self) -> str:
        """The command that shows the same."""
        ids = self.identity()
        if not ids:
            return "dmod job list"
        if not self.detail.display or self.table.marks:
            return f"dmod job show {ids}"
        return f"dmod job {'logs' if self.detail.page == 'log' else 'show'} {self.detail.label}"

    def asked(self) -> tuple[str, str] | None:
        """A search in the log, or else the filter."""
        return ("search", self.query_one(Log).sought) if self._in_log() else ("filter", self.filter)

    def typed(self, text: str, *, done: bool) -> str:
        """Search, or filter."""
        if self._in_log():
            return self.query_one(Log).typed(text, done=done)
        try:
            keep = parse(text, self.feed.last)
        except DmodError as error:
            return f"{error.message}; try {error.fix}"
        self.filter = text
        self.rows.choose(keep)
        self.table.settled()
        if done:
            self.table.focus()
        return ""

    def go(self, job: int, task: int | None = None) -> None:
        """Put the cursor on a job, also if the filter hides it; its log will be that of the task."""
        if self.rows.place(job) is None:
            self.typed("", done=True)
        self.table.point(job)
        if task is not None:
            self.detail.show(self.rows.job(job))
            self.detail.turn_to(task)

    def action_page(self, page: str) -> None:
        """Open the detail at a page; the page's key again closes it."""
        if self.table.cursor is None:
            return
        was = self.open and self.detail.page == page
        self.add_class("-open")
        self._show()
        self.detail.turn(page)
        if was:
            self.action_back()
        elif self.has_class("-low") or self.has_class("-whole") or page == "log" or not self.table.has_focus:
            self.current.focus()
        self.post_message(self.Changed())

    async def action_plot(self, action: str) -> None:
        """Let the open hydrograph do it."""
        if self.detail.display and self.detail.page == "hydrograph":
            await self.detail.current.run_action(action)

    def action_change(self, name: str) -> None:
        """Ask, then do it to the marked jobs, or to the one under the cursor."""
        chosen = [self.rows[key] for key in self.table.chosen()]
        change(self.app, self.feed, meant(name, chosen), chosen, self._changed)

    def action_step(self, by: int) -> None:
        """To the next task, or the one before."""
        if self.detail.display:
            self.detail.step(by)

    def action_explain(self) -> None:
        """Say why a job waits or failed, and what would change that."""
        if (here := self.rows.get(self.table.cursor)) is not None:
            named = self.detail.label if self.detail.display and not here.task else here.label
            self.app.push_screen(Answer(self.look, self.feed.project.root, "job", "explain", named))

    def on_table_moved(self, event: Table.Moved) -> None:
        """The detail follows the cursor."""
        event.stop()
        self.post_message(self.Changed())
        if self.detail.display:
            self._show()

    def _show(self) -> None:
        """The detail of the job under the cursor, or of its task."""
        here = self.rows.get(self.table.cursor)
        self.detail.show(self.rows.job(self.table.cursor))
        if here is not None and here.task:
            self.detail.turn_to(here.task)

    def on_table_folded(self, event: Table.Folded) -> None:
        """Show the tasks of an array below it, or no longer."""
        event.stop()
        try:
            job = self.rows.fold(event.key, away=event.away)
        except DmodError as error:  # it was pruned, or the queue cannot be read
            self.app.notify(error.message, severity="error", markup=False)
            return
        if job is not None and event.away:
            self.table.point(job)
        self.table.settled()
        self.post_message(self.Changed())

    def on_table_opened(self, event: Table.Opened) -> None:
        """Open the detail, or go into it."""
        event.stop()
        if self.open:
            self.current.focus()
        else:
            self.action_page(self.detail.page)

    def _changed(self, ids: set[Key]) -> None:
        self.table.marks -= ids
        if self.feed.look():
            self.tick()
        self.post_message(self.Changed())

    def _in_log(self) -> bool:
        return self.detail.display and self.detail.page == "log" and not self.table.has_focus
