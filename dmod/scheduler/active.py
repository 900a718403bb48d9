"""Active: the jobs that have not ended, as decisions see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dmod.jobs.resources import Allocation, Resources
from dmod.jobs.status import Status
from dmod.scheduler.step import Seen

if TYPE_CHECKING:
    from dmod.scheduler.queue import Queue


class Active:
    """A view of a queue that stays small: what a job asks for is parsed once, however often one looks."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._wanted: dict[int, Resources] = {}  # of the jobs that were there at the last look

    def look(self, queued: int = -1) -> list[Seen]:
        """Those that run, and the first `queued` of those that wait (-1: all), in the order of their ids."""
        rows = self._queue.active(queued)
        new = self._queue.resources([row["id"] for row in rows if row["id"] not in self._wanted])
        asked = {job: Resources(**json.loads(text)) for job, text in new.items()}
        self._wanted = {row["id"]: self._wanted.get(row["id"]) or asked[row["id"]] for row in rows}
        return [
            Seen(
                row["id"],
                Status(row["status"]),
                self._wanted[row["id"]],
                tuple(Allocation(**each) for each in json.loads(row["allocation"])),
                row["started"],
                row["stop"],
                name=row["name"],
            )
            for row in rows
        ]
