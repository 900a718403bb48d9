"""docker: tasks as containers of this machine's engine, which keeps them, and their exit codes, for every scheduler."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections import deque
from contextlib import suppress
from functools import partial
from threading import Event, Lock, Semaphore, Thread
from typing import TYPE_CHECKING, TypeVar

from dmod import layout
from dmod.docker.client import address, listens
from dmod.docker.container import Containers
from dmod.errors import DmodError, NotFoundError, UnreachableError
from dmod.executors import MARK, enclosed
from dmod.executors.counted import report
from dmod.executors.executor import LOST, UNSTARTED, Ended, Handle, Started, Usage
from dmod.executors.owner import owner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from dmod.docker.container import State
    from dmod.jobs.launch import Key, Program

Attempt = tuple["Key", int]
Answer = TypeVar("Answer")
AT_ONCE = 4  # containers that are being started: more only wait for each other
PATIENCE = 600.0  # seconds that an engine may be away before a task cannot be started
MOMENT = 0.2  # seconds within which a container that is being removed is gone
KILLED = 128 + signal.SIGKILL
PAUSE = 0.5  # seconds between two looks whether it is back
QUIET = 60.0  # seconds between two complaints that it is away
log = logging.getLogger("dmod.scheduler")


class Life:
    """A container of a task, from before it is made until it has ended."""

    def __init__(self, program: Program, handle: Handle, *, adopted: bool) -> None:
        self.program, self.handle, self.adopted = program, handle, adopted
        self.asked = 0  # the signal that it is to get when it runs
        self.runs = False  # whether it can get one
        self.ended = False
        self.lock = Lock()


class Docker:
    """Containers, each watched by a thread of its own: it makes one, waits for its end, and tells."""

    def __init__(self, state: Path) -> None:
        self._state, self._project = state, owner(state)
        self._containers = Containers()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = Lock()
        self._closed = Event()
        self._news: deque[Started | Ended] = deque()
        self._lives: dict[Attempt, Life] = {}
        self._gate = Semaphore(AT_ONCE)
        self._told = -QUIET  # when it was last said that the engine is away

    def start(self, programs: Sequence[Program]) -> None:
        """Have containers started, each by its thread."""
        for program in programs:
            life = self._lives.get((program.key, program.attempt))
            fresh = Life(program, {}, adopted=False)
            if life is None and _logged(program):  # it was begun, and is forgotten
                self._end(fresh, UNSTARTED, f"start: File exists: {program.folder / layout.STDOUT}")
            elif life is None or life.ended:
                self._watch(fresh)

    def adopt(self, programs: Sequence[tuple[Program, Handle]]) -> set[Key]:
        """Watch the containers of an earlier scheduler, and remove those that nobody asks for."""
        there: set[str] = set()
        with suppress(UnreachableError):
            there = self._containers.names(self._label) if listens() else there
        never = set()
        for program, handle in programs:
            name = enclosed.name(self._project, program)
            if not (handle or _logged(program) or name in there):
                never.add(program.key)
            else:
                self._watch(Life(program, handle, adopted=True))
        known = {enclosed.name(self._project, program) for program, _ in programs}
        self._later(lambda: self._sweep(known))
        return never

    def fileno(self) -> int:
        """Of a counter that is not zero while there is news."""
        return self._bell

    def news(self) -> list[Started | Ended]:
        """What the threads told."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._bell)
        with self._lock:
            told = list(self._news)
            self._news.clear()
        return told

    def forget(self, keys: Sequence[tuple[Key, int]]) -> None:
        """Remove the containers of what ended."""
        lives = [life for key in keys if (life := self._lives.pop(key, None))]
        if lives:
            self._later(lambda: self._remove(lives))

    def stop(self, program: Program, handle: Handle, *, kill: bool) -> None:  # noqa: ARG002 - it has one name only
        """Signal a container, or let it be signalled as soon as it runs."""
        life = self._lives.get((program.key, program.attempt))
        if life is None:
            return
        with life.lock:
            life.asked = max(life.asked, signal.SIGTERM) if not kill else signal.SIGKILL
            runs = life.runs
        if runs:
            self._later(lambda: self._signal(life))

    def close(self) -> None:
        """Tell no more; the containers go on, and the threads end with what they wait for."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._lock:
            os.close(self._bell)

    @property
    def _label(self) -> str:
        return f"{enclosed.LABEL}={self._project}"

    def _watch(self, life: Life) -> None:
        self._lives[life.program.key, life.program.attempt] = life
        (self._state / MARK).touch()
        self._later(lambda: self._live(life))

    def _later(self, work: Callable[[], None]) -> None:
        Thread(target=self._quietly, args=(work,), daemon=True).start()

    def _quietly(self, work: Callable[[], None]) -> None:
        """Do something that nobody waits for: an executor that was closed has nothing more to say."""
        with suppress(NotFoundError, UnreachableError):
            work()

    def _live(self, life: Life) -> None:
        """See a task through."""
        program = life.program
        try:
            state = self._begin(life)
            if state is None:
                self._end(life, LOST, "its container is gone")
                return
            if not life.handle:
                life.handle = {"container": state.id}
                self._tell(Started(program.key, program.attempt, life.handle, _seconds(state.started)))
            with life.lock:
                life.runs, asked = True, life.asked
            if asked:
                self._quietly(lambda: self._signal(life))
            self._outlive(life, state.id)
        except UnreachableError as error:
            if not self._closed.is_set():
                self._later(lambda: self._remove([life]))
                why = f"start: {error.message}: {error.why}"
                self._end(life, *((128 + life.asked, "") if life.asked else (UNSTARTED, why)))
        except (DmodError, OSError, ValueError) as error:
            self._quietly(lambda: self._remove([life]))
            self._end(life, UNSTARTED, f"start: {_why(error)}")

    def _begin(self, life: Life) -> State | None:
        """The container of a task, started if it never was; None if it is gone."""
        program, name = life.program, enclosed.name(self._project, life.program)
        found = self._patiently(lambda: self._containers.state(name), life)
        if found is None:
            if life.adopted and (life.handle or program.container is None or _logged(program)):
                return None
            made = enclosed.recipe(self._project, program)
            enclosed.hide(program)
            with self._gate:
                identifier = self._patiently(lambda: self._containers.create(made), life)
                found = self._patiently(lambda: self._containers.state(identifier), life)
        if found is not None and found.status == "created":
            with self._gate:
                self._patiently(lambda: self._containers.start(name), life)
            return self._patiently(lambda: self._containers.state(name), life)
        return found

    def _outlive(self, life: Life, container: str) -> None:
        """Wait for the end of a container, however often the engine goes away meanwhile."""
        while True:
            with suppress(NotFoundError):
                self._patiently(lambda: self._containers.wait(container))
            state = self._patiently(lambda: self._containers.state(container))
            if state is not None and state.code == KILLED and not life.asked and not state.starved:
                time.sleep(MOMENT)  # whoever removes a container kills it first
                state = self._patiently(lambda: self._containers.state(container))
            if state is None or state.status in {"removing", "dead"}:
                self._end(life, LOST, "its container was removed by somebody else")
                return
            if state.status != "running":
                break
        used, cause = report(life.program.folder)
        if state.code and (state.starved or cause == "memory"):
            cause = "memory"
        elif cause == "memory":  # it went on without what was killed
            cause = ""
        elif not _logged(life.program):  # the shell did not come so far
            cause = f"start: {state.error or self._patiently(lambda: self._containers.last_words(container))}"
        self._end(life, state.code, cause, _seconds(state.finished), used)

    def _patiently(self, ask: Callable[[], Answer], life: Life | None = None) -> Answer:
        """Ask the engine until it answers; while a fresh `life` waits for it, not for ever."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if listens():  # Docker's client leaves a socket open behind each call that nobody takes
                    return ask()
                trouble = UnreachableError("no Docker Engine answers", why=f"nobody listens at {address()}")
            except UnreachableError as error:
                trouble = error
            self._away(trouble)
            hurried = life is not None and not life.adopted and (time.monotonic() > until or life.asked)
            if self._closed.wait(PAUSE) or hurried:
                raise trouble

    def _away(self, error: UnreachableError) -> None:
        """Say once in a while that the engine is away."""
        with self._lock:
            told, self._told = self._told, time.monotonic()
        if self._told - told > QUIET:
            log.error("%s: %s; tasks wait for it", error.message, error.why)

    def _signal(self, life: Life) -> None:
        name = enclosed.name(self._project, life.program)
        with suppress(DmodError):  # it has ended
            self._patiently(lambda: self._containers.kill(name, life.asked))

    def _remove(self, lives: Sequence[Life]) -> None:
        """Remove containers, and the mark if there are none any more."""
        for life in lives:
            name = enclosed.name(self._project, life.program)
            with suppress(NotFoundError):
                self._patiently(partial(self._containers.remove, name))
        if not self._lives and not self._containers.names(self._label):
            (self._state / MARK).unlink(missing_ok=True)
            if self._lives:  # meanwhile
                (self._state / MARK).touch()

    def _sweep(self, known: set[str]) -> None:
        """Remove the containers that nobody asks for."""
        there = self._patiently(lambda: self._containers.names(self._label))
        mine = {enclosed.name(self._project, life.program) for life in list(self._lives.values())}
        for name in there - known - mine:
            with suppress(NotFoundError):
                self._containers.remove(name)
        self._remove([])

    def _end(self, life: Life, code: int, cause: str, when: float = 0.0, used: Usage | None = None) -> None:
        program, life.ended = life.program, True
        self._tell(Ended(program.key, program.attempt, code, used, when or time.time(), cause))

    def _tell(self, told: Started | Ended) -> None:
        with self._lock:
            if not self._closed.is_set():
                self._news.append(told)
                os.eventfd_write(self._bell, 1)


def _logged(program: Program) -> bool:
    """Whether a task has begun."""
    return (program.folder / layout.STDOUT).exists()


def _seconds(when: datetime | None) -> float:
    return when.timestamp() if when else time.time()


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}"
    return error.message if isinstance(error, DmodError) else str(error)
