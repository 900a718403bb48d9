"""Catalog: the jobs whose tasks start or run, whole, each read once; and the programs of their tasks."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from dmod.data.links import folders
from dmod.jobs.launch import Plan, Program, plan
from dmod.jobs.provenance import origin
from dmod.jobs.spec import Spec
from dmod.scheduler.stage import stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job
    from dmod.jobs.launch import Key
    from dmod.project import Project
    from dmod.scheduler.queue import Queue

log = logging.getLogger("dmod.scheduler")


class Catalog:
    """Jobs by id."""

    def __init__(self, project: Project, queue: Queue, store: FolderStore) -> None:
        self._project, self._queue, self._store = project, queue, store
        self._jobs: dict[int, Job] = {}
        self._specs: dict[int, Spec] = {}
        self._plans: dict[int, Plan] = {}
        self._folders: dict[int, Path] = {}
        self._origins: dict[tuple[str, str], str] = {}  # by kind and image
        self._items: dict[int, bool] = {}  # whether tasks have something of their own

    def forget(self, job: int) -> None:
        """Read it anew when it is next asked for."""
        for known in (self._jobs, self._specs, self._plans, self._folders, self._items):
            known.pop(job, None)

    def job(self, job: int) -> Job:
        """One job. Raises NotFoundError."""
        if job not in self._jobs:
            self._jobs[job] = self._queue.get(job)
        return self._jobs[job]

    def spec(self, job: int) -> Spec:
        """What its user asked for; of what nobody can read any more, that a kind asks for by itself."""
        if job not in self._specs:
            found = self.job(job)
            try:
                self._specs[job] = found.spec
            except Exception as error:  # noqa: BLE001 - the job must be able to fail
                log.info("job %d: its spec cannot be read: %s", job, error)
                self._specs[job] = Spec(kind=found.kind)
        return self._specs[job]

    def origin(self, job: int) -> str:
        """With what a job is run, as JSON."""
        found = self.job(job)
        how = (found.kind, found.prepared.image)
        if how not in self._origins:
            self._origins[how] = json.dumps(origin(*how))
        return self._origins[how]

    def collects(self, job: int) -> bool:
        """Whether its tasks make datasets."""
        return self.job(job).kind != "command"

    def task(self, key: Key, attempt: int) -> Job:
        """The job as one of its tasks sees it."""
        return self.job(key[0]).as_task(key[1], attempt, self._item(key))

    def folder(self, key: Key) -> Path:
        """Where a task runs."""
        job, task = key
        if job not in self._folders:
            self._folders[job] = self._project.job_folder(job)
        return self._folders[job] / str(task) if task else self._folders[job]

    def lay_out(self, key: Key, attempt: int, folder: Path) -> list[str]:
        """The folder of a task as its program finds it; the datasets that are not what they were at its submission."""
        seen = self.task(key, attempt) if self.collects(key[0]) else self.job(key[0])
        return stage(seen, folder, self._store)

    def program(self, key: Key, attempt: int, folder: Path, cpus: Sequence[int]) -> Program:
        """What is started for a task. Raises NotFoundError, UnmetError."""
        job, item = key[0], self._item(key)
        if item.startswith('{"point"'):  # of a sweep: it has a spec of its own
            return self._plan(self.task(key, attempt)).program(key[1], attempt, folder, cpus)
        if job not in self._plans:
            self._plans[job] = self._plan(self.job(job))
        return self._plans[job].program(key[1], attempt, folder, cpus, item)

    def _plan(self, job: Job) -> Plan:
        """How tasks are run; where that is not this very file system, the folders that hold their data are named."""
        contained = job.prepared.image and job.kind != "command"
        data = sorted(folders(self._store.path(name).parent for name in job.prepared.names)) if contained else ()
        return plan(job, self._project.root, data)

    def _item(self, key: Key) -> str:
        job, number = key
        if job not in self._items:
            self._items[job] = self.job(job).array and bool(
                self._queue.read("select 1 from item where job = ? limit 1", (job,))
            )
        return self._queue.items(job, (number,)).get(number, "") if self._items[job] else ""
