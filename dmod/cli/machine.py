"""What `dmod doctor` looks at on any machine: Python, packages, SQLite, MPI, Docker."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.cli.finding import Finding
from dmod.cli.installed import Package, packages
from dmod.errors import DmodError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SQLITE = (3, 35)  # `returning`, which the queue uses
_PATIENCE = 60  # seconds for a child process; a loaded machine takes 3
_MODULES = ("numpy", "netCDF4", "holmes_rs", "pymetis")  # compiled: installed does not mean that they load
_LOAD = """
import importlib, json, sqlite3
said = {"sqlite": sqlite3.sqlite_version}
for name in MODULES:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            said[name] = str(error)
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""
_RANKS = """
from mpi4py import MPI
ranks = MPI.COMM_WORLD.allreduce(1)
if MPI.COMM_WORLD.rank == 0:
    print(ranks)
"""


def findings() -> Iterator[Finding]:
    """All of them, each as soon as it is known."""
    yield _python()
    yield from _packages()
    yield from _loaded()
    yield mpi()
    yield _docker()


def _python() -> Finding:
    where = "a virtual environment" if sys.prefix != sys.base_prefix else "no virtual environment"
    cpus = len(os.sched_getaffinity(0))
    return Finding("python", "ok", f"{platform.python_version()} in {where}; {cpus} cpus")


def _packages() -> Iterator[Finding]:
    """One finding for each extra, and one for what dmod cannot do without."""
    try:
        known = packages()
    except DmodError as error:
        yield Finding("packages", "error", error.message, error.fix)
        return
    extras: dict[str, list[Package]] = {}
    for package in known:
        extras.setdefault(package.extra, []).append(package)
    for extra, members in extras.items():
        lacking = [package for package in members if not package.version]
        if lacking:
            names = ", ".join(package.name for package in lacking)
            yield Finding(
                extra or "packages", "warning" if extra else "error", f"{names} not installed", lacking[0].fix
            )
        else:
            said = ", ".join(f"{package.name} {package.version}" for package in members)
            yield Finding(extra or "packages", "ok", said)


def _loaded() -> Iterator[Finding]:
    """Compiled packages that are installed and do not load, and SQLite; in a child, which may die of it."""
    try:
        child = _run([sys.executable, "-c", _LOAD.replace("MODULES", repr(_MODULES))])
        said: dict[str, str] = json.loads(child.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        yield Finding(
            "imports",
            "error",
            f"compiled packages do not load: {_line(str(error))}",
            "pip install --force-reinstall dmod",
        )
        return
    version = said.pop("sqlite")
    if tuple(int(part) for part in version.split(".")[:2]) < _SQLITE:
        wanted = ".".join(map(str, _SQLITE))
        yield Finding("sqlite", "error", f"{version}; {wanted} or newer is needed", "use a newer Python")
    else:
        yield Finding("sqlite", "ok", version)
    for name, why in said.items():
        yield Finding(
            name, "error", f"installed, but does not load: {_line(why)}", f"pip install --force-reinstall {name}"
        )


def mpi() -> Finding:
    """Two ranks that find each other: an mpiexec of one MPI and an mpi4py of another start two worlds of one."""
    mpiexec = _mpiexec()
    if not importlib.util.find_spec("mpi4py") or not mpiexec:
        missing = "mpiexec" if importlib.util.find_spec("mpi4py") else "mpi4py"
        return Finding("mpiexec", "skipped", f"{missing} not found: jobs run on one rank", "pip install 'dmod[mpi]'")
    try:
        child = _run([mpiexec, "-n", "2", sys.executable, "-c", _RANKS])
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("mpiexec", "error", f"{mpiexec}: {_line(str(error))}", "pip install --force-reinstall mpich")
    if child.returncode:
        return Finding(
            "mpiexec", "error", f"{mpiexec}: {_line(child.stderr)}", "pip install --force-reinstall mpi4py mpich"
        )
    if child.stdout.split() != ["2"]:
        why = f"{mpiexec} starts ranks that do not see each other: it is of another MPI than mpi4py"
        return Finding("mpiexec", "error", why, "pip install --force-reinstall mpi4py mpich")
    return Finding("mpiexec", "ok", f"2 ranks ran, with {mpiexec}")


def _mpiexec() -> str | None:
    """That of this Python's environment, or else of PATH."""
    ours = Path(sys.executable).parent / "mpiexec"
    return str(ours) if ours.exists() else shutil.which("mpiexec")


def _docker() -> Finding:
    from dmod.docker.client import probe

    found = probe()
    if found.available:
        return Finding("engine", "ok", found.detail)
    return Finding("engine", "skipped", f"{found.detail}: no stacks, no images; jobs run without", found.fix)


def _run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=_PATIENCE, check=False)


def _line(text: str) -> str:
    """The last line of what a program said, which is the one that says why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
