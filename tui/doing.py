"""Doing: what takes minutes (a build, a stack that comes up), done in a thread, and told while it goes on."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from dmod.docker.failure import BuildError
from dmod.errors import DmodError
from dmod.executors import processes
from dmod.units import format_duration, format_memory
from tui.job_columns import bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.docker.steps import Steps
    from tui.look import Line

_KEPT = 8  # that are shown, the newest first
_BAR = 16  # cells
_OURS = ("docker", "docker-buildx", "docker-compose")  # programs that a deed may have started


class Far(NamedTuple):
    """How far a part of it is."""

    done: int
    total: int
    now: str  # what is being done
    last: str = ""  # what it said last
    bytes: bool = False  # or steps


class Doing:
    """One thing that is done: `act` is given this, tells it how far it is, and returns what came of it."""

    def __init__(self, title: str, act: Callable[[Doing], str]) -> None:
        self.title = title
        self.far: dict[str, Far] = {}  # by the name of the part
        self.said = ""  # what came of it
        self.error: DmodError | None = None
        self.going = True
        self._began, self._ended = time.monotonic(), 0.0
        Thread(target=self._run, args=(act,), daemon=True).start()

    def built(self, name: str, steps: Steps) -> None:
        """What a build tells."""
        self.far[name] = Far(steps.begun, steps.total, " ".join(steps.now.split()), steps.last)

    def sent(self, name: str, done: int, total: int, now: str) -> None:
        """What a push tells."""
        self.far[name] = Far(done, total, now, bytes=True)

    @property
    def seconds(self) -> float:
        """How long it has been going on, or took."""
        return (self._ended or time.monotonic()) - self._began

    def _run(self, act: Callable[[Doing], str]) -> None:
        try:
            self.said = act(self)
        except DmodError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - it would be lost with the thread
            self.error = DmodError(f"{type(error).__name__}: {error}", fix="dmod doctor")
        self._ended = time.monotonic()
        self.going = False

    def lines(self) -> list[Line]:
        """All that is to be told of it."""
        sign, style = ("●", "primary") if self.going else ("✗", "error") if self.error else ("✓", "success")
        took = format_duration(self.seconds, most=2)
        told: list[Line] = [((f" {sign} ", style), (self.title, "strong"), (f"  {took}", "muted"))]
        for name, far in sorted(self.far.items()) if self.going or self.error else ():
            told += _far(name, far)
        told += [((f"   {line}", "text"),) for line in self.said.splitlines()]
        return [*told, *_wrong(self.error), ()]


class Doings:
    """All that was done since the dashboard was opened."""

    def __init__(self) -> None:
        self.all: deque[Doing] = deque(maxlen=_KEPT)
        self._told: set[int] = set()

    def begin(self, title: str, act: Callable[[Doing], str]) -> Doing:
        """Do something."""
        self.all.appendleft(Doing(title, act))
        return self.all[0]

    @property
    def going(self) -> list[Doing]:
        """What has not ended."""
        return [each for each in self.all if each.going]

    def ended(self) -> list[Doing]:
        """What has ended since this was last asked."""
        found = [each for each in self.all if not each.going and id(each) not in self._told]
        self._told |= {id(each) for each in found}
        return found

    def lines(self) -> list[Line]:
        """As a page."""
        return [(), *(line for each in self.all for line in each.lines())]

    def abandon(self) -> None:
        """End the programs that do it: whoever leaves does not wait for them."""
        me = os.getpid()
        mine = (pid for pid, found in processes.everything().items() if found.parent == me) if self.going else ()
        processes.send((pid for pid in mine if _name(pid) in _OURS), signal.SIGTERM)


def _far(name: str, far: Far) -> list[Line]:
    size = format_memory if far.bytes else str
    count = f" {size(far.done)} of {size(far.total)} " if far.total else " "
    drawn = bar(far.done / far.total, _BAR) if far.total else ()
    first = ((f"   {name:<14} ", "text"), *drawn, (count, "text"), (far.now, "muted"))
    return [first, ((f"   {'':<14} {far.last}", "faint"),)] if far.last else [first]


def _wrong(error: DmodError | None) -> list[Line]:
    """The last lines of what failed, why, and what mends it."""
    if error is None:
        return []
    tail = error.tail if isinstance(error, BuildError) else ()
    told: list[Line] = [((f"   | {line}", "muted"),) for line in tail]
    told.append(((f"   {error.message}", "error"),))
    told += [(("   why: ", "muted"), (error.why, "text"))] if error.why else []
    return [*told, (("   fix: ", "muted"), (error.fix, "accent"))] if error.fix else told


def _name(pid: int) -> str:
    return processes.read(f"/proc/{pid}/comm").decode().strip()
