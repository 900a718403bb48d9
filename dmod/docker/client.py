"""The Docker Engine: whether it answers, what it is, and what to type if it does not."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

UNIX = "unix://"  # before the path of a socket of this machine
SOCKET = f"{UNIX}/var/run/docker.sock"
_INSTALL = "pip install 'dmod[docker]'"


@dataclass(frozen=True, slots=True)
class Probe:
    """What a Docker Engine answered, or why it did not."""

    available: bool
    detail: str  # one line: what it is, or what stands in the way
    fix: str = ""  # the next command to type; empty when it answers
    version: str = ""  # of the engine
    swarm: str = ""  # inactive, pending, active, locked, error; empty when it does not answer
    cpus: int = 0  # of the engine's machine, which may be another one than ours
    memory: int = 0  # bytes, of the same


def probe(timeout: float = 3.0) -> Probe:
    """Ask the engine of DOCKER_HOST or of Docker's current context; never raises, and ends after `timeout` seconds."""
    try:
        import docker  # noqa: F401 - named in the error if it is missing
        from docker.errors import DockerException
        from requests.exceptions import RequestException
    except ModuleNotFoundError as error:
        return Probe(available=False, detail=f"the Python package {error.name} is not installed", fix=_INSTALL)
    try:
        _knock(address(), timeout)
        return _ask(timeout)
    except (DockerException, RequestException, OSError, ValueError) as error:
        return _refusal(error, address())


def address() -> str:
    """Where the engine is expected: DOCKER_HOST, or else Docker's current context."""
    from docker.context import ContextAPI
    from docker.errors import DockerException

    given = os.environ.get("DOCKER_HOST", "")
    if given:
        return given
    try:
        context = ContextAPI.get_current_context()
    except (DockerException, OSError, ValueError):
        return SOCKET
    host = context.Host if context else ""
    return str(host or SOCKET).replace("http+unix://", UNIX)


def is_local(where: str) -> bool:
    """Whether an engine is this machine's, and sees its folders."""
    return where.startswith(UNIX)


def listens(timeout: float = 3.0) -> bool:
    """Whether somebody takes calls where the engine is expected, as far as that is known without asking anything."""
    try:
        _knock(address(), timeout)
    except OSError:
        return False
    return True


def _knock(where: str, timeout: float) -> None:
    """Open and close the engine's socket: Docker's client loses both its own and the error's number when that fails."""
    if is_local(where):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(timeout)
            door.connect(where.removeprefix(UNIX))


def _ask(timeout: float) -> Probe:
    """What the engine says of itself, in the version of its own choice (engines refuse newer ones, and very old)."""
    import docker
    from docker.constants import DEFAULT_DOCKER_API_VERSION

    with closing(docker.from_env(timeout=timeout, version=DEFAULT_DOCKER_API_VERSION)) as client:
        spoken = str(client.api.version(api_version=False)["ApiVersion"])
    with closing(docker.from_env(timeout=timeout, version=spoken)) as client:
        said: dict[str, Any] = client.info()
    version = str(said.get("ServerVersion", ""))
    return Probe(
        available=True,
        detail=f"Docker Engine {version} at {address()}",
        version=version,
        swarm=str((said.get("Swarm") or {}).get("LocalNodeState") or "inactive"),
        cpus=int(said.get("NCPU", 0)),
        memory=int(said.get("MemTotal", 0)),
    )


def _refusal(error: Exception, where: str) -> Probe:
    """Why there was no answer, from whatever lies below the client's own exception."""
    local = is_local(where)
    path = where.removeprefix(UNIX)
    causes = list(_causes(error))
    codes = {cause.errno for cause in causes if isinstance(cause, OSError)}
    names = {type(cause).__name__ for cause in causes}
    if codes & {errno.EACCES, errno.EPERM}:
        return Probe(
            available=False,
            detail=f"you may not open {path}",
            fix='sudo usermod -aG docker "$USER", then log in again',
        )
    if names & {"ReadTimeout", "ConnectTimeout", "TimeoutError"}:
        return Probe(available=False, detail=f"no answer from {where} in time", fix="docker info")
    if local and errno.ENOENT in codes:
        return Probe(available=False, detail=f"no engine listens at {path}", fix=_start())
    if local and errno.ECONNREFUSED in codes:
        return Probe(available=False, detail=f"the engine of {path} is not running", fix=_start())
    said = " ".join(str(causes[-1]).split()) or names.pop()
    fix = "docker info" if local else "check DOCKER_HOST or docker context ls, then docker info"
    return Probe(available=False, detail=f"{where} cannot be used: {said}", fix=fix)


def _start() -> str:
    from shutil import which

    if which("dockerd") is None:
        return "install Docker Engine (docs.docker.com/engine/install); jobs run without it"
    return "sudo systemctl start docker" if which("systemctl") else "sudo dockerd &"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything it was made of, the deepest last."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        now = waiting.pop(0)
        if id(now) in seen:
            continue
        seen.add(id(now))
        yield now
        below = [now.__cause__, now.__context__, *now.args, getattr(now, "reason", None)]
        waiting += [each for each in below if isinstance(each, BaseException)]
