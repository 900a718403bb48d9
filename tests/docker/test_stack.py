"""What stacks are told, what is made for them once, and that each of their services is hardened."""

from __future__ import annotations

import json
import os
import socket
import subprocess

import pytest

from dmod.config import Config
from dmod.config_services import Stacks
from dmod.docker.compose import free_ports
from dmod.docker.recipe import recipes
from dmod.docker.services import _lines, _service
from dmod.docker.stack import Stack, chosen, compose_name, deployment, env_file, secret, stacks, variables
from dmod.docker.stack_service import Service
from dmod.errors import ConflictError, NotFoundError
from dmod.project import Project

NAMES = ["registry", "object-store", "main"]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "dmod.toml").write_text('[project]\nname = "Upper Basin_2"\n[scheduler]\nmemory = "3GiB"\n')
    return Project(tmp_path, Config.read(tmp_path / "dmod.toml", {}))


@pytest.fixture
def filled(project, missing):
    """A compose file with all variables filled in, by compose itself, which needs no engine for it."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        missing("docker compose is not installed")

    def fill(name: str) -> dict:
        stack = stacks(project)[name]
        told = env_file(project, stack, variables(project, {"registry": "0123456789ab"}))
        argv = ["docker", "compose", "--env-file", told, "-f", stack.file, "config", "--format", "json"]
        return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)

    return fill


@pytest.mark.live
@pytest.mark.parametrize("name", NAMES)
def test_every_service_is_hardened(filled, name):
    for service in filled(name)["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges"]
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
        assert int(service["mem_limit"]) == {"registry": 512, "object-store": 2048, "main": 3072}[name] << 20
        assert {port["host_ip"] for port in service.get("ports", ())} <= {"127.0.0.1"}
        assert "privileged" not in service


@pytest.mark.live
def test_ours_are_told_their_tags_and_where_the_project_is(filled, project):
    assert filled("registry")["services"]["registry"]["image"] == "dmod/registry:0123456789ab"
    main = filled("main")["services"]["scheduler"]
    assert main["image"] == "dmod/scheduler:latest"
    assert {(each["source"], each["target"]) for each in main["volumes"]} == {
        (str(folder), str(folder)) for folder in (project.root, project.datasets)
    }


def test_they_come_up_in_an_order_and_are_made_of_images_that_have_a_recipe(project):
    known = stacks(project)
    assert list(known) == NAMES
    assert [stack.name for stack in chosen(known, ["main", "registry"])] == ["registry", "main"]
    assert {image for stack in known.values() for image in stack.images} <= set(recipes())


def test_a_projects_own_stack_goes_before_ours_and_comes_up_last(project):
    for name in ("registry", "gauges"):
        (project.root / "stacks" / name).mkdir(parents=True)
        (project.root / "stacks" / name / "compose.yml").write_text("services:\n  own:\n    image: dmod/worker\n")
    known = stacks(project)
    assert list(known) == [*NAMES, "gauges"]
    assert known["registry"] == Stack("registry", project.root / "stacks" / "registry")
    assert known["registry"].images == ("worker",)


def test_an_unknown_name_is_an_error_with_the_nearest(project):
    with pytest.raises(NotFoundError, match="there is no stack registri; did you mean registry"):
        chosen(stacks(project), ["registri"])


def test_docker_takes_the_name_of_any_project(project):
    assert deployment(project) == "dmod-upper-basin-2"
    assert compose_name(project, "main") == "dmod-upper-basin-2-main"


def test_what_compose_files_are_told(project):
    told = variables(project, {"object-store": "abc"})
    assert told["DMOD_TAG_OBJECT_STORE"] == "abc"
    assert (told["DMOD_ADDRESS"], told["DMOD_REGISTRY_PORT"]) == (Stacks().address, "5000")
    owner = project.root.stat()
    assert told["DMOD_OWNER"] == f"{owner.st_uid}:{owner.st_gid}"
    assert told["DMOD_USER"].split(":")[0] != "0"


def test_a_path_that_a_compose_file_cannot_be_told(project):
    with pytest.raises(ConflictError, match="a path with a quote"):
        env_file(project, stacks(project)["main"], {"DMOD_ROOT": "/it's"})


def test_a_secret_is_random_private_and_made_once(tmp_path):
    file = tmp_path / "secrets" / "object-store-password"
    assert secret(file)
    first = file.read_text()
    assert not secret(file)
    assert file.read_text() == first
    assert len(first) >= 40
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_uid == (os.geteuid() or 1000)
    other = tmp_path / "secrets" / "other-password"
    secret(other)
    assert other.read_text() != first


def service(state: str = "running") -> Service:
    return Service("registry", "registry", "c", state, "", "", (), 0, None, "")


def test_a_port_that_is_taken_is_an_error_before_anything_begins():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = {"services": {"registry": {"ports": [{"host_ip": "127.0.0.1", "published": str(port)}]}}}
        with pytest.raises(ConflictError, match=f"registry: port {port} of 127.0.0.1 is taken") as caught:
            free_ports(said, [service("exited")])
        assert caught.value.fix.startswith("set stacks.registry_port in dmod.toml")
        free_ports(said, [service()])  # it is we who listen
    free_ports(said, [])


def test_how_a_service_is_by_what_the_engine_says():
    said = {
        "Name": "/dmod-a-registry-1",
        "RestartCount": 3,
        "Config": {"Labels": {"com.docker.compose.service": "registry"}, "Image": "dmod/registry:1"},
        "NetworkSettings": {"Ports": {"5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5000"}], "1/tcp": None}},
        "State": {"Status": "running", "ExitCode": 0, "Error": "", "StartedAt": "2026-01-02T03:04:05.123456789Z",
                  "Health": {"Status": "unhealthy", "Log": [{"ExitCode": 1, "Output": "HTTP/1.0 503\n"}]}},
    }  # fmt: skip
    found = _service(Stack("registry", None), said)
    assert (found.health, found.error, found.ports) == ("unhealthy", "HTTP/1.0 503", ("127.0.0.1:5000",))
    assert found.since.isoformat() == "2026-01-02T03:04:05.123456+00:00"
    said["State"] |= {"Status": "exited", "ExitCode": 137, "StartedAt": "0001-01-01T00:00:00Z"}
    found = _service(Stack("registry", None), said)
    assert (found.health, found.error, found.since) == ("", "exit code 137", None)


def test_lines_are_whole_however_they_come():
    assert list(_lines(iter([b"one\ntw", b"o\n", b"three"]))) == ["one", "two", "three"]
