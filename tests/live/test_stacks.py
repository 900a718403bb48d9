"""Stacks on a real engine: healthy, hardened, killed and back, and taken down without a trace but their volumes."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import ssl
import time

import pytest
from engines import SERVES, docker, require

pytestmark = [pytest.mark.live, pytest.mark.slow]

ONCE = pytest.mark.parametrize("deployment", [False], indirect=True, ids=["clear"])
PATIENCE = 90  # seconds for a service to be back


def port() -> int:
    """A port that is free now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture(params=[False, True], ids=["clear", "tls"])
def deployment(request, shell, missing):
    """A terminal in a project with ports of its own; its stacks and what they keep are gone afterwards."""
    require(missing, *SERVES)
    ports = {"registry_port": port(), "object_store_port": port()}
    shell.run("init", "--yes", "--name", f"stacks-{os.getpid()}-{time.monotonic_ns()}")
    lines = "".join(f"{key} = {number}\n" for key, number in ports.items())
    with (shell.folder / "dmod.toml").open("a") as file:
        file.write(lines)  # [stacks] is the last table
    if request.param:
        file = shell.folder / "dmod.toml"
        file.write_text(file.read_text().replace("# enabled = false ", "enabled = true "))
    yield shell
    for name in ("main", "object-store", "registry"):
        shell.run("stack", "down", name, "--volumes", "--yes")


def up(shell, *names: str) -> dict[str, dict]:
    """Bring stacks up; their services by name."""
    return {row["service"]: row for row in shell_rows(shell, "stack", "up", *names)}


def shell_rows(shell, *words: str) -> list[dict]:
    """What a command that may build images first says in JSON."""
    return json.loads(shell.run(*words, "-o", "json", patience=900).stdout)


