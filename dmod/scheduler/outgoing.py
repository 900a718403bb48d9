"""Outgoing: outputs on their way from the folder to the object store, where dmod.toml wants them there.

A mark on disk says what is still to go, so that neither a store that is down nor the end of a scheduler loses any: the
dataset stays in the folder until the object store has it, verified, and no job needs it here.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from dmod.data.move import move
from dmod.data.stores import Stores, Where
from dmod.errors import ConflictError, DmodError, NotFoundError
from dmod.jobs.status import ACTIVE
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.project import Project

_PAUSE = 30.0  # seconds between two attempts
log = logging.getLogger(__name__)


class Outgoing:
    """The outputs that are to go, and one thread that sends them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._wanted = project.config.data.outputs == Where.OBJECTS
        self._marks: Path = project.datasets / ".outgoing"
        self._call, self._lock = threading.Event(), threading.Lock()
        self._working = False
        if self._wanted and any(self._marks.glob("*")):
            self._begin()

    def put(self, name: str) -> None:
        """Let a dataset go, if outputs are to; it is marked when this returns."""
        if not self._wanted:
            return
        self._marks.mkdir(parents=True, exist_ok=True)
        (self._marks / name).touch()
        self._begin()
        self._call.set()

    def _begin(self) -> None:
        with self._lock:
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="outgoing", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._call.clear()
            for mark in sorted(self._marks.glob("*")):
                try:
                    self._send(mark.name)
                    mark.unlink(missing_ok=True)
                except DmodError as error:
                    log.info("output %s stays in the folder for now: %s", mark.name, error)
                except Exception as error:  # noqa: BLE001 - the thread must live, and the dataset is where it was
                    log.info("output %s stays in the folder for now: %s: %s", mark.name, type(error).__name__, error)
            with self._lock:
                if not any(self._marks.glob("*")):
                    self._working = False
                    return
            self._call.wait(_PAUSE)

    def _send(self, name: str) -> None:
        """Move one; none is an error that is not there any more. Raises DmodError."""
        stores = Stores(self._project)
        try:
            self._require_unused(name)
            move(name, Where.OBJECTS, stores, before=lambda: self._require_unused(name))
        except NotFoundError:
            return
        log.info("output %s is in the object store", name)

    def _require_unused(self, name: str) -> None:
        for job in Queue(self._project.queue).jobs(status=ACTIVE):
            if name in job.datasets or name == job.output:
                raise ConflictError(f"job {job.id} needs it")
