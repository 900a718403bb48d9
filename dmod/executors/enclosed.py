"""Enclosed: a task as the container that it becomes, and what that leaves in its folder."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from dmod import layout
from dmod.docker.container import Recipe
from dmod.executors.executor import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dmod.jobs.launch import Program

LABEL = "dmod.tasks"  # of all containers of a project's tasks: whose they are
REPORT = ".cgroup"  # in the task's folder: what the kernel counted
FILES = (
    "memory.peak", "cpu.stat", "io.stat",  # of cgroup version 2
    "memory/memory.max_usage_in_bytes", "cpuacct/cpuacct.usage", "blkio/blkio.throttle.io_service_bytes",  # of 1
)  # fmt: skip
# The first process but init: it lives as long as the program, with what that prints in the folder of the task, where
# it stays when the container is gone. A signal reaches both of them; the shell waits for the program nevertheless.
SCRIPT = f"""
folder=$1; shift
exec </dev/null >>"$folder/{layout.STDOUT}" 2>>"$folder/{layout.STDERR}" || exit 126
trap : TERM INT HUP
"$@"
code=$?
for file in {" ".join(FILES)}; do
  [ -r "/sys/fs/cgroup/$file" ] || continue
  echo "# $file"
  while read -r line; do echo "$line"; done <"/sys/fs/cgroup/$file"
done >"$folder/{REPORT}" 2>/dev/null
exit $code
"""
GROUP = {"TINI_KILL_PROCESS_GROUP": "1"}  # init hands signals on to all of the group


def owner(state: Path) -> str:
    """A short name for a project, different from those of others on the same engine."""
    return blake2b(os.fsencode(state.absolute()), digest_size=6).hexdigest()


def name(project: str, program: Program) -> str:
    """What the container of an attempt is called: as there is one of each name, none starts twice."""
    job, task = program.key
    return f"dmod-{project}-{job}-{task}-{program.attempt}"


def recipe(project: str, program: Program) -> Recipe:
    """The container of a task. Raises OSError if a folder is not there."""
    found = program.container
    if found is None:
        raise FileNotFoundError(2, "No such container", str(program.folder))
    folder, job = program.folder, str(program.key[0])
    mounts = [(path, str(path), False) for path in found.reads] + [(path, str(path), True) for path in found.writes]
    mounts.append((folder, str(folder), True))
    if found.tree:
        tree = folder / layout.DMOD.strip("/")
        names = (layout.DATASETS, layout.CLUSTER_VOLUMES)
        mounts += [(tree / each, f"{layout.DMOD}/{each}", False) for each in names if (tree / each).is_dir()]
    chosen = {seen: (path, seen, writable) for path, seen, writable in mounts}  # the last of each place
    for path, *_ in chosen.values():
        path.stat()
    return Recipe(
        name=name(project, program),
        labels={LABEL: project, "dmod.job": job, "dmod.task": str(program.key[1])},
        image=found.image,
        argv=("/bin/sh", "-c", SCRIPT, "sh", str(folder), *program.argv),
        env={**program.env, **GROUP},
        cwd=str(program.cwd),
        user=f"{os.getuid()}:{os.getgid()}",
        network=found.network,
        mounts=tuple(chosen.values()),
        hides=found.hides,
        cpus=found.cpus,
        bound=program.cpus,
        memory=program.total,
    )


def usage(folder: Path) -> Usage | None:
    """What the task of a folder used, of which the kernel's report lies there; None if it was killed before."""
    report = folder / REPORT
    with suppress(OSError, ValueError, IndexError):
        found = _counted(report.read_text())
        report.unlink()
        return found
    return None


def _counted(text: str) -> Usage:
    files: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            files[line[2:]] = []
        else:
            files[[*files][-1]].append(line)
    peak, cpu, disk, old_peak, old_cpu, old_disk = (files.get(each, []) for each in FILES)
    words = [line.split() for line in cpu]
    seconds = next((int(word[1]) / 1e6 for word in words if word[0] == "usage_usec"), 0.0)
    pairs = [pair.split("=") for line in disk for pair in line.split()[1:]]
    moved = _sums({key: [int(value) for name, value in pairs if name == key] for key in ("rbytes", "wbytes")})
    if old_cpu:
        seconds = int(old_cpu[0]) / 1e9
        rows = [line.split() for line in old_disk]
        moved = _sums({key: [int(row[2]) for row in rows if row[1:2] == [key]] for key in ("Read", "Write")})
    return Usage(seconds, int((peak or old_peak or ["0"])[0]), *moved)


def _sums(columns: Mapping[str, list[int]]) -> list[int]:
    return [sum(column) for column in columns.values()]
