"""Detail: everything about one job, in pages."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from dmod import layout
from dmod.errors import DmodError
from dmod.jobs.numbers import Numbers
from tui import streams
from tui.entry import ENDED
from tui.look import glyph
from tui.overview import overview
from tui.results import Results, load
from tui.story import telling
from tui.widgets.files import Files
from tui.widgets.hydrograph import Hydrograph
from tui.widgets.lines import Lines
from tui.widgets.log import Log
from tui.widgets.pages import Pages
from tui.widgets.tasks import Tasks

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job
    from dmod.project import Project
    from dmod.scheduler.queue import Task
    from tui.entry import Entry
    from tui.feed import Feed
    from tui.look import Line, Look
    from tui.story import Story
    from tui.widgets.table import Table

_JUDGES = 50  # evaluations that are looked at for one of this simulation
PAGES = {"overview": "o", "hydrograph": "h", "metrics": "m", "log": "l", "tasks": "t", "files": "d"}


class Detail(Vertical):
    """Pages of a job; what a page shows is read when it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "stream", "stdout or stderr", show=False)]

    def __init__(self, look: Look, feed: Feed, *, name: str) -> None:
        super().__init__(id=name)
        self.look, self.feed = look, feed
        self.page = "overview"
        self.entry: Entry | None = None
        self.stream = ""  # which log; empty: the one that has something to say
        self.one: Task | None = None  # of an array: whose log and results are shown
        self._story: Story | None = None
        self._results = Results()
        self._wanted: tuple[object, ...] | None = None  # what the results were read for

    def compose(self) -> ComposeResult:
        """A line of pages, and the page."""
        yield Pages(self.look)
        with ContentSwitcher(initial="overview"):
            yield Lines(self.look, name="overview")
            yield Hydrograph(self.look, name="hydrograph")
            yield Lines(self.look, name="metrics")
            yield Log(self.look, name="log")
            yield Tasks(self.look, self.feed, name="tasks")
            yield Files(self.look, self.feed.store, name="files")

    @property
    def current(self) -> Widget:
        """The page that is open."""
        return self.query_one(f"#{self.page}")

    def turn(self, page: str) -> None:
        """Open a page."""
        self.page = page if page in self.pages() else "overview"
        self.query_one(ContentSwitcher).current = self.page
        self.fill()

    def pages(self) -> list[str]:
        """The pages that a job of its kind has."""
        kind = self.entry.kind if self.entry else ""
        missing = _MISSING.get(kind, ("hydrograph", "metrics"))
        array = self.entry is not None and self.entry.tasks is not None
        return [page for page in PAGES if page not in missing and (array or page != "tasks")]

    def show(self, entry: Entry | None) -> None:
        """Show a job, as it is now."""
        before, self.entry = self.entry, entry
        if before is None or entry is None or before.id != entry.id:
            self._other()
        elif entry.tasks and before.status == entry.status:
            return  # its tasks may move faster than anybody reads: once a second will do
        if self.page not in self.pages():
            self.turn("overview")
        else:
            self.fill()

    def fill(self) -> None:
        """Bring the open page up to date."""
        self._head()
        if self.entry is None or not self.display:
            return
        try:
            self._fill(self.entry)
        except DmodError as error:  # it was pruned, or the queue cannot be read
            self.query_one("#overview", Lines).show([(), *(((f" {line}", "text"),) for line in error.lines())])

    def _fill(self, entry: Entry) -> None:
        if self.page == "overview":
            self._story = self.feed.story(entry.id, self._story)
            lines = overview(entry, self._story, self.feed.clock(), self.size.width)
            self.query_one("#overview", Lines).show(lines)
            return
        if entry.tasks:
            self._choose(self.one.number if self.one else telling(self.feed.queue, self.feed.job(entry.id)))
        if self.page == "tasks":
            self.query_one(Tasks).show(entry.id, self.one and self.one.number)
        elif self.page == "files":
            now = "" if self._status in ENDED else f"{self.feed.clock():%H:%M:%S}"
            output = self.feed.job(entry.id, self._number).output or ""
            self.query_one(Files).want(output, self._folder(), self._status, now)
        elif self.page == "log":
            self.query_one(Log).open(self._folder() / self._log_name(), streams.silence(self._status))
        else:
            self._want()

    def step(self, by: int) -> None:
        """Show the log or the results of another task of an array."""
        if self.entry is not None and self.one is not None and self.page != "overview":
            with suppress(DmodError):  # it was pruned: the next look tells
                numbers = Numbers.parse(self.feed.job(self.entry.id).numbers)
                self.turn_to(numbers[min(max(numbers.place(self.one.number) + by, 0), len(numbers) - 1)])

    def turn_to(self, number: int) -> None:
        """Show those of one task."""
        self.stream = ""
        with suppress(DmodError):
            self._choose(number)
        self.fill()

    def _choose(self, number: int) -> None:
        if self.entry is not None and self.entry.tasks:
            self.one = self.feed.queue.task(self.entry.id, number)
            self._head()

    def _other(self) -> None:
        """Nothing of the job before is true of this one."""
        self.one, self.stream, self._story = None, "", None
        self._results, self._wanted = Results(), None

    def on_table_moved(self, event: Table.Moved) -> None:
        """The task under the cursor is the one that is shown."""
        event.stop()
        if event.key is not None and self.page == "tasks":
            self.stream = ""
            with suppress(DmodError):
                self._choose(int(event.key))

    def on_table_opened(self, event: Table.Opened) -> None:
        """To the log of the task."""
        event.stop()
        self.post_message(Pages.Picked("log"))

    def _folder(self) -> Path:
        return self.feed.project.job_folder(self.entry.id if self.entry else 0, self._number)

    @property
    def label(self) -> str:
        """How what is shown is named: 42, or 42/7."""
        number = f"/{self.one.number}" if self.one and self.page != "overview" else ""
        return f"{self.entry.id}{number}" if self.entry else ""

    @property
    def _number(self) -> int:
        return self.one.number if self.one else 0

    @property
    def _status(self) -> str:
        """Of the task that is shown, or of the job."""
        return str(self.one.status) if self.one else self.entry.status if self.entry else ""

    def _head(self) -> None:
        self.query_one(Pages).show(self._title(), [(PAGES[page], page) for page in self.pages()], self.page)

    def follow(self) -> None:
        """Show what was added to the log."""
        if self.display and self.page == "log":
            self.query_one(Log).follow()

    def action_stream(self) -> None:
        """The other of stdout and stderr."""
        self.stream = layout.STDOUT if self._log_name() == layout.STDERR else layout.STDERR
        self.fill()

    def on_log_changed(self) -> None:
        """Say whether the log follows."""
        self._head()

    def on_resize(self) -> None:
        """Lay the overview out anew."""
        self.fill()

    def _want(self) -> None:
        """Have the results read: once for a job that has ended and its evaluations, else once a second."""
        entry = self.entry
        if entry is None:
            return
        judges = [each.id for each in self.feed.entries.values() if each.kind == "evaluation" and each.id > entry.id]
        time = "" if self._status in ENDED else f"{self.feed.clock():%H:%M:%S}"
        judged = tuple(f"{self.feed.entries[each].status} {each}" for each in judges[-_JUDGES:])
        wanted = (entry.id, self._number, self._status, time, *judged)
        if wanted == self._wanted:
            self._present()
            return
        if self._wanted is None or self._wanted[:2] != wanted[:2]:
            self._results = Results(said=(((" reading…", "muted"),),))
            self._present()
        self._wanted = wanted
        job = self.feed.job(entry.id, self._number)
        evaluations = [
            each for each in map(self.feed.job, judges[-_JUDGES:]) if job.output and job.output in each.datasets
        ]
        order = (self.feed.project, self.feed.store, job, evaluations, self._results)
        self.run_worker(lambda: self._read(*order), thread=True, exclusive=True, group="results")

    def _read(self, project: Project, store: FolderStore, job: Job, evaluations: list[Job], known: Results) -> None:
        """In a thread: NetCDF may be slow to open, and importing numpy is."""
        found = load(project, store, job, evaluations, known)
        self.app.call_from_thread(self._take, (job.id, job.task), found)

    def _take(self, key: tuple[int, int], found: Results) -> None:
        if self.entry is not None and key == (self.entry.id, self._number):
            self._results = found
            self._present()

    def _present(self) -> None:
        plot, found = self.query_one(Hydrograph), self._results
        if self.page == "hydrograph":
            plot.show(found.streamflow, found.lines, ((), *found.said))
        else:
            self.query_one("#metrics", Lines).show(found.table())

    def _title(self) -> Line:
        if self.entry is None:
            return ()
        status = self.entry.status if self.page == "overview" else self._status
        sign, style = glyph(status)
        title: list[tuple[str, str]] = [
            (f" {self.label} ", "muted"),
            (self.entry.name, "strong"),
            (f"  {sign} ", style),
            (status, "muted"),
        ]
        if self.page == "log":
            log = self.query_one(Log)
            title.append((f"  {self._log_name()}{'' if log.following else ', paused'}", "muted"))
        return tuple(title)

    def _log_name(self) -> str:
        """stdout, unless only stderr says something, or the other was asked for."""
        if self.stream or self.entry is None:
            return self.stream or layout.STDOUT
        return streams.telling(self._folder(), self._status)


_MISSING = {"simulation": ("metrics",), "evaluation": ()}
