"""Stacks in a Swarm of one engine: the same files, the same verbs. The Swarm is left if it was made here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time

import pytest
from engines import SERVES, docker, require

pytestmark = [pytest.mark.live, pytest.mark.slow]

GAUGES = """\
services:
  gauge:
    image: dmod/registry:${DMOD_TAG_REGISTRY:-latest}
    command: [%s]
    networks: [mpi]
networks:
  mpi: {name: "${DMOD_DEPLOYMENT}-mpi", external: true}
"""


def networks(begun: str) -> list[str]:
    """Those whose names begin so, with their drivers; the engine's own filter does not know all of a Swarm."""
    lines = docker("network", "ls", "--format", "{{.Name}} {{.Driver}}").splitlines()
    return sorted(line for line in lines if line.startswith(begun))


def ports() -> tuple[int, ...]:
    """Two that are free now."""
    doors = [socket.socket() for _ in range(2)]
    for door in doors:
        door.bind(("127.0.0.1", 0))
    found = tuple(door.getsockname()[1] for door in doors)
    for door in doors:
        door.close()
    return found


@pytest.fixture(scope="module")
def _swarm(missing):
    said = require(missing, *SERVES)
    if said.swarm == "active":
        yield
        return
    argv = ["docker", "swarm", "init", "--advertise-addr", "127.0.0.1"]
    made = subprocess.run(argv, capture_output=True, text=True, check=False)
    if made.returncode:
        missing(f"docker swarm init: {made.stderr.strip()}")
    yield
    docker("swarm", "leave", "--force")


@pytest.fixture
def project(_swarm, shell):
    """A terminal in a project whose stacks go to the Swarm; they and what they keep are gone afterwards."""
    registry, objects = ports()
    shell.run("init", "--yes", "--name", f"swarm-{os.getpid()}-{time.monotonic_ns()}")
    with (shell.folder / "dmod.toml").open("a") as file:
        file.write(f'mode = "swarm"\naddress = "0.0.0.0"\nregistry_port = {registry}\nobject_store_port = {objects}\n')
    yield shell
    for name in shell.run("stack", "list", "-o", "name").stdout.split():
        shell.run("stack", "down", name, "--volumes", "--yes")
    sent = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference=127.0.0.1:{registry}/*/*")
    if sent:
        docker("rmi", *sent.split())


def rows(shell, *words: str) -> dict[str, dict]:
    """What a command says of services, by their names."""
    return {row["service"]: row for row in json.loads(shell.run(*words, "-o", "json", patience=900).stdout)}


def told(shell, **words: str) -> None:
    """Change keys of dmod.toml, which stand at its end."""
    file = shell.folder / "dmod.toml"
    lines = [line for line in file.read_text().splitlines() if line.partition(" ")[0] not in words]
    file.write_text("\n".join([*lines, *(f"{key} = {value}" for key, value in words.items()), ""]))


def test_a_stack_comes_up_by_digest_is_killed_renewed_and_taken_down_and_its_data_stay(project):
    found = rows(project, "stack", "up", "registry", "object-store")
    assert {name: (row["health"], bool(row["node"])) for name, row in found.items()} == {
        "registry": ("healthy", True),
        "object-store": ("healthy", True),
    }
    assert "/dmod/object-store@" in found["object-store"]["image"]
    assert rows(project, "stack", "up", "registry", "object-store")["registry"]["since"] == found["registry"]["since"]
    name = found["object-store"]["container"].rpartition("-object-store_")[0]
    assert networks(name) == [f"{name}-{kind} overlay" for kind in ("internal", "mpi", "requests")]
    registry = project.json("image", "show", "registry")["reference"]
    docker("run", "--rm", "--network", f"{name}-mpi", registry, "true")  # anybody may join
    (project.folder / "note.txt").write_text("kept")
    file = project.folder / "dmod.toml"
    port = found["object-store"]["ports"][0].removeprefix("*:")
    given = f'[object_store]\nendpoint = "127.0.0.1:{port}"\nsecure = false\n#'
    file.write_text(file.read_text().replace("[object_store]", given, 1))
    words = ("notes", "--category", "config", "--format", "generic", "--store", "object-store", "note.txt")
    project.run("dataset", "create", *words)
    docker("kill", docker("ps", "-q", "--filter", f"name={name}-object-store"))
    until = time.monotonic() + 90
    while (row := rows(project, "stack", "status")["object-store"])["health"] != "healthy" or not row["restarts"]:
        assert time.monotonic() < until, row
        time.sleep(0.2)
    project.run("dataset", "check", "notes")
    before = rows(project, "stack", "status")["registry"]["since"]
    project.run("stack", "restart", "registry", "object-store")
    assert rows(project, "stack", "status")["registry"]["since"] > before
    assert project.run("stack", "logs", "object-store", "--tail", "1").stdout.startswith("object-store  ")
    project.run("stack", "down")
    assert networks(name) == []
    assert docker("secret", "ls", "-q", "--filter", f"name={name}") == ""
    told(project, mode='"compose"')
    assert rows(project, "stack", "up", "object-store")["object-store"]["node"] == ""
    project.run("dataset", "check", "notes")


def test_what_a_swarm_cannot_have_comes_up_on_this_machine_and_says_why(project):
    said = project.run("stack", "up", "main", patience=900)
    assert "main comes up on this machine, by compose" in said.stderr
    assert "process numbers (pid)" in said.stderr
    (row,) = project.json("stack", "status")
    assert (row["health"], row["node"]) == ("healthy", "")
    project.run("job", "submit", "--wait", "--", "true")


def test_ports_of_one_address_are_refused(project):
    told(project, address='"127.0.0.1"')
    said = project.run("stack", "up", "registry", code=2, patience=900)
    assert "in a Swarm, a port is open on all addresses" in said.stderr
    assert 'address = "0.0.0.0"' in said.stderr


def test_a_service_that_fails_is_an_error_with_what_it_failed_of_and_its_log(project):
    folder = project.folder / "stacks" / "gauges"
    folder.mkdir(parents=True)
    (folder / "compose.yml").write_text(GAUGES % "sh, -c, 'echo no river here; exit 3'")
    project.run("stack", "up", "registry", patience=900)
    said = project.run("stack", "up", "gauges", code=1)
    assert "error: gauges: gauge is not healthy" in said.stderr
    assert "non-zero exit (3)" in said.stderr
    assert "no river here" in project.run("stack", "logs", "gauges").stdout
    (folder / "compose.yml").write_text(GAUGES % "sleep, '600'")
    assert rows(project, "stack", "up", "gauges")["gauge"]["health"] == "healthy"


def test_a_stack_is_not_brought_up_beside_itself(project):
    project.run("stack", "up", "registry", patience=900)
    told(project, mode='"compose"')
    said = project.run("stack", "up", "registry", code=4)
    assert "registry is up in the Swarm" in said.stderr
    assert "dmod stack down registry" in said.stderr
