"""Compose: the containers of one stack, brought up until they are healthy, and taken down."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any

from dmod.config_services import Stacks
from dmod.docker.engine import command_line, refusal
from dmod.docker.services import logs, services
from dmod.docker.stack import Stack, compose_name, env_file
from dmod.errors import ConflictError, DmodError, NotFoundError, UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.docker.stack_service import Service
    from dmod.project import Project

_ENV = ".env"  # beside a compose file, for variables of its own
_ABSENT = re.compile(r"[Nn]o such image: (\S+)$")
_LAST = 5  # lines of a service that does not become healthy


def read(project: Project, stack: Stack, told: Mapping[str, str]) -> tuple[Any, dict[str, Any]]:
    """Compose for one stack, and its file with all variables filled in; UsageError if the file is not valid."""
    command_line("compose")
    from python_on_whales import DockerClient
    from python_on_whales.exceptions import DockerException

    client = DockerClient(
        compose_files=stack.files(tls=project.config.tls.enabled),
        compose_env_files=[*(file for file in [stack.folder / _ENV] if file.exists()), env_file(project, stack, told)],
        compose_project_name=compose_name(project, stack.name),
        compose_project_directory=stack.folder,
    )
    try:
        return client, client.compose.config(return_json=True)
    except DockerException as error:
        why = refusal(error).why
        named = stack.folder / _ENV if f"{stack.name}/{_ENV}" in why else stack.file
        raise UsageError(f"{shown(named)} is not valid", why=why, fix=f"mend {shown(named)}") from error


def up(project: Project, stack: Stack, client: Any, patience: int) -> None:  # noqa: ANN401 - python-on-whales
    """Bring a stack up, and wait until each service is healthy. Raises DmodError with the last lines of one."""
    from python_on_whales.exceptions import DockerException

    try:
        client.compose.up(detach=True, wait=True, wait_timeout=patience, remove_orphans=True, quiet=True, pull="never")
    except DockerException as error:
        raise _unhealthy(project, stack, error) from error


def down(client: Any, *, volumes: bool) -> None:  # noqa: ANN401 - python-on-whales
    """Take a stack down; its volumes only if that is wanted."""
    from python_on_whales.exceptions import DockerException

    try:
        client.compose.down(remove_orphans=True, volumes=volumes, quiet=True)
    except DockerException as error:
        raise refusal(error) from error


def stop(client: Any) -> None:  # noqa: ANN401 - python-on-whales
    """Stop the services of a stack."""
    from python_on_whales.exceptions import DockerException

    try:
        client.compose.stop()
    except DockerException as error:
        raise refusal(error) from error


def free_ports(said: Mapping[str, Any], running: list[Service]) -> None:
    """Refuse to begin if a port of a service that is not up yet is taken."""
    up_ = {each.service for each in running if each.state == "running" or each.node}
    for name, service in said["services"].items():
        for port in [] if name in up_ else service.get("ports", ()):
            address, number = port.get("host_ip") or "0.0.0.0", int(port["published"])  # noqa: S104 - compose's default
            if not _bindable(address, number):
                key = f"{name.replace('-', '_')}_port"
                way = f"set stacks.{key} in dmod.toml" if key in Stacks.__dataclass_fields__ else "name another"
                raise ConflictError(
                    f"{name}: port {number} of {address} is taken",
                    why="another program or another project's stack listens there",
                    fix=f"{way}, or look who it is: ss -ltnp 'sport = :{number}'",
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
    found = _ABSENT.search(refusal(error).why)
    if found:
        return NotFoundError(
            f"{stack.name}: there is no image {found[1]}",
            why=f"{shown(stack.file)} names it",
            fix=f"docker pull {found[1]}",
        )
    broken = [each for each in services(project, [stack]) if each.health != "healthy"]
    if not broken:
        return refusal(error)
    first = broken[0]
    last = [line for _, line in logs(project, [stack], tail=_LAST)]
    why = first.error or " | ".join(last) or refusal(error).why
    return DmodError(f"{stack.name}: {first.service} is {first.word}", why=why, fix=f"dmod stack logs {stack.name}")
