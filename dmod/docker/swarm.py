"""Swarm: stacks as services of a Swarm, brought up until they are healthy, and taken down."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dmod.docker.engine import command_line, engine, refusal
from dmod.docker.stack import Stack, compose_name
from dmod.docker.stack_file import stack_file
from dmod.docker.swarm_service import LABEL, checked, failed, found, settled, tasks
from dmod.errors import ConflictError, DmodError, UnmetError
from dmod.paths import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dmod.project import Project

_ATTEMPTS = 3  # failed tasks of a service, after which waiting is of no use
_STEADY = 3  # seconds that a service without a health check must run
_LEAVING = 60  # seconds that containers of a stack have to end
_PAUSE = 0.5  # seconds between two looks


def manager(client: Any) -> str:  # noqa: ANN401 - docker.APIClient
    """The id of this node. Raises UnmetError if the engine is in no Swarm, or does not manage it."""
    said = client.info().get("Swarm") or {}
    state = said.get("LocalNodeState") or "inactive"
    if state == "locked":
        raise UnmetError("the Swarm of this engine is locked", fix="docker swarm unlock")
    if state != "active":
        raise UnmetError(
            "this engine is in no Swarm", why=f"stacks.mode is swarm, the engine says {state}",
            fix='docker swarm init, or mode = "compose" in [stacks] of dmod.toml',
        )  # fmt: skip
    if not said.get("ControlAvailable"):
        managers = ", ".join(str(each["Addr"]) for each in said.get("RemoteManagers") or ())
        raise UnmetError(
            "this engine is a worker of its Swarm", why=f"its managers are {managers}",
            fix=f"dmod stack up there, or, there: docker node promote {said.get('NodeID')}",
        )  # fmt: skip
    return str(said["NodeID"])


def address(client: Any) -> str:  # noqa: ANN401 - docker.APIClient
    """Where the other nodes of the Swarm find this one; "" if there are none."""
    said = client.info().get("Swarm") or {}
    return str(said.get("NodeAddr", "")) if int(said.get("Nodes") or 0) > 1 else ""


def deploy(project: Project, stack: Stack, said: Mapping[str, Any], images: Mapping[str, str], patience: int) -> None:
    """Bring a stack up, and wait until each service is healthy. Raises DmodError with what a service failed of."""
    name = compose_name(project, stack.name)
    with engine() as client:
        made = stack_file(said, name, manager(client), images)
    file = project.state / "stacks" / f"{stack.name}.swarm.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    keep(file, json.dumps(made, indent=1).encode())
    words = ("--compose-file", str(file), "--prune", "--resolve-image", "never", "--with-registry-auth")
    _docker("stack", "deploy", *words, name, refused=lambda said: _refused(stack, said))
    _wait(stack, name, patience)
    _forget_secrets(name, {each["name"] for each in made.get("secrets", {}).values()})


def remove(project: Project, stack: Stack) -> None:
    """Take a stack out of the Swarm, if it is there, and wait until nothing of it runs here."""
    name = compose_name(project, stack.name)
    with engine() as client:
        if not found(client, [name])[name]:
            return
        _docker("stack", "rm", name)
        until = time.monotonic() + _LEAVING
        while client.containers(all=True, filters={"label": f"{LABEL}={name}"}) and time.monotonic() < until:
            time.sleep(_PAUSE)


def restart(project: Project, stack: Stack) -> bool:
    """Start the tasks of a stack anew; whether it is in the Swarm."""
    name = compose_name(project, stack.name)
    with engine() as client:
        there = found(client, [name])[name]
    for each in there:
        _docker("service", "update", "--force", "--detach", each["ID"])
    return bool(there)


def _docker(*words: str, refused: Callable[[str], DmodError] = refusal) -> None:
    """Docker's command line, whose talk is not ours: python-on-whales would let it write to our stdout."""
    command_line()
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise refused(done.stderr)


def _wait(stack: Stack, name: str, patience: int) -> None:
    """Until every service of it is as it should be."""
    until, well = time.monotonic() + patience, 0.0
    with engine() as client:
        while True:
            there = client.services(filters={"label": f"{LABEL}={name}"})
            of = [(each, tasks(client, each)) for each in there]
            open_ = [(each, running) for each, running in of if not settled(each, running)]
            well = 0.0 if open_ or not there else well or time.monotonic()
            if well and (all(checked(each) for each in there) or time.monotonic() - well > _STEADY):
                return
            broken = [(each["Spec"]["Name"], *failed(each, running)) for each, running in open_]
            hopeless = [each for each in broken if each[2] >= _ATTEMPTS]
            if hopeless or time.monotonic() > until:
                service, why, _ = (hopeless or broken or [(name, "", 0)])[0]
                raise DmodError(
                    f"{stack.name}: {service.removeprefix(f'{name}_')} is not healthy",
                    why=why or f"it did not start within {patience} s", fix=f"dmod stack logs {stack.name}",
                )  # fmt: skip
            time.sleep(_PAUSE)


def _forget_secrets(name: str, wanted: set[str]) -> None:
    """Remove secrets of earlier contents, those that a service still needs excepted."""
    from docker.errors import APIError

    with engine() as client:
        for each in client.secrets(filters={"label": f"{LABEL}={name}"}):
            if each["Spec"]["Name"] not in wanted:
                with suppress(APIError):
                    client.remove_secret(each["ID"])


def _refused(stack: Stack, said: str) -> DmodError:
    """Why the Swarm did not take a stack."""
    why = refusal(said).why
    if "already in use" in why and "port" in why:
        fix = f"set stacks.{stack.name.replace('-', '_')}_port in dmod.toml, or docker service ls"
        return ConflictError(f"{stack.name}: its port is taken in the Swarm", why=why, fix=fix)
    return DmodError(f"the Swarm does not take {stack.name}", why=why, fix="docker node ls, docker info")
