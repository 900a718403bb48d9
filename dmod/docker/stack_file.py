"""Stack file: what a compose file comes to in a Swarm, and what in it has no place there."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.docker.stack import WILD
from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VERSION = "3.9"  # of the format, whose limits know processes
_HERE = {  # what only a container of this machine has -> in words
    "pid": "the machine's process numbers",
    "ipc": "the machine's memory segments",
    "network_mode": "a network of the machine",
    "privileged": "the rights of the machine",
    "devices": "devices",
    "userns_mode": "users of the machine",
}
_GONE = ("container_name", "security_opt", "tmpfs", "mem_limit", "pids_limit", "cpus", "restart", "depends_on", "build")
_RESTART = {"no": "none", "on-failure": "on-failure"}  # any other is `any`
_LETTERS = 12  # of a digest
_LONGEST = 64  # letters of a secret's name


def obstacles(said: Mapping[str, Any]) -> list[str]:
    """What a Swarm cannot give the services of a compose file: `scheduler the machine's process numbers (pid)`."""
    return [
        f"{name} {words} ({key})"
        for name, service in said["services"].items()
        for key, words in _HERE.items()
        if service.get(key)
    ]


def stack_file(said: Mapping[str, Any], name: str, node: str, images: Mapping[str, str]) -> dict[str, Any]:
    """The file for `docker stack deploy NAME` of a compose file whose variables are filled in.

    Services with data of this machine stay on `node`, its id; `images` are references by digest in place of local
    ones. A Swarm has no `no-new-privileges` for its services; that they have no capabilities stays. Raises UsageError
    for a port that is to be open on one address only.
    """
    made: dict[str, Any] = {
        "version": VERSION,
        "services": {key: _service(key, each, node, images) for key, each in said["services"].items()},
        "networks": {key: _network(each) for key, each in (said.get("networks") or {}).items()},
        "volumes": {key: {"name": each["name"]} for key, each in (said.get("volumes") or {}).items()},
        "secrets": {key: _secret(key, each, name) for key, each in (said.get("secrets") or {}).items()},
    }
    return {key: value for key, value in made.items() if value}


def _service(name: str, said: Mapping[str, Any], node: str, images: Mapping[str, str]) -> dict[str, Any]:
    kept = {key: value for key, value in said.items() if value is not None and key not in _GONE}
    kept["image"] = images.get(said["image"], said["image"])
    volumes = [*_volumes(said.get("volumes") or ()), *_memory(said.get("tmpfs") or ())]
    kept |= {"volumes": volumes} if volumes else {}
    mode = "host" if stays(said) else "ingress"
    kept |= {"ports": [_port(name, each, mode) for each in said["ports"]]} if said.get("ports") else {}
    return kept | {"deploy": _deploy(said, node)}


def _deploy(said: Mapping[str, Any], node: str) -> dict[str, Any]:
    """Limits, restarts and the place of a service, in a Swarm's words."""
    given = dict(said.get("deploy") or {})
    limits = {"memory": said.get("mem_limit"), "pids": said.get("pids_limit"), "cpus": said.get("cpus")}
    limits = {
        key: str(value) if key != "pids" else value for key, value in limits.items() if value not in (None, "0", 0)
    }
    if limits:
        resources = dict(given.get("resources") or {})
        given["resources"] = {**resources, "limits": {**limits, **(resources.get("limits") or {})}}
    given.setdefault("restart_policy", {"condition": _RESTART.get(said.get("restart", ""), "any"), "delay": "1s"})
    if stays(said):
        placement = dict(given.get("placement") or {})
        here = [*placement.get("constraints", ()), f"node.id == {node}"]
        given["placement"] = {**placement, "constraints": here}
        given.setdefault("update_config", {"order": "stop-first"})  # two never write the same
        given.setdefault("endpoint_mode", "dnsrr")  # its name is its address, whatever the kernels can balance
    if said.get("labels"):
        given["labels"] = {**said["labels"], **(given.get("labels") or {})}
    return given


def _volumes(said: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in said:
        bind = {key: value for key, value in (each.get("bind") or {}).items() if key != "create_host_path"}
        yield {key: value for key, value in each.items() if key != "bind"} | ({"bind": bind} if bind else {})


def _memory(said: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield from ({"type": "tmpfs", "target": each.partition(":")[0]} for each in said)


def stays(said: Mapping[str, Any]) -> bool:
    """Whether a service has data on this machine."""
    return any(each["type"] in {"volume", "bind"} for each in said.get("volumes") or ())


def _port(name: str, said: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Where it is open: on the node of what stays there, which needs no mesh, else on all nodes."""
    if (said.get("host_ip") or "") not in WILD:
        raise UsageError(
            f"{name}: in a Swarm, a port is open on all addresses of a node",
            why=f"it was to be on {said['host_ip']} alone",
            fix='address = "0.0.0.0" in [stacks] of dmod.toml says that you want that; enabled = true in [tls] with it',
        )
    return {
        "target": said["target"], "published": int(said["published"]),
        "protocol": said.get("protocol", "tcp"), "mode": mode,
    }  # fmt: skip


def _network(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("external"):
        return {"name": said["name"], "external": True}
    return {"driver": "overlay", "internal": bool(said.get("internal"))}


def _secret(key: str, said: Mapping[str, Any], stack: str) -> dict[str, Any]:
    """A secret under a name of its content: a Swarm never changes one."""
    if said.get("external"):
        return {"name": said["name"], "external": True}
    file, name = Path(said["file"]), f"{stack}-{key.replace('.', '-')}"
    digest = sha256(name.encode() + b"\0" + file.read_bytes()).hexdigest()[:_LETTERS]
    return {"name": f"{name[: _LONGEST - _LETTERS - 1]}-{digest}", "file": str(file)}
