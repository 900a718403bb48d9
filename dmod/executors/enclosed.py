"""Enclosed: a task as the container that it becomes, and what that leaves in its folder."""

from __future__ import annotations

import errno
import os
import re
import shlex
from typing import TYPE_CHECKING

from dmod import layout
from dmod.docker.container import Recipe
from dmod.executors.counted import FILES, UNABLE
from dmod.executors.executor import UNSTARTED

if TYPE_CHECKING:
    from dmod.jobs.launch import Program

LABEL = "dmod.tasks"  # of all containers of a project's tasks: whose they are
ABSENT, FORBIDDEN = (os.strerror(number) for number in (errno.ENOENT, errno.EACCES))
SETTINGS = ".settings"  # in the task's folder, until it is begun: variables whose values nobody but it should see
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # of a variable that a shell can set
# The first process but init: it lives as long as the program, with what that prints in the folder of the task, where
# it stays when the container is gone. A signal reaches both of them; the shell waits for the program nevertheless.
SCRIPT = f"""
folder=$1; shift
. "$folder/{SETTINGS}" && rm -f "$folder/{SETTINGS}"
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


def name(project: str, program: Program) -> str:
    """What the container of an attempt is called: as there is one of each name, none starts twice."""
    job, task = program.key
    return f"dmod-{project}-{job}-{task}-{program.attempt}"


def recipe(project: str, program: Program) -> Recipe:
    """The container of a task. Raises OSError if a folder is not there, ValueError for what no container can have."""
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
    _require_possible(program)
    return Recipe(
        name=name(project, program),
        labels={LABEL: project, "dmod.job": job, "dmod.task": str(program.key[1])},
        image=found.image,
        argv=("/bin/sh", "-c", SCRIPT, "sh", str(folder), *program.argv),
        env={**{key: text for key, text in program.env.items() if not _is_hidden(key)}, **GROUP},
        cwd=str(program.cwd),
        user=f"{os.getuid()}:{os.getgid()}",
        network=found.network,
        mounts=tuple(chosen.values()),
        hides=found.hides,
        cpus=found.cpus,
        bound=program.cpus,
        memory=program.total,
    )


def _require_possible(program: Program) -> None:
    """Refuse what no shell can hand on. Raises ValueError."""
    if any("\0" in text for text in program.argv):
        raise ValueError("embedded null byte")
    odd = next((variable for variable in program.env if not NAME.fullmatch(variable)), None)
    if odd is not None:
        raise ValueError(f'in a container no variable can be called "{odd}"')


def hide(program: Program) -> None:
    """Lay the variables of a task where its container finds them: the engine shows its own to all. Raises OSError."""
    file = program.folder / SETTINGS
    file.unlink(missing_ok=True)
    hidden = [f"export {key}={shlex.quote(text)}\n" for key, text in program.env.items() if _is_hidden(key)]
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", errors="surrogateescape") as out:
        out.writelines(hidden)


def _is_hidden(name: str) -> bool:
    """Whether the value of a variable may be a secret."""
    return not name.startswith("DMOD_")
