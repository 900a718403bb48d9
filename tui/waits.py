"""Waits: why the jobs that come first in the queue wait, decided as the scheduler does."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING

from dmod.scheduler.outlook import Outlook

if TYPE_CHECKING:
    from collections.abc import Collection

    from dmod.config import Config
    from dmod.scheduler.queue import Queue

MOST = 500  # jobs for which it is said; those behind them wait for these
DOWN = "the scheduler is down: dmod scheduler start"


class Waits:
    """What was said of waiting jobs, kept until it may be otherwise."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._outlook: Outlook | None = None
        self._moved = True  # whether it may be otherwise
        self._alive = False  # whether there was a scheduler
        self._said: dict[int, str] = {}

    def moved(self) -> None:
        """Something happened in the queue."""
        self._moved = True

    def forget(self) -> None:
        """Another queue, or one that we have changed ourselves: SQLite counts only what others write."""
        self._outlook, self._moved = None, True

    def look(self, queue: Queue, queued: Collection[int], *, alive: bool) -> dict[int, str]:
        """Why jobs wait, if that may have changed; "" for those of which it is not said any more."""
        passing = any("attempt" in why for why in self._said.values())  # it names the seconds that are left
        if not (self._moved or passing) and alive == self._alive:
            return {}
        self._moved, self._alive = False, alive
        said = self._ask(queue, len(queued)) if alive else dict.fromkeys(nsmallest(MOST, queued), DOWN)
        gone, self._said = self._said.keys() - said.keys(), said
        return dict.fromkeys(gone, "") | said

    def _ask(self, queue: Queue, queued: int) -> dict[int, str]:
        """An outlook knows those that were first when it was made: another one, once most of them have started."""
        said = self._outlook.why() if self._outlook else {}
        if self._outlook is None or len(said) < min(MOST // 2, queued):
            self._outlook = Outlook(queue, self._config, MOST)
            said = self._outlook.why()
        return said
