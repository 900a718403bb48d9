"""Launch: the program of a job as a value: argv, environment, folder; the executor starts it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dmod import layout
from dmod.errors import NotFoundError, UnmetError
from dmod.jobs.order import LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.jobs.job import Job

# one thread a rank: ranks are how a job uses its cpus
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# MPICH may read another rank's memory by process_vm_readv, which containers and hardened kernels refuse in mid-message
NO_PEEKING = {"MPIR_CVAR_CH4_CMA_ENABLE": "0"}


Key = tuple[int, int]  # a job, and the number of one of its tasks


@dataclass(frozen=True, slots=True)
class Container:
    """What a program finds around it, if it does not run on the machine as it is."""

    image: str  # by which the engine finds it: its id
    cpus: int  # of which it may use all the time
    reads: tuple[Path, ...] = ()  # folders that it sees under their own paths
    writes: tuple[Path, ...] = ()  # those in which it may write, too
    hides: tuple[Path, ...] = ()  # folders in these of which it sees nothing
    tree: bool = False  # whether it sees the tree of the task's folder as /dmod
    network: str = "none"


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
    env: Mapping[str, str] = field(default_factory=dict)  # besides that of the scheduler, or of the image
    executor: str = "local"
    container: Container | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the programs of a job's tasks have in common."""

    job: int
    argv: tuple[str, ...]
    cwd: Path
    root: Path
    memory: int  # bytes for each process
    total: int  # bytes for all of a task
    seed: int  # to which each task adds its number
    env: Mapping[str, str]
    worker: bool  # whether its last argument is the folder of the task
    executor: str = "local"
    container: Container | None = None

    def program(self, task: int, attempt: int, folder: Path, cpus: Sequence[int] = (), item: str = "") -> Program:
        """The program of one task; `item` is what is its own: a line stands for {} in argv, too."""
        argv = (*self.argv, str(folder)) if self.worker else self.argv
        env = {
            **self.env,
            "DMOD_JOB": str(self.job),
            "DMOD_TASK": str(task),
            "DMOD_ATTEMPT": str(attempt),
            "DMOD_PROJECT": str(self.root),
            "DMOD_JOB_FOLDER": str(folder),
            "DMOD_SEED": str(self.seed + task),
        }
        if item:
            line = json.loads(item)["line"]
            argv = (argv[0], *(word.replace("{}", line) for word in argv[1:]))
            env[LINE] = line
        key = (self.job, task)
        return Program(
            key,
            attempt,
            argv,
            folder,
            self.cwd,
            tuple(cpus),
            self.memory,
            self.total,
            env,
            self.executor,
            self.container,
        )


def plan(job: Job, root: Path, data: Sequence[Path] = ()) -> Plan:
    """How the tasks of a job are run; `data` are the folders that hold what it reads.

    Raises NotFoundError if there is no program, UnmetError without an mpiexec.
    """
    spec, cwd, ranks, is_worker = job.spec, Path(job.cwd), ranks_of(job), job.kind != "command"
    here = spec.executor == "local"  # by the programs of this machine, not by those of an image
    env: dict[str, str] = {} if here else {"HOME": "/tmp"}  # noqa: S108 - in there nothing else can be written
    if is_worker:
        env |= dict.fromkeys(ONE_THREAD, "1") | NO_PEEKING
        argv: tuple[str, ...] = (sys.executable if here else "python", "-m", "dmod.worker")
        if ranks > 1 and not _by_ngen(job):
            argv = (mpiexec() if here else "mpiexec", "-n", str(ranks), *argv)
    else:
        env |= spec.table.env
        argv = (_program(spec.table.argv[0], cwd, env), *spec.table.argv[1:]) if here else spec.table.argv
    return Plan(
        job=job.id,
        argv=argv,
        cwd=cwd,
        root=root,
        memory=job.memory // ranks if here else 0,
        total=job.memory,
        seed=job.seed - job.task,
        env=env,
        worker=is_worker,
        executor=spec.executor,
        container=None if here else _container(job, root, data),
    )


def _container(job: Job, root: Path, data: Sequence[Path]) -> Container:
    """What surrounds the tasks of a job: of its project's state they see their own folder alone."""
    cwd, state, is_worker = Path(job.cwd), root / layout.STATE, job.kind != "command"
    return Container(
        image=job.prepared.image,
        cpus=job.cpus,
        reads=(*data, cwd) if is_worker else tuple(data),
        writes=() if is_worker else (cwd,),
        hides=(state,) if state.is_relative_to(cwd) else (),
        tree=is_worker,
        network=job.spec.network,
    )


def trace(key: Key, attempt: int, folder: Path, cpus: Sequence[int] = (), executor: str = "local") -> Program:
    """A program of which only so much is known: enough to find it, and to wait for its end."""
    return Program(key, attempt, ("/bin/false",), folder, folder, tuple(cpus), executor=executor)


def _by_ngen(job: Job) -> bool:
    """Whether the worker starts ngen, with ranks of its own."""
    return getattr(job.spec.table, "program", "dmod") == "ngen"


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
