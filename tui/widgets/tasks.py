"""Tasks: those of an array as a table, from the one that tells most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.errors import DmodError
from tui.story import telling
from tui.task_rows import TaskRows
from tui.widgets.table import Table

if TYPE_CHECKING:
    from dmod.scheduler.queue import Task  # noqa: F401 - of the base
    from tui.feed import Feed
    from tui.look import Line, Look


class Tasks(Table["Task"]):
    """The table; it reads when it is drawn."""

    def __init__(self, look: Look, feed: Feed, *, name: str) -> None:
        self.feed, self.tasks, self._job = feed, TaskRows(feed.clock), 0
        super().__init__(self.tasks, look, empty=self._silence, name=name)

    def show(self, job: int, number: int | None) -> None:
        """Show those of a job, as they are now, with the cursor on one."""
        if job != self._job:
            self._other(job)
        else:
            self.tasks.renew()
        if number is not None and number != self.cursor:
            self.point(number)
        self.refresh()

    def _other(self, job: int) -> None:
        try:
            found = self.feed.job(job)
            first = telling(self.feed.queue, found)
        except DmodError:  # it was pruned: the next look tells
            return
        self._job = job
        self.marks.clear()
        self.tasks.show(found.numbers, lambda numbers: self.feed.queue.tasks(job, numbers=numbers))
        self.cursor = first
        self.settled()

    def _silence(self) -> list[Line]:
        return [(("No tasks: this job is no array.", "muted"),)]
