"""How a worker fails: which exit code an exception is, and the story it leaves in `failure.json`."""

from __future__ import annotations

import errno
import json
import resource
import sys
import traceback
from pathlib import Path

from dmod import layout
from dmod.errors import DmodError, NotFoundError, UnmetError, UnreachableError
from dmod.jobs.exits import Exit
from dmod.models.model import ModelError
from dmod.units import format_memory
from dmod.worker.files import write_first

NEAR = 0.75  # of the limit of memory
MORE = "submit with more [resources] memory or more cpus"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


class OutputError(DmodError):
    """The output could not be written."""


class TerminatedError(SystemExit):
    """The worker was asked to stop; a SystemExit so that no model swallows it."""

    def __init__(self) -> None:
        super().__init__(int(Exit.TERMINATED))


def terminate(_signal: int, _frame: object) -> None:
    """What SIGTERM does: raise TerminatedError where the worker is."""
    raise TerminatedError


def code(error: BaseException) -> Exit:
    """The exit code for an exception."""
    if isinstance(error, OSError):
        return Exit.OUTPUT_FAILED if error.errno in FULL else Exit.MISSING_INPUT
    kinds = {
        TerminatedError: Exit.TERMINATED,
        ModelError: Exit.MODEL_FAILED,
        OutputError: Exit.OUTPUT_FAILED,
        UnreachableError: Exit.MPI_UNAVAILABLE,
        NotFoundError: Exit.MISSING_INPUT,
        UnmetError: Exit.MISSING_INPUT,
        DmodError: Exit.BAD_DATA,
        MemoryError: Exit.OUT_OF_MEMORY,
    }
    return next((exit_code for kind, exit_code in kinds.items() if isinstance(error, kind)), Exit.BUG)


def tell(error: BaseException, folder: Path, rank: int, since: float = 0.0) -> Exit:
    """Say on stderr and in `failure.json` what went wrong, and return the exit code.

    Where another rank has failed before, its story and its exit code hold: this one may have failed of that.
    What stands behind a model's failure or a bug is shown with its traceback; a termination needs no story. `since` is
    when this worker began (seconds since 1970): an older story is that of an earlier attempt.
    """
    exit_code = code(error)
    if exit_code is Exit.TERMINATED:
        return exit_code
    if isinstance(error, ModelError) and error.__cause__ is not None:
        traceback.print_exception(error.__cause__)
    elif exit_code is Exit.BUG:
        traceback.print_exception(error)
    story = _story(error, exit_code, rank)
    lines = [f"error: rank {rank}: {story['message']}"]
    lines += [f"  {key}: {story[key]}" for key in ("why", "fix") if story[key]]
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
    try:
        if not write_first(folder / layout.FAILURE, story, since):
            return Exit(json.loads((folder / layout.FAILURE).read_text(encoding="utf-8"))["exit"])
    except OSError as unwritable:
        sys.stderr.write(f"  {layout.FAILURE} cannot be written: {unwritable}\n")
    return exit_code


def want_of_memory() -> str:
    """That this process is near its limit of memory, "" if it is not: libraries in want of it fail for odd reasons."""
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return ""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    used = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
    if used < NEAR * limit:
        return ""
    return f"perhaps for want of memory: {format_memory(used)} of its {format_memory(limit)} are in use"


def _story(error: BaseException, exit_code: Exit, rank: int) -> dict[str, str | int]:
    message, why, fix = f"{type(error).__name__}: {error}", "", ""
    if isinstance(error, DmodError):
        message, why, fix = error.message, error.why, error.fix
    elif isinstance(error, MemoryError):
        message, fix = "out of memory", MORE
    elif exit_code is Exit.OUTPUT_FAILED:
        fix = "make room on the disk of the project, then: dmod job submit FILE"
    if exit_code is not Exit.OUT_OF_MEMORY and (short := want_of_memory()):
        why, fix = f"{why}; {short}" if why else short, MORE
    return {
        "rank": rank, "exit": int(exit_code), "reason": exit_code.sentence,
        "message": message, "why": why, "fix": fix,
    }  # fmt: skip
