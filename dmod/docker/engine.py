"""The engine as a client that is ready to be asked, or the error that says what to type first."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from dmod.docker.client import address, probe
from dmod.errors import ConflictError, DmodError, UnmetError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_ROOM = "docker system df, then docker builder prune"
_PATIENCE = 60  # seconds for one answer
_PLUGINS = {"buildx": "docker-buildx", "compose": "docker-compose"}  # Debian's package of each


@contextmanager
def engine() -> Iterator[Any]:
    """Docker's own client (`docker.APIClient`); what goes wrong with it becomes an error with its fix.

    Raises UnreachableError if no engine answers, ConflictError if it refuses, UnmetError if its disk is full.
    """
    require()
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException

    try:
        with closing(connect()) as client:
            yield client
    except APIError as error:
        said = str(error.explanation or error).strip()
        if "no space left" in said:
            raise UnmetError("the engine's disk is full", why=said, fix=NO_ROOM) from error
        raise ConflictError(f"the engine refused: {said}", fix="docker info") from error
    except (DockerException, RequestException) as error:
        raise UnreachableError(
            "the Docker Engine went away", why=" ".join(str(error).split()), fix="docker info"
        ) from error


def require() -> None:
    """Raise UnreachableError, which says what to type, if no engine answers."""
    found = probe()
    if not found.available:
        raise UnreachableError("no Docker Engine answers", why=found.detail, fix=found.fix)


def connect(**settings: object) -> Any:  # noqa: ANN401 - docker.APIClient
    """Docker's own client of the engine that answers, with its own errors."""
    from docker import APIClient
    from docker.utils import kwargs_from_env

    given = {"base_url": address(), **(kwargs_from_env() or {}), **settings}
    return APIClient(version="auto", timeout=_PATIENCE, **given)


def command_line(plugin: str = "") -> Any:  # noqa: ANN401 - python-on-whales' client
    """Docker's command line, with `buildx` or `compose`; UnmetError with what to install if one is not there."""
    if shutil.which("docker") is None:
        raise UnmetError("there is no program `docker` on PATH", fix="sudo apt-get install docker.io docker-cli")
    try:
        from python_on_whales import DockerClient
    except ModuleNotFoundError as error:
        raise UnmetError(
            "the Python package python-on-whales is not installed", fix="pip install 'dmod[docker]'"
        ) from error
    if plugin and subprocess.run(["docker", plugin, "version"], capture_output=True, check=False).returncode:
        package = _PLUGINS[plugin]
        raise UnmetError(
            f"Docker has no {plugin} plug-in",
            why=f"`docker {plugin} version` does not answer",
            fix=f"sudo apt-get install {package}        or, from Docker's own packages, docker-{plugin}-plugin",
        )
    return DockerClient()


def refusal(error: Exception | str) -> DmodError:
    """The error of a command line of Docker's that failed, by the last line that it said, or of what it said."""
    said = getattr(error, "stderr", None) or str(error)
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    why = lines[-1] if lines else "it said nothing"
    if "no space left" in text:
        return UnmetError("the engine's disk is full", why=why, fix=NO_ROOM)
    return DmodError("Docker failed", why=why, fix="docker info")
