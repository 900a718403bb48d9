"""Options: how the dashboard was asked to be."""

from __future__ import annotations

from dataclasses import dataclass

SCREENS = ("jobs", "data", "stacks", "images", "nodes", "events")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says, or what was remembered."""

    screen: str = ""  # one of SCREENS; empty: where it was left
    filter: str = ""  # of the jobs, as in `/`
    read_only: bool = False  # nothing can be canceled or retried
    fps: float = 5  # looks at the queue a second
    ascii: bool = False  # no character outside ASCII
    theme: str = ""  # empty: as it was left
    mouse: bool = True

    def first(self, left: str) -> str:
        """The screen to begin with: what is asked for, or where it was left."""
        return next((name for name in (self.screen, left) if name in SCREENS), SCREENS[0])