def back(shell, service: str, restarts: int = 1) -> None:
    """Wait until a service is healthy again."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        (row,) = [row for row in shell_rows(shell, "stack", "status") if row["service"] == service]
        if row["health"] == "healthy" and row["restarts"] >= restarts:
            return
        time.sleep(0.2)
    pytest.fail(f"{service} is not back: {row}")


def killed(container: str) -> None:
    """kill -9, as the kernel does it."""
    os.kill(int(docker("inspect", "--format", "{{.State.Pid}}", container)), signal.SIGKILL)


def objects(shell, row, password: str = ""):
    """A client of the object store, with the password that was made for it, or another."""
    minio, urllib3 = pytest.importorskip("minio"), pytest.importorskip("urllib3")
    secrets = shell.folder / ".dmod" / "secrets"
    user, made = ((secrets / f"object-store-{name}").read_text() for name in ("user", "password"))
    ca = shell.folder / ".dmod" / "tls" / "ca.crt"
    if not ca.exists():
        return minio.Minio(row["ports"][0], user, password or made, secure=False)
    pool = urllib3.PoolManager(ca_certs=str(ca))
    return minio.Minio(row["ports"][0], user, password or made, http_client=pool)


def test_all_come_up_healthy_once_and_go_without_a_trace(deployment):
    first = up(deployment)
    assert {row["health"] for row in first.values()} == {"healthy"}
    assert all(each.startswith("127.0.0.1:") for row in first.values() for each in row["ports"])
    again = up(deployment)
    assert {name: row["since"] for name, row in again.items()} == {name: row["since"] for name, row in first.items()}
    listed = {row["name"]: row["state"] for row in deployment.json("stack", "list")}
    assert listed == dict.fromkeys(("registry", "object-store", "main"), "healthy")
    for row in first.values():
        host = docker("inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}", row["container"])
        assert host == "true [ALL]"
    prefix = first["registry"]["container"].removesuffix("-registry-registry-1")
    said = deployment.run("stack", "up", "object-store", patience=900).stderr
    assert f'next: endpoint = "{first["object-store"]["ports"][0]}"' in said
    assert ("secure = false" in said) is ("enabled = true" not in (deployment.folder / "dmod.toml").read_text())
    deployment.run("stack", "down")
    assert deployment.json("stack", "status") == []
    assert docker("network", "ls", "--quiet", "--filter", f"name={prefix}") == ""
    assert len(docker("volume", "ls", "--quiet", "--filter", f"name={prefix}").split()) == 2


def test_the_object_store_keeps_what_it_acknowledged_when_it_is_killed(deployment):
    row = up(deployment, "object-store")["object-store"]
    assert docker("exec", row["container"], "id", "-u") != "0"
    client = objects(deployment, row)
    client.make_bucket("rivers")
    client.put_object("rivers", "leaf", io.BytesIO(b"discharge"), 9)
    killed(row["container"])
    back(deployment, "object-store")
    assert client.get_object("rivers", "leaf").read() == b"discharge"
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        objects(deployment, row, "wrong").get_object("rivers", "leaf")


def test_the_registry_takes_an_image_and_has_it_after_it_was_killed(deployment):
    row = up(deployment, "registry")["registry"]
    deployment.run("image", "build", "registry")
    (sent,) = shell_rows(deployment, "image", "push", "registry", "--to", row["ports"][0])
    assert "@sha256:" in sent["digest"]
    killed(row["container"])
    back(deployment, "registry")
    (again,) = shell_rows(deployment, "image", "push", "registry", "--to", row["ports"][0])
    assert again["digest"] == sent["digest"]
    docker("pull", "--quiet", sent["digest"])
    docker("rmi", "--force", sent["reference"], sent["digest"])


@ONCE
def test_a_job_runs_under_the_scheduler_in_its_container_also_after_that_was_killed(deployment):
    row = up(deployment, "main")["scheduler"]
    deployment.run("job", "submit", "--wait", "--", "python", "-c", "import sys; print(sys.prefix)")
    assert deployment.run("job", "logs", "last").stdout == "/dmod/venv\n"
    killed(row["container"])
    back(deployment, "scheduler")
    deployment.run("job", "submit", "--wait", "--", "true")
    assert "scheduling for" in deployment.run("stack", "logs", "main", "--grep", "scheduling").stdout
    deployment.run("stack", "restart", "main")
    assert deployment.json("scheduler", "status")["state"] == "running"


@pytest.mark.parametrize("deployment", [True], indirect=True, ids=["tls"])
def test_a_certificate_that_was_renewed_is_shown_by_services_that_are_made_anew(deployment):
    first = up(deployment, "registry", "object-store")
    again = up(deployment, "registry", "object-store")
    assert {name: row["since"] for name, row in again.items()} == {name: row["since"] for name, row in first.items()}
    file = deployment.folder / "dmod.toml"
    file.write_text(file.read_text().replace("# names = []", 'names = ["basin.example.org"]', 1))
    renewed = up(deployment, "registry", "object-store")
    host, _, number = renewed["registry"]["ports"][0].partition(":")
    context = ssl.create_default_context(cafile=deployment.folder / ".dmod" / "tls" / "ca.crt")
    with (
        socket.create_connection((host, int(number))) as door,
        context.wrap_socket(door, server_hostname="basin.example.org") as found,
    ):
        assert ("DNS", "basin.example.org") in found.getpeercert()["subjectAltName"]
    assert all(renewed[name]["since"] > first[name]["since"] for name in first)


@ONCE
def test_there_is_one_scheduler_inside_or_outside(deployment):
    deployment.run("scheduler", "start")
    said = deployment.run("stack", "up", "main", code=4).stderr
    assert "the scheduler of this project runs already" in said
    assert "fix: dmod scheduler stop" in said


@ONCE
def test_a_port_that_is_taken_is_named(deployment):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        file = deployment.folder / "dmod.toml"
        lines = [line for line in file.read_text().splitlines() if not line.startswith("registry_port")]
        file.write_text("\n".join([*lines, f"registry_port = {taken}", ""]))
        said = deployment.run("stack", "up", "registry", code=4, patience=900).stderr
    assert f"error: registry: port {taken} of 127.0.0.1 is taken" in said
    assert deployment.json("stack", "status") == []
