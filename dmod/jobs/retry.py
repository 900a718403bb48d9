"""Retry: for which causes a task that failed is run again, and when."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, NamedTuple

from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

CAUSES = {
    "any": "whatever it was",
    "node-lost": "its node restarted, or what ran it was killed",
    "time-limit": "it ran over its time limit",
    "memory": "it ran over its memory limit, or told that there was not enough",
    "start": "its program could not be started",
    "output": "its output could not be kept",
}
LONGEST = 3600.0  # seconds between two attempts
_CODE = re.compile(r"exit:(\d{1,3})")


class Failure(NamedTuple):
    """Why a task failed: by the word that `retry_on` knows, and for people."""

    cause: str
    reason: str
    code: int | None = None


def require(words: Iterable[str]) -> None:
    """ValueError, with the way out, for a word that names no cause."""
    for word in words:
        if word in CAUSES or _CODE.fullmatch(word) or word in _signals():
            continue
        near = nearest(word, [*CAUSES, *_signals()])
        hint = f'; did you mean "{near}"?' if near else ""
        raise ValueError(f'retry_on "{word}" is no cause: {", ".join(CAUSES)}, exit:75 or signal:SIGKILL{hint}')


def matches(words: Iterable[str], failure: Failure) -> bool:
    """Whether a failure has one of the causes."""
    names = {"any", failure.cause}
    if failure.code is not None and failure.code >= 0:
        names.add(f"exit:{failure.code}")
        names.add(f"signal:{_name(failure.code - 128)}")
    return not names.isdisjoint(words)


def delay(attempt: int, first: float) -> float:
    """Seconds until the attempt after this one: twice as many each time."""
    return min(first * 2.0 ** min(attempt - 1, 30), LONGEST)


def _signals() -> list[str]:
    return [f"signal:{each.name}" for each in signal.Signals]


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""
