"""Spawn: start a program in a session of its own, quickly; light, for the shepherd imports it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

OUT, ERR = "stdout.log", "stderr.log"  # as dmod.layout has them
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
DEFAULT = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)  # perhaps ignored here


def spawn(argv: list[str], folder: str, cwd: str, cpus: Collection[int], env: Mapping[str, str]) -> int:
    """Start a program and return its pid. Raises OSError, or ValueError for a null byte.

    Standard input is the caller's; the folder of work and the cpus of the caller become those of the program. The log
    is the mark that it was begun: where there is one already, nothing is started.
    """
    out = os.open(f"{folder}/{OUT}", APPEND | os.O_EXCL, 0o644)
    err = -1
    try:
        err = os.open(f"{folder}/{ERR}", APPEND, 0o644)
        os.chdir(cwd)
        bind(cpus)
        return os.posix_spawn(
            argv[0],
            argv,
            env,
            file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, err, 2)],
            setsid=True,
            setsigmask=(),
            setsigdef=DEFAULT,
        )
    except OSError as error:
        if err >= 0:
            with suppress(OSError):
                os.write(err, os.fsencode(f"{error.filename or argv[0]}: {error.strerror}\n"))
        raise
    finally:
        os.close(out)
        if err >= 0:
            os.close(err)


def bind(cpus: Collection[int]) -> None:
    """Run on these cpus. If one has gone, anywhere: that is better than nowhere."""
    with suppress(OSError):
        os.sched_setaffinity(0, cpus)
