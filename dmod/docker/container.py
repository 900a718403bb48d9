"""Containers of tasks: made, started, waited for, ended and removed; hardened, and bound to what a task may use."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.docker.engine import connect, require
from dmod.docker.moments import moment
from dmod.errors import DmodError, NotFoundError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = 4096  # of a container at once
SHARED = 1 << 30  # bytes of shared memory, by which the ranks of a job talk; what is not used costs nothing
TAKEN = 409  # the engine's answer: there is one of that name, or it is being removed
CONNECTIONS = 64  # that are kept open: each container that runs is waited for by one


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a container is made of."""

    name: str
    labels: Mapping[str, str]
    image: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    user: str  # uid:gid
    network: str
    mounts: tuple[tuple[Path, str, bool], ...]  # a folder here, where it is seen, whether it may be written
    hides: tuple[Path, ...]  # folders in these that are empty for it
    cpus: int  # that it may use all the time
    bound: tuple[int, ...]  # the numbers of those it is bound to; none: it is not bound
    memory: int  # bytes; 0 is no limit


@dataclass(frozen=True, slots=True)
class State:
    """What the engine knows of a container."""

    id: str
    status: str  # created, running, exited, dead
    code: int
    starved: bool  # the kernel killed in it for want of memory
    error: str  # why it could not be started
    started: datetime | None
    finished: datetime | None


class Containers:
    """The containers on this machine's engine. All of it raises UnreachableError while no engine answers."""

    def __init__(self) -> None:
        self._client: Any = None
        self._lock = threading.Lock()

    def create(self, recipe: Recipe) -> str:
        """Make a container; its id, also if one of its name is there. Raises NotFoundError for an image, DmodError."""
        with self._engine() as client:
            from docker.errors import APIError

            try:
                return str(client.create_container_from_config(_config(client, recipe), recipe.name)["Id"])
            except APIError as error:
                if error.status_code == TAKEN:
                    return str(client.inspect_container(recipe.name)["Id"])
                raise

    def start(self, container: str) -> None:
        """Start it, unless it has been. Raises NotFoundError, DmodError with what the engine says."""
        with self._engine() as client:
            client.start(container)

    def wait(self, container: str) -> None:
        """Wait until it does not run. Raises NotFoundError."""
        with self._engine() as client:
            client.wait(container, timeout=None)

    def state(self, container: str) -> State | None:
        """What is known of it; None if it is not there."""
        try:
            with self._engine() as client:
                said = client.inspect_container(container)
        except NotFoundError:
            return None
        state = said["State"]
        return State(
            id=said["Id"],
            status=state["Status"],
            code=int(state["ExitCode"]),
            starved=bool(state["OOMKilled"]),
            error=str(state.get("Error") or ""),
            started=moment(state["StartedAt"]),
            finished=moment(state["FinishedAt"]),
        )

    def names(self, label: str) -> set[str]:
        """The names of all that bear a label."""
        with self._engine() as client:
            found = client.containers(all=True, filters={"label": label})
        return {said["Names"][0].removeprefix("/") for said in found}

    def kill(self, container: str, number: int) -> None:
        """Signal it. Raises NotFoundError if it is not there, DmodError if it does not run."""
        with self._engine() as client:
            client.kill(container, number)

    def remove(self, container: str) -> None:
        """End it and all of it, unless that is being done. Raises NotFoundError."""
        with self._engine() as client:
            from docker.errors import APIError

            try:
                client.remove_container(container, force=True, v=True)
            except APIError as error:
                if error.status_code != TAKEN:
                    raise

    def last_words(self, container: str) -> str:
        """The last line that it said to the engine, not to its log; "" if none."""
        with self._engine() as client:
            lines = client.logs(container, tail=1).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def image(self, reference: str) -> str:
        """The id of an image. Raises NotFoundError."""
        with self._engine() as client:
            return str(client.inspect_image(reference)["Id"])

    @contextmanager
    def _engine(self) -> Iterator[Any]:
        """The one client, with its errors as ours."""
        from docker.errors import APIError, DockerException, NotFound
        from requests.exceptions import RequestException

        try:
            yield self._connected()
        except NotFound as error:
            raise NotFoundError(_said(error)) from error
        except APIError as error:
            raise DmodError(_said(error)) from error
        except (DockerException, RequestException) as error:
            raise UnreachableError("the Docker Engine does not answer", why=" ".join(str(error).split())) from error

    def _connected(self) -> Any:  # noqa: ANN401 - docker.APIClient
        """The client, made when it is first needed. Raises UnreachableError."""
        with self._lock:
            if self._client is None:
                require()
                self._client = connect(max_pool_size=CONNECTIONS)
            return self._client


def _said(error: Any) -> str:  # noqa: ANN401 - docker.errors.APIError
    return " ".join(str(error.explanation or error).split())


def _config(client: Any, recipe: Recipe) -> Any:  # noqa: ANN401 - docker.APIClient and what it sends
    from docker.types import LogConfig, Mount

    mounts = [
        Mount(seen, str(folder), type="bind", read_only=not writable, propagation="rprivate")
        for folder, seen, writable in recipe.mounts
    ]
    uid, gid = recipe.user.split(":")
    own = f"size=1m,uid={uid},gid={gid}"  # it takes the mode of what it hides, which may let in its owner only
    most = os.cpu_count() or 1
    host = client.create_host_config(
        network_mode=recipe.network,
        mounts=mounts,
        tmpfs={"/tmp": "mode=1777", **{str(folder): own for folder in recipe.hides}},  # noqa: S108 - of the container
        init=True,
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        pids_limit=PROCESSES,
        shm_size=SHARED,
        mem_limit=recipe.memory or None,
        memswap_limit=recipe.memory or None,
        cpuset_cpus=",".join(map(str, recipe.bound)) or None,
        nano_cpus=None if recipe.bound or recipe.cpus >= most else recipe.cpus * 10**9,
        log_config=LogConfig(type="json-file", config={"max-size": "64k", "max-file": "1"}),
    )
    return client.create_container_config(
        recipe.image,
        list(recipe.argv[1:]),
        entrypoint=[recipe.argv[0]],
        environment=dict(recipe.env),
        working_dir=recipe.cwd,
        user=recipe.user,
        labels=dict(recipe.labels),
        host_config=host,
    )
