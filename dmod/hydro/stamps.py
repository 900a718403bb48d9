"""Stamps: text to `datetime64[s]` in UTC and back, and the evenly spaced axis they must form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.errors import UnmetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Stamps = NDArray[np.datetime64]  # datetime64[s], UTC
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Axis:
    """Evenly spaced stamps, as three numbers."""

    begin: int  # seconds since 1970, start of the first step
    step: int  # seconds
    count: int

    @property
    def end(self) -> int:
        """The last stamp, the start of the last step, in seconds since 1970."""
        return self.begin + (self.count - 1) * self.step

    def stamps(self) -> Stamps:
        """All of them."""
        return (self.begin + self.step * np.arange(self.count)).astype("datetime64[s]")

    def rows(self, begin: datetime, end: datetime, who: str) -> slice:
        """Where the steps from `begin` to `end`, both included, lie.

        Raises UnmetError naming `who` if the axis starts later, ends earlier, or has no such stamps.
        """
        first, last = seconds(begin), seconds(end)
        needed = f"needed {text(first)} to {text(last)}; have {text(self.begin)} to {text(self.end)}"
        if last < first:
            raise UsageError(f"the period ends before it begins: {text(first)} to {text(last)}")
        if first < self.begin:
            raise UnmetError(f"{who} starts late: its first stamp is {text(self.begin)}", why=needed)
        if last > self.end:
            raise UnmetError(f"{who} ends early: its last stamp is {text(self.end)}", why=needed)
        for stamp in (first, last):
            if (stamp - self.begin) % self.step:
                raise UnmetError(
                    f"{who} has no stamp {text(stamp)}", why=f"it has one every {self.step} s from {text(self.begin)}"
                )
        return slice((first - self.begin) // self.step, (last - self.begin) // self.step + 1)


def seconds(stamp: datetime | np.datetime64) -> int:
    """Seconds since 1970; a datetime without a zone is UTC."""
    if isinstance(stamp, datetime):
        return int((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp())
    return int(stamp.astype("datetime64[s]").astype(np.int64))


def moment(stamp: int | np.datetime64) -> datetime:
    """An aware datetime, from seconds since 1970 or a datetime64."""
    whole = stamp if isinstance(stamp, int) else seconds(stamp)
    return datetime.fromtimestamp(whole, UTC)


def text(stamp: int | np.datetime64 | datetime) -> str:
    """`2015-12-01 00:00:00`, as in the files."""
    whole = stamp if isinstance(stamp, int) else seconds(stamp)
    return str(np.datetime64(whole, "s")).replace("T", " ")


def parse(cells: Sequence[bytes], where: Callable[[int], str]) -> Stamps:
    """Stamps from a column of a CSV; `where(i)` names the place of the i-th for the error. Raises UsageError."""
    clean = [cell.strip().strip(b'"').removesuffix(b"Z").removesuffix(b"+00:00") for cell in cells]
    try:
        stamps = np.array(clean, dtype=f"S{max(map(len, clean), default=1)}").astype("datetime64[s]")
    except ValueError:
        stamps = np.array([_one(cell) for cell in clean], dtype="datetime64[s]")
    bad = np.flatnonzero(np.isnat(stamps) | np.array([len(cell) < 10 for cell in clean], dtype=bool))
    if bad.size:
        at = int(bad[0])
        shown = cells[at].decode("utf-8", "replace")
        raise UsageError(f"{where(at)}: {shown!r} is not a time", why="a time looks like 2015-12-01 00:00:00, UTC")
    return stamps


def _one(cell: bytes) -> np.datetime64:
    try:
        stamp = datetime.fromisoformat(cell.decode("ascii"))
    except ValueError:
        return np.datetime64("NaT", "s")
    return np.datetime64(seconds(stamp), "s")


def axis(stamps: Stamps, where: Callable[[int], str]) -> Axis:
    """The axis that stamps form; `where(i)` names the place of the i-th.

    The step is the most frequent difference; a single stamp says nothing of its step, and an hour is taken, as in ngen.
    Raises UsageError at the first stamp that is doubled, goes back, follows a gap, or lies between steps.
    """
    whole = stamps.astype("datetime64[s]").astype(np.int64)
    if whole.size == 0:
        raise UsageError(f"{where(0)}: there is no stamp")
    differences = np.diff(whole)
    ahead = differences[differences > 0]
    values, counts = np.unique(ahead, return_counts=True)
    step = int(values[np.argmax(counts)]) if values.size else HOUR
    wrong = np.flatnonzero(differences != step)
    if wrong.size:
        at = int(wrong[0])
        raise UsageError(f"{where(at + 1)}: {_fault(whole, at, step)}")
    return Axis(int(whole[0]), step, whole.size)


def _fault(whole: NDArray[np.int64], at: int, step: int) -> str:
    before, after = int(whole[at]), int(whole[at + 1])
    if after == before:
        return f"{text(after)} stands twice"
    if after < before:
        return f"{text(after)} comes after {text(before)}"
    missing, rest = divmod(after - before, step)
    if rest:
        return (
            f"stamps are not evenly spaced: {text(after)} comes {after - before} s after {text(before)}, not {step} s"
        )
    what = f"{missing - 1} stamps are" if missing > 2 else "1 stamp is"
    return f"{what} missing: {text(after)} comes after {text(before)}"
