"""Asked: what takes a while to answer, asked in a thread of its own and read by whoever looks."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from dmod.errors import DmodError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Asked(Generic[T]):
    """The last answer, or why there is none; nobody waits for one, and whoever leaves leaves it behind."""

    def __init__(self, ask: Callable[[], T], every: float) -> None:
        self._ask = ask
        self._every = every  # seconds from an answer to the next question
        self.value: T | None = None
        self.trouble: DmodError | None = None
        self.answers = 0
        self._read = 0  # answers that somebody has seen
        self._next = 0.0
        self._thread: Thread | None = None

    def look(self, now: float) -> bool:
        """Ask again if it is time; returns whether there is an answer that nobody has seen."""
        if now >= self._next and not self.going:
            self._next = now + self._every
            self._thread = Thread(target=self._answer, daemon=True)
            self._thread.start()
        news, self._read = self.answers != self._read, self.answers
        return news

    @property
    def going(self) -> bool:
        """Whether an answer is on its way."""
        return self._thread is not None and self._thread.is_alive()

    def soon(self) -> None:
        """Ask at the next look: something was changed."""
        self._next = 0.0

    def _answer(self) -> None:
        try:
            self.value, self.trouble = self._ask(), None
        except DmodError as error:
            self.value, self.trouble = None, error
        self.answers += 1
