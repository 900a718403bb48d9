"""Images on a real engine: built once, told apart by their content, run as nobody in particular."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import time
from hashlib import sha256
from pathlib import Path

import pytest
from engines import BUILDS, every_word, require

from dmod.docker import build
from dmod.docker.engine import engine as client_of
from dmod.project import Project

pytestmark = [pytest.mark.live, pytest.mark.slow]

IMAGES = ["base", "compiler", "object-store", "registry", "scheduler", "worker"]
DEBIAN = "debian:trixie-slim"


@pytest.fixture(scope="module", autouse=True)
def engine(missing):
    """A Docker Engine with what a build wants of it."""
    require(missing, *BUILDS)


@pytest.fixture
def built(shell):
    """A terminal in a project whose images are there; its own images are gone afterwards."""
    shell.run("init", "--yes")
    shell.run("image", "build", patience=900)
    yield shell
    for name in every_word("images", "--quiet", "--filter", "label=dmod.image=mine").split():
        every_word("rmi", "--force", name, code=None)


def mine(folder: Path, *lines: str) -> None:
    """An image of the project's own."""
    (folder / "images" / "mine").mkdir(parents=True, exist_ok=True)
    (folder / "images" / "mine" / "Dockerfile").write_text("\n".join([*lines, ""]))


def test_what_has_not_changed_is_not_built_again(built):
    began = time.monotonic()
    said = built.run("image", "build")
    assert time.monotonic() - began < 10  # two seconds where nothing else runs
    assert "nothing has changed: no image was built" in said.stderr
    rows = built.json("image", "list")
    assert [row["name"] for row in rows] == IMAGES
    assert {row["state"] for row in rows} == {"ready"}
    assert all(row["size"] > 50_000_000 and row["version"] for row in rows)


def test_a_changed_folder_makes_another_image_and_the_old_one_can_go(built):
    mine(built.folder, "FROM dmod/base", "RUN echo one")
    (one,) = [row for row in built.json("image", "build", "mine") if row["name"] == "mine"]
    mine(built.folder, "FROM dmod/base", "RUN echo two")
    assert {row["name"]: row["state"] for row in built.json("image", "list")}["mine"] == "outdated"
    (two,) = [row for row in built.json("image", "build", "mine") if row["name"] == "mine"]
    assert one["built"]
    assert two["built"]
    assert one["reference"] != two["reference"]
    built.run("image", "delete", "mine", "--yes")
    assert {row["name"]: row["state"] for row in built.json("image", "list")}["mine"] == "missing"


def test_a_build_that_fails_shows_its_step_and_its_last_lines(built):
    mine(built.folder, "FROM dmod/base", "RUN seq 30 && false")
    said = built.run("image", "build", "mine", code=1).stderr
    assert [line for line in said.splitlines() if line.startswith("  | ")] == [f"  | {n}" for n in range(11, 31)]
    assert "error: image mine was not built: RUN seq 30 && false\n" in said
    assert "fix: mend images/mine/Dockerfile, then dmod image build mine" in said


def test_an_image_that_a_container_is_made_of_stays(built):
    mine(built.folder, "FROM dmod/base", "RUN echo three")
    (row,) = [row for row in built.json("image", "build", "mine") if row["name"] == "mine"]
    name = every_word("create", row["reference"]).strip()
    try:
        assert "image mine is in use" in built.run("image", "delete", "mine", "--yes", code=4).stderr
        assert built.json("image", "show", "mine")["containers"]
    finally:
        every_word("rm", name)
    assert "dmod/mine" in built.run("image", "delete", "mine", "--yes").stdout


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_runs_as_a_user_and_holds_nothing_of_the_build(built, name):
    shown = built.json("image", "show", name)
    said = json.loads(every_word("image", "inspect", shown["reference"]))[0]
    assert said["Config"]["User"] == "dmod"
    assert said["Config"]["Labels"]["dmod.content"] == shown["reference"].rpartition(":")[2]
    look = "id -u; cat /etc/pip.conf /root/.config/pip/pip.conf; ls -A /run/secrets /tmp /var/lib/apt/lists"
    found = every_word(
        "run", "--rm", "--network", "none", "--user", "0", shown["reference"], "sh", "-c", look, code=None
    )
    assert "index-url" not in found
    assert "cert" not in found
    history = " ".join(layer["created_by"] for layer in shown["layers"])
    assert "PROXY" not in history.upper()


@pytest.mark.slow
def test_an_image_that_is_built_twice_from_nothing_holds_the_same_bytes(built):
    """Times differ where the engine's BuildKit cannot set them; names, modes, owners and contents do not."""
    told = Project.find(built.folder)
    with client_of() as client:
        made = build.plan(client, told, ("base",))
    certificates = build.ca_bundle(told.config.build, told.root, os.environ)
    (built.folder / "pip.conf").write_text(build.pip_settings(told.config.build, os.environ, certificates))
    secrets = ["--secret", f"id=pip,src={built.folder / 'pip.conf'}"]
    secrets += ["--secret", f"id=ca,src={certificates}"] if certificates else []
    build.lay_out(made.known["base"], made, built.folder / "context")
    seen = []
    for _ in range(2):
        identifier = every_word("build", "--quiet", "--no-cache", *secrets, str(built.folder / "context")).strip()
        seen.append(contents(identifier))
        every_word("rmi", "--force", identifier)
    assert len(seen[0]) > 5000
    assert {name for name in {**seen[0], **seen[1]} if seen[0].get(name) != seen[1].get(name)} == set()


def contents(image: str) -> dict[str, tuple[object, ...]]:
    """What each file of an image is, but for its times."""
    container = every_word("create", image).strip()
    found = {}
    sent = subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE)
    with sent, tarfile.open(fileobj=sent.stdout, mode="r|") as archive:
        for entry in archive:
            said = sha256(archive.extractfile(entry).read()).hexdigest() if entry.isreg() else entry.linkname
            found[entry.name] = (entry.type, entry.mode, entry.uid, entry.gid, said)
    every_word("rm", container)
    return found


def test_a_worker_does_mpi_as_nobody_without_a_disk_to_write(built):
    shown = built.json("image", "show", "worker")
    program = (
        "from mpi4py.MPI import COMM_WORLD as all; import os; said = all.gather(os.getuid()); said and print(said)"
    )
    hardened = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]  # noqa: S108
    argv = ["mpiexec", "-n", "2", "python", "-c", program]
    said = every_word("run", "--rm", *hardened, "--network", "none", shown["reference"], *argv)
    assert said == "[1000, 1000]\n"


def test_the_scheduler_image_runs_this_very_dmod(built):
    shown = built.json("image", "show", "scheduler")
    theirs = every_word("run", "--rm", "--network", "none", shown["reference"], "cat", "/dmod/venv/bin/dmod")
    assert "dmod.cli" in theirs
    there = "import dmod.docker.build; print(open(dmod.docker.build.__file__).read(), end='')"
    assert every_word("run", "--rm", shown["reference"], "python", "-c", there) == Path(build.__file__).read_text()
