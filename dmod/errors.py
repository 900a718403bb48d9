"""Every way dmod fails on purpose, and the exit code a script sees for it.

::

    DmodError                1   what you asked about failed (a job, a check)
    ├── UsageError           2   the command line, dmod.toml or a job file is wrong
    ├── NotFoundError        3   no such job, dataset, file
    ├── ConflictError        4   the name is taken, the thing is in use
    ├── UnreachableError     5   a service does not answer; trying again may help
    ├── UnmetError           6   can never run as stated: data missing, too few cpus
    ├── TimedOutError        7   the time is over, the work goes on
    └── PartialError         8   some of it was done, and the message says which

70 is a bug of ours (any other exception), 130 is Ctrl-C.
"""

from __future__ import annotations

from typing import ClassVar

_SEEN = {ord("\n"), ord("\t")}
_UNSEEN = dict.fromkeys({*range(32), *range(127, 160)} - _SEEN, "?")  # a broken file's bytes could steer the terminal


class DmodError(Exception):
    """A failure the user can understand: what happened, why, and the command that mends it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message  # one line: what, and where (file:line:column) if there is a where
        self.why = why  # what was found against what was needed
        self.fix = fix  # the next command to type

    def lines(self) -> list[str]:
        """The error as it is shown: `error:`, then `  why:` and `  fix:` where there is one."""
        said = (("error: ", self.message), ("  why: ", self.why), ("  fix: ", self.fix))
        return [label + text.translate(_UNSEEN) for label, text in said if text or label == "error: "]


class UsageError(DmodError):
    """The command line, dmod.toml or a job file is wrong."""

    exit_code: ClassVar[int] = 2


class NotFoundError(DmodError):
    """No such job, dataset or file."""

    exit_code: ClassVar[int] = 3


class ConflictError(DmodError):
    """The name is taken, or the thing is in use."""

    exit_code: ClassVar[int] = 4


class UnreachableError(DmodError):
    """A service does not answer; trying again may help."""

    exit_code: ClassVar[int] = 5


class UnmetError(DmodError):
    """It can never run as stated: data are missing, or there are too few cpus."""

    exit_code: ClassVar[int] = 6


class TimedOutError(DmodError):
    """The time is over; the work goes on."""

    exit_code: ClassVar[int] = 7


class PartialError(DmodError):
    """Some of it was done, and the message says which."""

    exit_code: ClassVar[int] = 8
