"""What a compose file comes to in a Swarm, and what a Swarm refuses."""

from __future__ import annotations

import pytest

from dmod.docker.stack_file import obstacles, stack_file, stays
from dmod.docker.swarm import manager
from dmod.errors import UnmetError, UsageError

REGISTRY = {
    "command": None,
    "image": "dmod/registry:abc",
    "cap_drop": ["ALL"],
    "labels": {"dmod.certificate": "0123"},
    "mem_limit": "536870912",
    "pids_limit": 200,
    "networks": {"requests": None},
    "ports": [{"mode": "ingress", "host_ip": "::", "target": 5000, "published": "5000", "protocol": "tcp"}],
    "read_only": True,
    "restart": "unless-stopped",
    "security_opt": ["no-new-privileges"],
    "tmpfs": ["/scratch:size=1m"],
    "volumes": [{"type": "volume", "source": "images", "target": "/data", "volume": {}}],
}
FREE = {"image": "dmod/worker:abc", "restart": "on-failure", "mem_limit": "0", "networks": {"requests": None}}


def said(**services: dict) -> dict:
    return {
        "name": "dmod-basin-registry",
        "services": services,
        "networks": {"requests": {"name": "dmod-basin-requests", "ipam": {}, "external": True}},
        "volumes": {"images": {"name": "dmod-basin-registry_images"}},
    }


def made(compose: dict, images: dict | None = None) -> dict:
    return stack_file(compose, "dmod-basin-registry", "node1", images or {})


def test_what_has_data_here_stays_on_this_node_within_its_limits_and_hardened():
    service = made(said(registry=REGISTRY))["services"]["registry"]
    assert service["deploy"] == {
        "resources": {"limits": {"memory": "536870912", "pids": 200}},
        "restart_policy": {"condition": "any", "delay": "1s"},
        "placement": {"constraints": ["node.id == node1"]},
        "update_config": {"order": "stop-first"},
        "endpoint_mode": "dnsrr",
        "labels": {"dmod.certificate": "0123"},
    }
    assert service["ports"] == [{"target": 5000, "published": 5000, "protocol": "tcp", "mode": "host"}]
    assert service["volumes"] == [*REGISTRY["volumes"], {"type": "tmpfs", "target": "/scratch"}]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert not {"restart", "mem_limit", "pids_limit", "security_opt", "tmpfs", "command"} & set(service)


def test_what_has_none_goes_where_there_is_room():
    service = made(said(gauge={**FREE, "ports": REGISTRY["ports"]}))["services"]["gauge"]
    assert service["deploy"] == {"restart_policy": {"condition": "on-failure", "delay": "1s"}}
    assert service["ports"][0]["mode"] == "ingress"
    assert not stays(FREE)


def test_what_a_file_says_of_its_place_goes_before_ours():
    own = {"replicas": 2, "resources": {"limits": {"memory": "1g"}}, "restart_policy": {"condition": "none"}}
    deploy = made(said(own={**REGISTRY, "deploy": own}))["services"]["own"]["deploy"]
    assert deploy["resources"]["limits"] == {"memory": "1g", "pids": 200}
    assert (deploy["replicas"], deploy["restart_policy"]) == (2, {"condition": "none"})


def test_images_come_by_digest_from_the_registry():
    digest = "127.0.0.1:5000/dmod/worker@sha256:00"
    services = made(said(a=FREE, b=REGISTRY), {"dmod/worker:abc": digest})["services"]
    assert [services[name]["image"] for name in "ab"] == [digest, "dmod/registry:abc"]


def test_networks_are_those_that_are_there_and_volumes_have_the_same_data():
    found = made(said(a=FREE) | {"networks": {"requests": said()["networks"]["requests"], "own": {"name": "x"}}})
    assert found["networks"] == {
        "requests": {"name": "dmod-basin-requests", "external": True},
        "own": {"driver": "overlay", "internal": False},
    }
    assert found["volumes"] == {"images": {"name": "dmod-basin-registry_images"}}


def test_a_secret_of_other_contents_has_another_name(tmp_path):
    file = tmp_path / "tls.crt"
    names = []
    for text in ("one", "two", "one"):
        file.write_text(text)
        found = made(said(a=FREE) | {"secrets": {"tls.crt": {"name": "x", "file": str(file)}}})["secrets"]["tls.crt"]
        assert found["file"] == str(file)
        names.append(found["name"])
    assert names[0] == names[2] != names[1]
    assert names[0].startswith("dmod-basin-registry-tls-crt-")
    compose = said(a=FREE) | {"secrets": {key: {"name": "x", "file": str(file)} for key in ("one", "two")}}
    long = stack_file(compose, "dmod-" + "basin" * 20, "node1", {})["secrets"]
    assert {len(each["name"]) for each in long.values()} == {64}
    assert long["one"]["name"] != long["two"]["name"]


def test_a_port_of_one_address_is_refused_with_the_way_out():
    port = {**REGISTRY["ports"][0], "host_ip": "127.0.0.1"}
    with pytest.raises(UsageError, match="registry: in a Swarm, a port is open on all addresses") as error:
        made(said(registry={**REGISTRY, "ports": [port]}))
    assert 'address = "0.0.0.0" in [stacks]' in error.value.fix


def test_what_only_a_container_of_this_machine_has_is_named():
    assert obstacles(said(a=FREE, b=REGISTRY)) == []
    assert obstacles(said(a={**FREE, "pid": "host", "devices": ["/dev/fuse"], "privileged": False})) == [
        "a the machine's process numbers (pid)",
        "a devices (devices)",
    ]


class Engine:
    """An engine that says this of its Swarm."""

    def __init__(self, **swarm: object) -> None:
        self.info = lambda: {"Swarm": swarm}


@pytest.mark.parametrize(
    ("swarm", "message", "fix"),
    [
        ({"LocalNodeState": "inactive"}, "in no Swarm", "docker swarm init"),
        ({"LocalNodeState": "locked"}, "is locked", "docker swarm unlock"),
        ({"LocalNodeState": "active", "ControlAvailable": False, "NodeID": "n7",
          "RemoteManagers": [{"Addr": "10.0.0.1:2377"}]}, "is a worker", "docker node promote n7"),
    ],
)  # fmt: skip
def test_an_engine_that_cannot_bring_a_stack_into_a_swarm_says_what_to_type(swarm, message, fix):
    with pytest.raises(UnmetError, match=message) as error:
        manager(Engine(**swarm))
    assert fix in error.value.fix


def test_a_manager_is_known_by_its_node():
    assert manager(Engine(LocalNodeState="active", ControlAvailable=True, NodeID="n1")) == "n1"
