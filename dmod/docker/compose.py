"""Compose: bring stacks up until they are healthy, take them down; what they stand on is made once."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.docker.build import build, plan
from dmod.docker.engine import command_line, engine, refusal
from dmod.docker.services import Service, logs, services
from dmod.docker.stack import Stack, compose_name, deployment, env_file, secret, variables
from dmod.errors import ConflictError, DmodError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.docker.build import Told
    from dmod.project import Project

_LAST = 5  # lines of a service that does not become healthy


def told(project: Project, stacks: Sequence[Stack], building: Told | None = None) -> dict[str, str]:
    """What the compose files are told; with `building`, missing images are built first, and it hears."""
    images = tuple(dict.fromkeys(name for stack in stacks for name in stack.images))
    if building is not None and images:
        build(project, images, building)
    with engine() as client:
        return variables(project, plan(client, project).tags)


def up(project: Project, stacks: Sequence[Stack], told: Mapping[str, str], patience: int = 120) -> list[Service]:
    """Bring stacks up side by side, and wait until each service is healthy, `patience` seconds at most.

    Raises ConflictError if a port is taken, DmodError with the last lines of a service that is not healthy.
    """
    clients = {stack.name: _client(project, stack, told) for stack in stacks}
    for stack in stacks:
        _free_ports(clients[stack.name][1], services(project, [stack]))
    project.datasets.mkdir(parents=True, exist_ok=True)
    for _, said in clients.values():
        for each in (said.get("secrets") or {}).values():
            if each.get("file"):
                secret(Path(each["file"]))
        with engine() as raw:
            _networks(raw, project, said)
    with ThreadPoolExecutor(max(1, len(stacks))) as threads:
        going = [threads.submit(_raised, project, stack, clients[stack.name][0], patience) for stack in stacks]
    for each in going:
        each.result()
    return services(project, stacks)


def _raised(project: Project, stack: Stack, client: Any, patience: int) -> None:  # noqa: ANN401 - python-on-whales
    from python_on_whales.exceptions import DockerException

    try:
        client.compose.up(detach=True, wait=True, wait_timeout=patience, remove_orphans=True, quiet=True, pull="never")
    except DockerException as error:
        raise _unhealthy(project, stack, error) from error


def down(project: Project, stack: Stack, told: Mapping[str, str], *, volumes: bool) -> None:
    """Take a stack down; its volumes only if that is wanted."""
    from python_on_whales.exceptions import DockerException

    client, _ = _client(project, stack, told)
    try:
        client.compose.down(remove_orphans=True, volumes=volumes, quiet=True)
    except DockerException as error:
        raise refusal(error) from error


def clear_networks(project: Project) -> list[str]:
    """Remove the networks of a deployment that no container is on; their names."""
    gone = []
    with engine() as client:
        for found in client.networks(filters={"label": f"dmod.deployment={deployment(project)}"}):
            if not client.inspect_network(found["Id"]).get("Containers"):
                client.remove_network(found["Id"])
                gone.append(str(found["Name"]))
    return gone


def restart(project: Project, stacks: Sequence[Stack], told: Mapping[str, str], patience: int = 120) -> list[Service]:
    """Stop the services of stacks and bring them up again."""
    from python_on_whales.exceptions import DockerException

    for stack in stacks:
        client, _ = _client(project, stack, told)
        try:
            client.compose.stop()
        except DockerException as error:
            raise refusal(error) from error
    return up(project, stacks, told, patience)


def _client(project: Project, stack: Stack, told: Mapping[str, str]) -> tuple[Any, dict[str, Any]]:
    """Compose for one stack, and its file with all variables filled in; UsageError if the file is not valid."""
    command_line("compose")
    from python_on_whales import DockerClient
    from python_on_whales.exceptions import DockerException

    client = DockerClient(
        compose_files=[stack.file],
        compose_env_files=[env_file(project, stack, told)],
        compose_project_name=compose_name(project, stack.name),
        compose_project_directory=stack.folder,
    )
    try:
        return client, client.compose.config(return_json=True)
    except DockerException as error:
        why = refusal(error).why
        raise UsageError(f"{stack.file} is not valid", why=why, fix=f"mend {stack.file}") from error


def _networks(client: Any, project: Project, said: Mapping[str, Any]) -> None:  # noqa: ANN401 - docker.APIClient
    """Make the networks that a compose file finds outside of it; one that is there under the name is taken as it is."""
    wanted = [each["name"] for each in (said.get("networks") or {}).values() if each.get("external")]
    for name in wanted:
        found = [each for each in client.networks(names=[name]) if each["Name"] == name]
        if len(found) > 1:
            ids = " ".join(each["Id"][:12] for each in found)
            raise ConflictError(f"there are {len(found)} networks {name}", why=ids, fix=f"docker network rm {ids}")
        if found and found[0]["Driver"] not in {"bridge", "overlay"}:
            why = f"its driver is {found[0]['Driver']}"
            raise ConflictError(f"network {name} is not what services need", why=why, fix=f"docker network rm {name}")
        if not found:
            labels = {"dmod.deployment": deployment(project)}
            client.create_network(name, driver="bridge", internal=name.endswith("-internal"), labels=labels)


def _free_ports(said: Mapping[str, Any], running: list[Service]) -> None:
    """Refuse to begin if a port of a service that is not up yet is taken."""
    up_ = {each.service for each in running if each.state == "running"}
    for name, service in said["services"].items():
        for port in [] if name in up_ else service.get("ports", ()):
            address, number = port.get("host_ip") or "0.0.0.0", int(port["published"])  # noqa: S104 - compose's default
            if not _bindable(address, number):
                key = f"stacks.{name.replace('-', '_')}_port"
                raise ConflictError(
                    f"{name}: port {number} of {address} is taken",
                    why="another program or another project's stack listens there",
                    fix=f"set {key} in dmod.toml, or look who it is: ss -ltnp 'sport = :{number}'",
                )


def _bindable(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((address, port))
        except OSError:
            return False
    return True


def _unhealthy(project: Project, stack: Stack, error: Exception) -> DmodError:
    """Which service did not come up, with its last words."""
    broken = [each for each in services(project, [stack]) if each.health != "healthy"]
    if not broken:
        return refusal(error)
    first = broken[0]
    last = [line for _, line in logs(project, [stack], tail=_LAST)]
    why = first.error or " | ".join(last) or refusal(error).why
    return DmodError(
        f"{stack.name}: {first.service} is {first.health or first.state}", why=why, fix=f"dmod stack logs {stack.name}"
    )
