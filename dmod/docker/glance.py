"""Glance: whether the services of a project are well, asked at the engine's socket without Docker's own client."""

from __future__ import annotations

import json
import os
import socket
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from dmod.docker.client import SOCKET, UNIX, is_local
from dmod.docker.stack import PROJECT, compose_name

if TYPE_CHECKING:
    from dmod.project import Project

_PATIENCE = 2.0  # seconds


class Glance(NamedTuple):
    """How many services there are, and which are not well, each with what is wrong."""

    services: int
    ill: tuple[str, ...]  # `registry-1 is unhealthy`


def glance(project: Project) -> Glance | None:
    """A look that costs a millisecond; None if nothing was ever brought up, or no engine of this machine answers."""
    where = os.environ.get("DOCKER_HOST", "") or SOCKET
    if not is_local(where) or not any((project.state / "stacks").glob("*.env")):
        return None
    try:
        found = _asked(where.removeprefix(UNIX))
    except (OSError, ValueError, HTTPException):
        return None
    mine = compose_name(project, "")
    ours = [each for each in found if each["Labels"][PROJECT].startswith(mine)]
    told = [(each["Names"][0].removeprefix(f"/{mine}"), _word(each["State"], each["Status"])) for each in ours]
    return Glance(len(ours), tuple(f"{name} is {word}" for name, word in sorted(told) if word))


def _asked(path: str) -> list[dict[str, Any]]:
    """The containers of compose, running or not."""
    only = quote(json.dumps({"label": [PROJECT]}))
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(_PATIENCE)
        door.connect(path)
        line = HTTPConnection("docker", timeout=_PATIENCE)
        line.sock = door
        line.request("GET", f"/containers/json?all=1&filters={only}")
        found: list[dict[str, Any]] = json.loads(line.getresponse().read())
        return found


def _word(state: str, status: str) -> str:
    """What is wrong: "" for a service that runs, and whose check says nothing else."""
    if state != "running":
        return state
    return "unhealthy" if "(unhealthy)" in status else "starting" if "(health: starting)" in status else ""
