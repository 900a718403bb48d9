"""Job: one requested execution, as the queue keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dmod.jobs.status import Status

if TYPE_CHECKING:
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.resources import Resources
    from dmod.jobs.spec import Spec


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the queue; spec and datasets are read from their JSON when they are asked for."""

    id: int
    name: str
    kind: str
    status: Status
    priority: int
    cpus: int  # of each task
    memory: int  # bytes, of each task; 0: no limit
    submitted: datetime
    started: datetime | None  # the first of its tasks
    ended: datetime | None  # the last of them
    reason: str  # why it failed or was canceled
    exit_code: int | None
    attempt: int  # 1, and one more with each retry
    stop: str  # why it has been asked to stop, "" if it has not
    held: bool  # it waits for `dmod job release`
    numbers: str  # of its tasks, as `1-100`; "" if it is no array
    size: int  # tasks
    running: int  # tasks that hold an allocation or are collected
    completed: int
    failed: int
    canceled: int
    cpu: float  # seconds of cpu that its tasks used, as far as they ended
    peak: int  # bytes, the most that one of its tasks held
    read: int  # bytes from disks
    written: int  # bytes to disks
    cwd: str  # where it was submitted
    spec_json: str
    prepared_json: str
    origin_json: str  # the versions and the host it ran with; "{}" before it started
    fingerprint: str  # equal for jobs that must make the same; "" if nobody can say
    task: int = 0  # the number of the task that sees it so
    point: bool = False  # whether that is a point of a sweep

    @property
    def array(self) -> bool:
        """Whether it has numbered tasks."""
        return bool(self.numbers)

    @property
    def waiting(self) -> int:
        """How many of its tasks have not begun, or are to be run again."""
        return self.size - self.running - self.completed - self.failed - self.canceled

    @property
    def spec(self) -> Spec:
        """What the user asked for."""
        from dmod.jobs.kinds import from_json

        return from_json(self.spec_json)

    @property
    def resources(self) -> Resources:
        """What it asks for."""
        from dmod.jobs.resources import Resources

        return Resources(**json.loads(self.spec_json)["resources"])

    @property
    def prepared(self) -> Prepared:
        """The datasets by role, the period, the catchments."""
        from dmod.jobs.prepared import Prepared

        return Prepared.from_json(json.loads(self.prepared_json))

    @property
    def seed(self) -> int:
        """What the task finds in DMOD_SEED: a point of a sweep that of its spec, others have one each."""
        said: int = json.loads(self.spec_json)["seed"]
        return said if self.point else said + self.task

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of the datasets it reads."""
        by_role = json.loads(self.prepared_json)["datasets"]
        return tuple(dict.fromkeys(name for names in by_role.values() for name in names))

    @property
    def output(self) -> str | None:
        """The dataset it makes, None for a kind that makes none."""
        spec: dict[str, Any] = json.loads(self.spec_json)
        table = spec.get(self.kind, {})
        if "output" not in table:
            return None
        from dmod.jobs.naming import dataset_name

        name = str(table["output"] or dataset_name(self.name, self.id))
        return f"{name}-{self.task}" if self.array else name

    def as_task(self, number: int, attempt: int, item: str = "") -> Job:
        """The job as one of its tasks sees it; `item` is what is the task's own (`dmod.jobs.order`)."""
        own = json.loads(item) if item else {}
        spec, prepared = (
            json.dumps(own[key], ensure_ascii=False) if key in own else "" for key in ("spec", "prepared")
        )
        return replace(
            self,
            task=number,
            point="spec" in own,
            attempt=attempt,
            spec_json=spec or self.spec_json,
            prepared_json=prepared or self.prepared_json,
        )
