"""Enclosed: a task as the container that it becomes, and what that leaves in its folder."""

from __future__ import annotations

import errno
import os
from hashlib import blake2b
from typing import TYPE_CHECKING

from dmod import layout
from dmod.docker.container import Recipe
from dmod.executors.counted import FILES, UNABLE
from dmod.executors.executor import UNSTARTED

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.jobs.launch import Program

LABEL = "dmod.tasks"  # of all containers of a project's tasks: whose they are
ABSENT, FORBIDDEN = (os.strerror(number) for number in (errno.ENOENT, errno.EACCES))
# The first process but init: it lives as long as the program, with what that prints in the folder of the task, where
# it stays when the container is gone. A signal reaches both of them; the shell waits for the program nevertheless.
SCRIPT = f"""
folder=$1; shift
exec </dev/null >>"$folder/{layout.STDOUT}" 3>>"$folder/{layout.STDERR}" || exit 126
exec 2>/dev/null  # what the shell itself has to say of signals
why=
case $1 in
  */*) if ! [ -e "$1" ]; then why='{ABSENT}'; elif ! [ -f "$1" ] || ! [ -x "$1" ]; then why='{FORBIDDEN}'; fi ;;
  *) command -v "$1" >/dev/null || why='{ABSENT}' ;;
esac
if [ "$why" ]; then
  echo "$1: $why" >&3
  echo "{UNABLE}$why: $1" >"$folder/{layout.CONTAINER}"
  exit {UNSTARTED}
fi
trap : TERM INT HUP
(exec "$@" 2>&3 3>&-)
code=$?
for file in {" ".join(FILES)}; do
  [ -r "/sys/fs/cgroup/$file" ] || continue
  echo "# $file"
  while read -r line; do echo "$line"; done <"/sys/fs/cgroup/$file"
done >"$folder/{layout.CONTAINER}" 2>/dev/null
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
    for path in (program.cwd, *(path for path, *_ in chosen.values())):
        path.stat()
    if any("\0" in text for text in program.argv):
        raise ValueError("embedded null byte")
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
