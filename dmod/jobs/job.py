"""Job: one requested execution, as the queue keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dmod.jobs.status import Status

if TYPE_CHECKING:
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.resources import Allocation, Resources
    from dmod.jobs.spec import Spec


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the queue; spec and datasets are read from their JSON when they are asked for."""

    id: int
    name: str
    kind: str
    status: Status
    cpus: int
    memory: int  # bytes, 0: no limit
    submitted: datetime
    started: datetime | None
    ended: datetime | None
    reason: str  # why it failed or was canceled
    exit_code: int | None
    attempt: int  # 1, and one more with each retry
    stop: str  # why it has been asked to stop, "" if it has not
    cwd: str  # where it was submitted
    spec_json: str
    prepared_json: str
    handle_json: str  # what the executor needs to find it again
    allocation_json: str

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
    def datasets(self) -> tuple[str, ...]:
        """The names of the datasets it reads."""
        by_role = json.loads(self.prepared_json)["datasets"]
        return tuple(dict.fromkeys(name for names in by_role.values() for name in names))

    @property
    def handle(self) -> dict[str, Any]:
        """What the executor needs to find it again; empty if it was never started."""
        found: dict[str, Any] = json.loads(self.handle_json)
        return found

    @property
    def allocation(self) -> tuple[Allocation, ...]:
        """What it holds while it is staging and running."""
        from dmod.jobs.resources import Allocation

        return tuple(Allocation(**each) for each in json.loads(self.allocation_json))

    @property
    def output(self) -> str | None:
        """The dataset it makes, None for a kind that makes none."""
        spec: dict[str, Any] = json.loads(self.spec_json)
        table = spec.get(self.kind, {})
        if "output" not in table:
            return None
        from dmod.jobs.naming import dataset_name

        return str(table["output"] or dataset_name(self.name, self.id))
