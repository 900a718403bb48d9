"""Speech: what a service says, written to a file that a log page follows like any other."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from dmod.docker.services import listening
from dmod.errors import DmodError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dmod.docker.stack_service import Service

_TAIL = 2_000  # lines from before
_PAUSE = 1.0  # seconds before it is heard again, after it fell silent: it may be restarted


class Speech:
    """Listens in a thread until it is ended, also over a restart of its container."""

    def __init__(self, service: Service, file: Path) -> None:
        self.service, self.file = service, file
        self._over = Event()
        self._hang_up: Callable[[], None] | None = None
        file.write_text("")
        Thread(target=self._listen, daemon=True).start()

    def end(self) -> None:
        """Hear no more, and forget what was said."""
        self._over.set()
        if self._hang_up is not None:
            with suppress(Exception):  # the connection may be closing by itself
                self._hang_up()
        self.file.unlink(missing_ok=True)

    def _listen(self) -> None:
        since: float | None = None
        while not self._over.is_set():
            with suppress(Exception):  # closed under it, gone, not there yet: the list says how the container is
                self._hear(since)
            since = time.time()
            self._over.wait(_PAUSE)

    def _hear(self, since: float | None) -> None:
        with suppress(DmodError), listening(self.service, _TAIL, since) as (lines, hang_up):
            self._hang_up = hang_up
            with self.file.open("a", buffering=1) as file:
                for line in lines:
                    if self._over.is_set():
                        return
                    file.write(f"{line}\n")
