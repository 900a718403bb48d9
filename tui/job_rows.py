"""JobRows: the jobs, and below each array that is unfolded its tasks, of which only those that are seen are read."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from tui.entry import Entry
from tui.job_columns import columns
from tui.rows import Rows
from tui.task_rows import TaskRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tui.feed import Feed
    from tui.rows import Key


class JobRows(Rows[Entry]):
    """A job is found by its id, a task by `42/7`."""

    def __init__(self, feed: Feed) -> None:
        self.unfolded: dict[Key, TaskRows] = {}  # by the id of the array
        super().__init__(lambda entry: entry.id, columns(feed.clock, self.unfolded), sort="id", reverse=True)
        self._feed = feed

    def fold(self, key: Key, *, away: bool) -> int | None:
        """Show the tasks of an array below it, or no longer; returns its id, None if it is none. Raises DmodError."""
        entry = self.job(key)
        if entry is None or entry.tasks is None:
            return None
        job, feed = entry.id, self._feed
        if away:
            self.unfolded.pop(job, None)
        elif job not in self.unfolded:
            numbers = feed.job(job).numbers
            tasks = self.unfolded[job] = TaskRows(feed.clock)
            tasks.show(numbers, lambda wanted: feed.queue.tasks(job, numbers=wanted))
        self._show(self._ordered)
        self.touch([job])
        return job

    def renew(self) -> None:
        """Read the tasks that are seen next anew."""
        for tasks in self.unfolded.values():
            tasks.renew()

    def __contains__(self, key: Key) -> bool:
        """Whether there is such a job, or task that is shown."""
        job, number = _parts(key)
        return super().__contains__(job) and (not number or (job in self.unfolded and number in self.unfolded[job]))

    def __getitem__(self, key: Key) -> Entry:
        """A job, or a task as one. Raises KeyError."""
        job, number = _parts(key)
        entry = super().__getitem__(job)
        return Entry.of_task(entry, self.unfolded[job][number]) if number else entry

    def job(self, key: Key | None) -> Entry | None:
        """The job itself, also of a task."""
        return None if key is None else super().get(_parts(key)[0])

    def revision(self, key: Key) -> int:
        """Of a task: how often it was read."""
        job, number = _parts(key)
        return self.unfolded[job].revision(number) if number else super().revision(job)

    def place(self, key: Key | None) -> int | None:
        """Where a job or a task is shown."""
        job, number = (0, 0) if key is None else _parts(key)
        at = super().place(job)
        if at is None or not (self.unfolded or number):
            return at
        inside = self.unfolded[job].place(number) if number and job in self.unfolded else None
        if number and inside is None:
            return None
        places = ((super(JobRows, self).place(each), len(tasks)) for each, tasks in self.unfolded.items())
        before = sum(size for place, size in places if place is not None and place < at)
        return at + before + (0 if inside is None else inside + 1)

    def _show(self, keys: list[Key]) -> None:
        super()._show(keys)
        for job in self.unfolded.keys() - self._values.keys():  # it was pruned
            del self.unfolded[job]
        parts = sorted((at, job) for job in self.unfolded if (at := super(JobRows, self).place(job)) is not None)
        if parts:
            self.keys = _Spliced(keys, [(at, job, self.unfolded[job]) for at, job in parts])


class _Spliced:
    """Keys of jobs with those of tasks between them."""

    def __init__(self, keys: Sequence[Key], parts: Sequence[tuple[int, Key, TaskRows]]) -> None:
        self._keys, self._parts = keys, parts
        sizes = [len(tasks) for _, _, tasks in parts]
        self._before = [0, *accumulate(sizes)]  # tasks that stand before a part
        self._starts = [at + 1 + before for (at, _, _), before in zip(parts, self._before, strict=False)]

    def __len__(self) -> int:
        return len(self._keys) + self._before[-1]

    def __getitem__(self, at: int) -> Key:
        part = bisect_right(self._starts, at) - 1
        if part < 0:
            return self._keys[at]
        _, job, tasks = self._parts[part]
        inside = at - self._starts[part]
        return f"{job}/{tasks.keys[inside]}" if inside < len(tasks) else self._keys[at - self._before[part + 1]]

    def __iter__(self) -> Iterator[Key]:
        return (self[at] for at in range(len(self)))


def _parts(key: Key) -> tuple[int, int]:
    """The job and the task (0: none) of a key."""
    job, _, number = str(key).partition("/")
    return int(job), int(number or 0)
