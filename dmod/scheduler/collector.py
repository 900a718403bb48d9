"""Collector: outputs become datasets in a thread of its own, so that large ones hold nobody up."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from dmod.errors import DmodError
from dmod.scheduler.collect import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job


class Collector:
    """A queue of finished jobs, and one thread that collects them."""

    def __init__(self, store: FolderStore, tell: Callable[[], None]) -> None:
        self._store, self._tell = store, tell
        self._todo: queue.SimpleQueue[tuple[Job, Path]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, str, DmodError | None]] = queue.SimpleQueue()
        self.working = 0  # jobs that are not done
        self._thread: threading.Thread | None = None

    def put(self, job: Job, folder: Path) -> None:
        """Collect the output of a job; one that makes none is done at once."""
        self.working += 1
        if job.output is None:
            self._done.put((job.id, "", None))
            self._tell()
            return
        self._todo.put((job, folder))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="collector", daemon=True)
            self._thread.start()

    def done(self) -> Iterator[tuple[int, str, DmodError | None]]:
        """The jobs that are collected: id, dataset, and what went wrong."""
        while not self._done.empty():
            self.working -= 1
            yield self._done.get()

    def _work(self) -> None:
        while True:
            job, folder = self._todo.get()
            try:
                self._done.put((job.id, collect(job, folder, self._store), None))
            except DmodError as error:
                self._done.put((job.id, "", error))
            except Exception as error:  # noqa: BLE001 - the thread must live, and the job must be told
                self._done.put((job.id, "", DmodError(f"{type(error).__name__}: {error}")))
            self._tell()
