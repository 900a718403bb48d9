"""Surroundings: what jobs stand on, stacks and nodes, in a few words, by looks that cost next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.docker.glance import glance
from dmod.errors import DmodError
from dmod.scheduler.nodes import nodes
from tui.asked import Asked
from tui.widgets.header import Told

if TYPE_CHECKING:
    from collections.abc import Collection

    from dmod.docker.glance import Glance
    from dmod.project import Project
    from tui.feed import Feed
    from tui.look import Line
    from tui.machine import Machine

_EVERY = 60.0  # seconds: a service that ails is seen here a minute later, on its screen at once


class Surroundings:
    """For the header: stacks, if any was ever brought up, and nodes."""

    def __init__(self, project: Project) -> None:
        self._glance: Asked[Glance | None] = Asked(lambda: glance(project), _EVERY)
        try:
            self._nodes = [node.name for node in nodes(project.config)]
        except DmodError:  # `dmod doctor` and the scheduler say what is wrong with them
            self._nodes = []

    def look(self, now: float) -> None:
        """Look again, now and then."""
        self._glance.look(now)

    def soon(self) -> None:
        """Something was changed."""
        self._glance.soon()

    def stacks(self) -> Line:
        """How they are."""
        seen = self._glance.value
        if seen is None or not seen.services:
            return ()
        if not seen.ill:
            return ("● ", "success"), ("stacks", "text")
        more = f" and {len(seen.ill) - 1} more" if len(seen.ill) > 1 else ""
        return ("✗ ", "error"), (f"{seen.ill[0]}{more}", "error")

    @property
    def ill(self) -> bool:
        """Whether a service is not as it should be."""
        return bool(self._glance.value and self._glance.value.ill)

    def nodes(self, drained: Collection[str]) -> Line:
        """How many there are, and how many of them are drained."""
        count, out = len(self._nodes), sum(name in drained for name in self._nodes)
        said = f"{count} node{'s' * (count != 1)}"
        if not count:
            return ()
        return (("‖ ", "warning"), (f"{out} of {said} drained", "warning")) if out else ((said, "muted"),)


def told(feed: Feed, around: Surroundings, machine: Machine, clock: str, *, paused: bool) -> Told:
    """All that the header says."""
    wrong = (*(("stacks",) if around.ill else ()), *(("nodes",) if feed.drained else ()))
    still: Line = (("paused  ", "warning"),) if paused else ()
    state = (*still, *feed.scheduler())
    return Told(state, dict(feed.counts), clock, around.stacks(), around.nodes(feed.drained), wrong, machine.line())
