"""Collector: outputs become datasets in a thread of its own, so that large ones hold nobody up."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, NamedTuple

from dmod.data.doubts import doubts, told
from dmod.errors import DmodError
from dmod.scheduler.collect import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job


class Collected(NamedTuple):
    """A task whose output was collected, or not."""

    job: int
    task: int
    attempt: int
    dataset: str  # "" if it made none
    error: DmodError | None
    doubt: str = ""  # what in it makes no sense


class Collector:
    """A queue of finished tasks, and one thread that collects them."""

    def __init__(
        self, store: FolderStore, tell: Callable[[], None], kept: Callable[[str], None] = lambda _: None
    ) -> None:
        self._store, self._tell = store, tell
        self._kept = kept  # hears the name of each output
        self._todo: queue.SimpleQueue[tuple[Job, Path]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Collected] = queue.SimpleQueue()
        self.working = 0  # tasks that are not done
        self._thread: threading.Thread | None = None

    def put(self, job: Job, folder: Path) -> None:
        """Collect the output of a task; `job` as it sees it."""
        self.working += 1
        self._todo.put((job, folder))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="collector", daemon=True)
            self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether any are collected."""
        return not self._done.empty()

    def done(self) -> Iterator[Collected]:
        """The tasks that are collected."""
        while not self._done.empty():
            self.working -= 1
            yield self._done.get()

    def _work(self) -> None:
        while True:
            job, folder = self._todo.get()
            name, doubt, trouble = "", "", None
            try:
                name = collect(job, folder, self._store)
                if name:
                    doubt = told(doubts(self._store, name))
                    self._kept(name)
            except DmodError as error:
                trouble = error
            except Exception as error:  # noqa: BLE001 - the thread must live, and the job must be told
                trouble = DmodError(f"{type(error).__name__}: {error}")
            self._done.put(Collected(job.id, job.task, job.attempt, name, trouble, doubt))
            self._tell()
