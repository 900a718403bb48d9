"""How builds are shown: one redrawn line for all on a terminal; elsewhere a line for each step of each image."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING, Self

from dmod.cli.progress import Progress
from dmod.cli.terminal import is_terminal

if TYPE_CHECKING:
    from types import TracebackType

    from dmod.docker.steps import Steps


class BuildProgress:
    """What several builds say, from the thread of each."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lock = Lock()
        self._bars: dict[str, Progress] = {}
        self._far: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def told(self, name: str, steps: Steps) -> None:
        """Show how far a build is: steps n/m, the step, the last line that it said."""
        with self._lock:
            self._far[name] = steps.begun, steps.total
            title = " ".join(steps.now.split())[:100]
            if is_terminal(sys.stderr):
                done, total = (sum(each[at] for each in self._far.values()) for at in (0, 1))
                self._bar("building").update(done, total, name, steps.last or title)
            else:
                self._bar(name).update(steps.begun, steps.total, title)

    def _bar(self, title: str) -> Progress:
        if title not in self._bars:
            self._bars[title] = self._stack.enter_context(Progress(title))
        return self._bars[title]
