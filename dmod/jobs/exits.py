"""The exit codes of a worker, each with the sentence a person reads when a job ended with it."""

from __future__ import annotations

import signal
from enum import IntEnum


class Exit(IntEnum):
    """What a worker's exit code means; the numbers are those of sysexits.h where it has one."""

    OK = 0
    BAD_DATA = 65
    MISSING_INPUT = 66
    MPI_UNAVAILABLE = 69
    BUG = 70
    MODEL_FAILED = 71
    OUTPUT_FAILED = 74
    OUT_OF_MEMORY = 75
    TERMINATED = 143

    @property
    def sentence(self) -> str:
        """What happened, for people, without a full stop."""
        return _SENTENCES[self]


_SENTENCES = {
    Exit.OK: "done",
    Exit.BAD_DATA: "the input is wrong: a file, a value or a parameter is not what it must be",
    Exit.MISSING_INPUT: "an input is missing: a file, a catchment, a period, or a model this version cannot load",
    Exit.MPI_UNAVAILABLE: "MPI cannot be used, or there are not as many ranks as the job asked for",
    Exit.BUG: "a bug of dmod",
    Exit.MODEL_FAILED: "a model failed while it ran",
    Exit.OUTPUT_FAILED: "the output could not be written",
    Exit.OUT_OF_MEMORY: "there was not enough memory",
    Exit.TERMINATED: "terminated by request",
}


def explain(code: int) -> str:
    """The sentence for any exit code, of a worker or of anybody's program; -9 and 137 are both SIGKILL."""
    try:
        return Exit(code).sentence
    except ValueError:
        pass
    try:
        name = signal.Signals(-code if code < 0 else code - 128).name
    except ValueError:
        return f"exit code {code}"
    hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"
