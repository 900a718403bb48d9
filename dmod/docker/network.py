"""Networks: the three of a deployment, which whatever runs in it may join, and those that its stacks name beside."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dmod.docker.engine import engine
from dmod.docker.stack import deployment
from dmod.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dmod.project import Project

KINDS = {"requests": False, "internal": True, "mpi": True}  # what they are for -> cut off from the world outside
_LABEL = "dmod.deployment"


def ensure(project: Project, others: Iterable[str], *, swarm: bool) -> None:
    """Make the networks that are not there; one of another kind is made anew, unless somebody is on it.

    In a Swarm they reach over its nodes, and containers beside its services may join. Raises ConflictError.
    """
    ours = {f"{deployment(project)}-{kind}": cut_off for kind, cut_off in KINDS.items()}
    with engine() as client:
        for name in [*ours, *(each for each in others if each not in ours)]:
            found = _called(client, name)
            if len(found) > 1:
                ids = " ".join(each["Id"][:12] for each in found)
                raise ConflictError(f"there are {len(found)} networks {name}", why=ids, fix=f"docker network rm {ids}")
            wanted = _wanted(name, cut_off=ours.get(name, False), swarm=swarm)
            if found and name in ours and _differs(found[0], wanted):
                _remove(client, found[0], wanted["driver"])
                found = []
            if not found:
                client.create_network(name, labels={_LABEL: deployment(project)}, **wanted)


def odd(project: Project, *, swarm: bool) -> list[str]:
    """What is wrong with the networks that are there, in a line for each."""
    said = []
    with engine() as client:
        for kind, cut_off in KINDS.items():
            name = f"{deployment(project)}-{kind}"
            found = _called(client, name)
            if len(found) > 1:
                said.append(f"there are {len(found)} networks {name}")
            elif found and (key := _differs(found[0], _wanted(name, cut_off=cut_off, swarm=swarm))):
                said.append(f"{key.lower()} of network {name} is {str(found[0][key]).lower()}")
    return said


def clear(project: Project) -> None:
    """Remove the networks of a deployment that nothing is on."""
    from docker.errors import APIError

    with engine() as client:
        for found in client.networks(filters={"label": f"{_LABEL}={deployment(project)}"}):
            if not client.inspect_network(found["Id"]).get("Containers"):
                with suppress(APIError):  # services of a Swarm are on it, which have no container here
                    client.remove_network(found["Id"])


def _called(client: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 - docker.APIClient
    """The networks of exactly this name: an engine takes it for a part of one."""
    return [each for each in client.networks(names=[name]) if each["Name"] == name]


def _wanted(name: str, *, cut_off: bool, swarm: bool) -> dict[str, Any]:
    driver = "overlay" if swarm else "bridge"
    return {"driver": driver, "attachable": True, "internal": cut_off or name.endswith("-internal")}


def _differs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """What of a network is not as it should be; "" if it is."""
    overlay = wanted["driver"] == "overlay"  # every bridge may be joined, whatever it says
    keys = ("Driver", "Internal", *(["Attachable"] if overlay else []))
    return next((key for key in keys if found[key] != wanted[key.lower()]), "")


def _remove(client: Any, found: Mapping[str, Any], driver: str) -> None:  # noqa: ANN401 - docker.APIClient
    """Remove a network of another kind, left by somebody else, half made, or of the other mode."""
    from docker.errors import APIError

    name, users = found["Name"], client.inspect_network(found["Id"]).get("Containers") or {}
    if users:
        raise ConflictError(
            f"network {name} has the driver {found['Driver']}, and services need {driver}",
            why=f"on it are {', '.join(sorted(str(each['Name']) for each in users.values()))}",
            fix="dmod stack down, then dmod stack up",
        )
    try:
        client.remove_network(found["Id"])
    except APIError as error:
        why = str(error.explanation or error).strip()
        raise ConflictError(f"network {name} is not what services need", why=why, fix="dmod stack down") from error
