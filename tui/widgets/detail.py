"""Detail: everything about one job, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from dmod import layout
from tui.entry import ACTIVE, ENDED
from tui.look import glyph
from tui.overview import overview
from tui.results import Results, load
from tui.widgets.hydrograph import Hydrograph
from tui.widgets.lines import Lines
from tui.widgets.log import Log
from tui.widgets.pages import Pages

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job
    from dmod.project import Project
    from tui.entry import Entry
    from tui.feed import Feed
    from tui.look import Line, Look

_JUDGES = 50  # evaluations that are looked at for one of this simulation
PAGES = {"overview": "o", "hydrograph": "h", "metrics": "m", "log": "l"}


class Detail(Vertical):
    """Pages of a job; what a page shows is read when it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "stream", "stdout or stderr", show=False)]

    def __init__(self, look: Look, feed: Feed, *, name: str) -> None:
        super().__init__(id=name)
        self.look, self.feed = look, feed
        self.page = "overview"
        self.entry: Entry | None = None
        self.stream = ""  # which log; empty: the one that has something to say
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
        return [page for page in PAGES if page not in _MISSING.get(kind, ("hydrograph", "metrics"))]

    def show(self, entry: Entry | None) -> None:
        """Show a job, as it is now."""
        other = self.entry is None or entry is None or self.entry.id != entry.id
        self.entry = entry
        if other:
            self.stream = ""
            self._results, self._wanted = Results(), None
        if self.page not in self.pages():
            self.turn("overview")
        else:
            self.fill()

    def fill(self) -> None:
        """Bring the open page up to date."""
        entry = self.entry
        self.query_one(Pages).show(self._title(), [(PAGES[page], page) for page in self.pages()], self.page)
        if entry is None or not self.display:
            return
        folder = self.feed.project.job_folder(entry.id)
        if self.page == "overview":
            job, events = self.feed.job(entry.id), self.feed.events(entry.id)
            held = self.feed.held(entry.id)
            lines = overview(entry, job, held, events, folder, self.feed.clock(), self.size.width)
            self.query_one("#overview", Lines).show(lines)
        elif self.page == "log":
            self.query_one(Log).open(folder / self._log_name(), self._silence())
        else:
            self._want()

    def follow(self) -> None:
        """Show what was added to the log."""
        if self.display and self.page == "log":
            self.query_one(Log).follow()

    def restyle(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        for widget in (*self.query(Pages), *self.query(Lines), *self.query(Hydrograph), *self.query(Log)):
            widget.restyle(look)

    def action_stream(self) -> None:
        """The other of stdout and stderr."""
        self.stream = layout.STDOUT if self._log_name() == layout.STDERR else layout.STDERR
        self.fill()

    def on_log_changed(self) -> None:
        """Say whether the log follows."""
        self.query_one(Pages).show(self._title(), [(PAGES[page], page) for page in self.pages()], self.page)

    def on_resize(self) -> None:
        """Lay the overview out anew."""
        self.fill()

    def _want(self) -> None:
        """Have the results read: once for a job that has ended and its evaluations, else once a second."""
        entry = self.entry
        if entry is None:
            return
        judges = [each.id for each in self.feed.entries.values() if each.kind == "evaluation" and each.id > entry.id]
        time = "" if entry.status in ENDED else f"{self.feed.clock():%H:%M:%S}"
        judged = tuple(f"{self.feed.entries[each].status} {each}" for each in judges[-_JUDGES:])
        wanted = (entry.id, entry.status, time, *judged)
        if wanted == self._wanted:
            self._present()
            return
        if self._wanted is None or self._wanted[0] != entry.id:
            self._results = Results(said=(((" reading…", "muted"),),))
            self._present()
        self._wanted = wanted
        job = self.feed.job(entry.id)
        evaluations = [
            each for each in map(self.feed.job, judges[-_JUDGES:]) if job.output and job.output in each.datasets
        ]
        order = (self.feed.project, self.feed.store, job, evaluations, self._results)
        self.run_worker(lambda: self._read(*order), thread=True, exclusive=True, group="results")

    def _read(self, project: Project, store: FolderStore, job: Job, evaluations: list[Job], known: Results) -> None:
        """In a thread: NetCDF may be slow to open, and importing numpy is."""
        found = load(project, store, job, evaluations, known)
        self.app.call_from_thread(self._take, job.id, found)

    def _take(self, job: int, found: Results) -> None:
        if self.entry is not None and job == self.entry.id:
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
        sign, style = glyph(self.entry.status)
        title: list[tuple[str, str]] = [
            (f" {self.entry.id} ", "muted"),
            (self.entry.name, "strong"),
            (f"  {sign} ", style),
            (self.entry.status, "muted"),
        ]
        if self.page == "log":
            log = self.query_one(Log)
            title.append((f"  {self._log_name()}{'' if log.following else ', paused'}", "muted"))
        return tuple(title)

    def _log_name(self) -> str:
        """stdout, unless only stderr says something, or the other was asked for."""
        if self.stream or self.entry is None:
            return self.stream or layout.STDOUT
        folder = self.feed.project.job_folder(self.entry.id)
        sizes = {}
        for name in (layout.STDOUT, layout.STDERR):
            try:
                sizes[name] = (folder / name).stat().st_size
            except OSError:
                sizes[name] = 0
        says = (
            layout.STDERR
            if sizes[layout.STDERR] and (self.entry.status == "failed" or not sizes[layout.STDOUT])
            else ""
        )
        return says or layout.STDOUT

    def _silence(self) -> list[Line]:
        status = self.entry.status if self.entry else ""
        said = {
            "queued": "It waits: nothing has been written yet.",
            "canceled": "It wrote nothing before it was canceled.",
        }.get(status, "Nothing has been written yet." if status in ACTIVE else "It wrote nothing here.")
        return [(), ((f" {said}", "muted"),), ((" f shows the other of stdout and stderr", "muted"),)]


_MISSING = {"simulation": ("metrics",), "evaluation": ()}
