"""Swarm services: what a Swarm says of the services of a stack, in the words of any service."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.docker.moments import moment
from dmod.docker.stack_service import EXPIRES, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LABEL = "com.docker.stack.namespace"  # of whatever a stack brought into a Swarm
_OVER = {"failed", "rejected", "orphaned"}  # states of a task that went wrong
_DIGEST = re.compile(r"@sha256:([0-9a-f]{12})[0-9a-f]*$")


def managed(client: Any) -> bool:  # noqa: ANN401 - docker.APIClient
    """Whether the engine manages a Swarm."""
    return bool((client.info().get("Swarm") or {}).get("ControlAvailable"))


def found(client: Any, names: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:  # noqa: ANN401 - docker.APIClient
    """The services of each of these stacks; none where there is no Swarm."""
    swarm = managed(client)
    return {name: _services(client, name) if swarm else [] for name in names}


def _services(client: Any, name: str) -> list[Mapping[str, Any]]:  # noqa: ANN401 - docker.APIClient
    there: list[Mapping[str, Any]] = client.services(filters={"label": f"{LABEL}={name}"})
    return sorted(there, key=lambda said: str(said["Spec"]["Name"]))


def service(client: Any, stack: str, namespace: str, said: Mapping[str, Any]) -> Service:  # noqa: ANN401
    """A service of a Swarm, as one of its tasks is."""
    spec, there = said["Spec"], tasks(client, said)
    newest, well = next(iter(_wanted(there)), None), settled(said, there)
    state = str(newest["Status"]["State"]) if newest else "stopped"
    why, times = failed(said, there)
    labels = spec.get("Labels") or {}
    return Service(
        stack=stack,
        service=str(spec["Name"]).removeprefix(f"{namespace}_"),
        container=str(spec["Name"]),
        state=state,
        health="healthy" if well else "starting" if newest else "",
        image=_DIGEST.sub(r"@\1", str(spec["TaskTemplate"]["ContainerSpec"]["Image"])),
        ports=tuple(f"*:{each['PublishedPort']}" for each in (said.get("Endpoint") or {}).get("Ports") or ()),
        restarts=times,
        since=_begun(newest),
        error="" if well else why,
        certificate=moment(labels.get(EXPIRES, "")),
        node=_node(client, newest),
    )


def tasks(client: Any, said: Mapping[str, Any]) -> list[Mapping[str, Any]]:  # noqa: ANN401 - docker.APIClient
    """The tasks of a service, the newest first."""
    there: list[Mapping[str, Any]] = client.tasks(filters={"service": said["ID"]})
    return sorted(there, key=lambda task: str(task["CreatedAt"]), reverse=True)


def settled(said: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether as many tasks run as are wanted, all of the newest specification; one that runs is healthy."""
    if (said.get("UpdateStatus") or {}).get("State", "completed") != "completed":
        return False
    wanted = _wanted(tasks)
    replicas = ((said["Spec"].get("Mode") or {}).get("Replicated") or {}).get("Replicas", max(1, len(wanted)))
    newest = _essence(said["Spec"]["TaskTemplate"])
    well = [task for task in wanted if task["Status"]["State"] == "running" and _essence(task["Spec"]) == newest]
    return bool(len(wanted) == len(well) == replicas)


def checked(said: Mapping[str, Any]) -> bool:
    """Whether a task of it runs only when its health check says so."""
    return bool(said["Spec"]["TaskTemplate"]["ContainerSpec"].get("Healthcheck"))


def failed(said: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """What a service last failed of, and how often since its last change; the Swarm remembers five times."""
    changed = str((said.get("UpdateStatus") or {}).get("StartedAt") or said["CreatedAt"])
    over = [task for task in tasks if task["Status"]["State"] in _OVER and str(task["CreatedAt"])[:19] >= changed[:19]]
    waits = [task["Status"].get("Err") for task in tasks if task["Status"]["State"] == "pending"]
    told = [task["Status"].get("Err") or task["Status"].get("Message") or "" for task in over] + waits
    return next((str(each) for each in told if each), ""), len(over)


def spoken(client: Any, said: Mapping[str, Any], **how: Any) -> Iterator[bytes]:  # noqa: ANN401 - docker.APIClient
    """What all tasks of a service said."""
    how["since"] = int(how.get("since") or 0)
    chunks: Iterator[bytes] = client.service_logs(said["ID"], stdout=True, stderr=True, **how)
    return chunks


def _wanted(tasks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [task for task in tasks if task["DesiredState"] == "running"]


def _essence(spec: Mapping[str, Any]) -> tuple[object, int]:
    """What makes a task anew when it changes."""
    return spec["ContainerSpec"], int(spec.get("ForceUpdate", 0))


def _begun(task: Mapping[str, Any] | None) -> datetime | None:
    if task is None or task["Status"]["State"] != "running":
        return None
    return (moment(str(task["Status"]["Timestamp"])) or datetime.now(UTC)).astimezone(UTC)


def _node(client: Any, task: Mapping[str, Any] | None) -> str:  # noqa: ANN401 - docker.APIClient
    if task is None or not task.get("NodeID"):
        return "none yet"
    return str(client.inspect_node(task["NodeID"])["Description"]["Hostname"])
