"""Launch: the program of a job as a value: argv, environment, folder; the executor starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import NotFoundError, UnmetError

if TYPE_CHECKING:
    from dmod.jobs.job import Job

# one thread a rank: ranks are how a job uses its cpus
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# MPICH may read another rank's memory by process_vm_readv, which containers and hardened kernels refuse in mid-message
NO_PEEKING = {"MPIR_CVAR_CH4_CMA_ENABLE": "0"}


Key = tuple[int, int]  # a job, and the number of one of its tasks


@dataclass(frozen=True, slots=True)
class Program:
    """What an executor starts for a task on one node."""

    key: Key
    attempt: int  # 1, and one more with each retry
    argv: tuple[str, ...]  # argv[0] is a path
    folder: Path  # of the task: its logs, and what the executor needs
    cwd: Path
    cpus: tuple[int, ...] = ()  # the numbers of those it is bound to; none: it is not bound
    memory: int = 0  # bytes for each process; 0 is no limit
    total: int = 0  # bytes for all its processes together; 0 is no limit
    env: Mapping[str, str] = field(default_factory=dict)  # besides that of the scheduler


def plan(job: Job, folder: Path, root: Path) -> Program:
    """The program of a job. Raises NotFoundError if there is none, UnmetError without an mpiexec for its ranks."""
    env = {
        "DMOD_JOB": str(job.id),
        "DMOD_TASK": "0",
        "DMOD_ATTEMPT": str(job.attempt),
        "DMOD_PROJECT": str(root),
        "DMOD_JOB_FOLDER": str(folder),
    }
    if job.kind == "command":
        command = job.spec.table
        argv = (_program(command.argv[0], Path(job.cwd), command.env), *command.argv[1:])
        return Program(argv, folder, Path(job.cwd), job.cpus, job.memory, {**env, **command.env})
    worker = (sys.executable, "-m", "dmod.worker", str(folder))
    env |= dict.fromkeys(ONE_THREAD, "1") | NO_PEEKING
    ranks = ranks_of(job)
    argv = worker if ranks == 1 else (mpiexec(), "-n", str(ranks), *worker)
    return Program(argv, folder, Path(job.cwd), job.cpus, job.memory // ranks, env)


def ranks_of(job: Job) -> int:
    """How many ranks a job has: only simulations have more than one, and never more than catchments."""
    if job.kind != "simulation":
        return 1
    return min(job.cpus, max(job.prepared.size, 1))


def _program(word: str, cwd: Path, env: Mapping[str, str]) -> str:
    """The file that a command means: a path from where it was submitted, or a program on PATH. Raises NotFoundError."""
    import shutil

    found = shutil.which(str(cwd / word) if "/" in word else word, path=env.get("PATH"))
    if found is None:
        where = f"in {cwd}" if "/" in word else "on PATH"
        raise NotFoundError(f"there is no program {word} {where}", why="argv is run as it is, without a shell")
    return found


def mpiexec() -> str:
    """The mpiexec beside this Python, where `pip install 'dmod[mpi]'` puts it, or on PATH. Raises UnmetError."""
    import shutil

    beside = Path(sys.prefix) / "bin" / "mpiexec"
    if beside.exists() and os.access(beside, os.X_OK):
        return str(beside)
    found = shutil.which("mpiexec")
    if found is None:
        raise UnmetError("there is no mpiexec for more than one rank", fix="pip install 'dmod[mpi]', or --cpus 1")
    return found
