"""Jobs in containers, from the command line: the same numbers, and the same promises when things go wrong."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from engines import BUILDS, containers, docker, require
from patience import until

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def engine(missing):
    """A Docker Engine with an image of workers that holds this very dmod."""
    require(missing, *BUILDS)


@pytest.fixture
def here(shell):
    """A terminal in a project whose jobs run in containers, of which none is left."""
    shell.run("init", "--yes")
    shell.run("image", "build", "worker", patience=900)
    toml = shell.folder / "dmod.toml"
    toml.write_text(toml.read_text().replace('# executor = "local"', 'executor = "docker"'))
    yield shell
    shell.run("scheduler", "stop", "--now")
    until(lambda: not containers(shell.folder / ".dmod"))


def kill_scheduler(shell) -> None:
    pid = shell.json("scheduler", "status")["pid"]
    os.kill(pid, signal.SIGKILL)


def test_the_demo_gives_the_same_bits_in_containers_and_in_two_ranks(shell):
    shell.run("demo", "--dir", "here")
    project = type(shell)(shell.folder / "there")
    shell.run("init", "there", "--yes")
    project.run("image", "build", "worker", patience=900)
    shell.run("demo", "--dir", "there", "--executor", "docker")
    project.run("job", "submit", "simulation.toml", "--executor", "docker", "--cpus", "1", "--wait", "--set",
                "simulation.output=alone")  # fmt: skip
    local = shell.folder / "here" / ".dmod" / "datasets" / "rivers-1" / "data"
    files = sorted(path.relative_to(local) for path in local.rglob("*") if path.is_file())
    assert files
    for name in ("rivers-1", "alone"):
        made = project.folder / ".dmod" / "datasets" / name / "data"
        assert [(made / file).read_bytes() == (local / file).read_bytes() for file in files] == [True] * len(files)
    found = project.json("job", "show", "1")
    worker = project.json("image", "show", "worker")["reference"]  # "latest" may be another checkout's
    assert found["image"] == docker("image", "inspect", worker, "--format", "{{.Id}}")
    assert found["origin"]["image"] == found["image"]


def test_a_command_has_its_folder_and_nothing_of_dmods(here):
    (here.folder / ".dmod" / "secrets").mkdir(exist_ok=True)
    (here.folder / ".dmod" / "secrets" / "key").write_text("hunter2")
    script = "cat .dmod/secrets/key; echo made > made; echo said; exit 3"
    here.run("job", "submit", "--wait", "--", "sh", "-c", script, code=3)
    assert (here.folder / "made").read_text() == "made\n"
    said = here.run("job", "logs", "last").stdout
    assert "said" in said
    assert "hunter2" not in said
    assert here.json("job", "show", "last")["exit_code"] == 3


def test_a_scheduler_that_is_killed_is_followed_by_one_that_knows_all(here):
    script = "echo run >> runs; sleep 3; exit 4"
    here.run("job", "submit", "--", "sh", "-c", script)
    until((here.folder / "runs").exists)
    kill_scheduler(here)
    here.run("job", "wait", "1", code=1)
    assert here.json("job", "show", "1")["exit_code"] == 4
    assert (here.folder / "runs").read_text() == "run\n"
    here.run("job", "submit", "--", "sh", "-c", "sleep 1; exit 6")
    until(lambda: here.json("job", "show", "2")["status"] == "running")
    kill_scheduler(here)
    time.sleep(1.5)  # it ends while nobody looks
    here.run("job", "wait", "2", code=1)
    assert here.json("job", "show", "2")["exit_code"] == 6
    until(lambda: not containers(here.folder / ".dmod"))


def test_what_is_canceled_is_gone_in_two_seconds(here):
    here.run("job", "submit", "--", "sh", "-c", "trap 'exit 9' TERM; touch up; while :; do sleep 0.05; done")
    until((here.folder / "up").exists)
    began = time.monotonic()
    here.run("job", "cancel", "1", "--yes")
    until(lambda: here.json("job", "show", "1")["status"] == "canceled")
    assert time.monotonic() - began < 5  # two seconds where nothing else runs
    until(lambda: not containers(here.folder / ".dmod"))


def test_an_array_is_retried_where_it_failed(here):
    script = "test $DMOD_TASK != 2 || test -e mended"
    here.run("job", "submit", "--array", "1-3", "--wait", "--", "sh", "-c", script, code=1)
    (here.folder / "mended").touch()
    here.run("job", "retry", "1", "--failed")
    here.run("job", "wait", "1")
    tasks = here.json("job", "show", "1", "--tasks")["each"]
    assert [(task["status"], task["attempt"]) for task in tasks] == [
        ("completed", 1),
        ("completed", 2),
        ("completed", 1),
    ]


def test_a_container_that_somebody_removes_is_run_again_if_that_was_asked_for(here):
    words = ("--retries", "1", "--retry-on", "node-lost", "--", "sh", "-c", "echo run >> runs; test -e go || sleep 100")
    here.run("job", "submit", *words)
    until((here.folder / "runs").exists)
    (here.folder / "go").touch()
    docker("rm", "--force", *containers(here.folder / ".dmod"))
    here.run("job", "wait", "1", patience=60)
    assert (here.folder / "runs").read_text() == "run\n" * 2
    notes = [event["note"] for event in here.json("job", "show", "1", "--events")["events"]]
    assert any("its container was removed by somebody else" in note for note in notes)


def test_too_little_memory_is_told_with_what_would_do(here):
    greedy = "data = [bytearray(2**20) for _ in range(300)]; print(len(data))"
    here.run("job", "submit", "--memory", "100MiB", "--wait", "--", "python", "-c", greedy, code=137)
    assert "memory limit of 100MiB" in here.json("job", "show", "1")["why"]


def test_what_cannot_run_is_refused_before_it_is_queued(here):
    said = here.run("job", "submit", "--image", "wroker", "--", "true", code=6).stderr
    assert "there is no image wroker" in said
    (here.folder / "images" / "mine").mkdir(parents=True)
    (here.folder / "images" / "mine" / "Dockerfile").write_text("FROM dmod/base\n")
    said = here.run("job", "submit", "--image", "mine", "--", "true", code=6).stderr
    assert "fix: dmod image build mine" in said
    assert here.json("job", "list") == []


def test_data_of_an_object_store_are_fetched_and_no_key_enters_a_container(shell, here, attach):
    from weed import KEYS

    shell.run("demo", "--dir", "first")
    first = type(shell)(shell.folder / "first")
    for project in (first, here):
        attach(project.folder, "containers")
    first.run("dataset", "move", "models", "catchments", "rain", "snow", "--to", "object-store")
    job = str(first.folder / "simulation.toml")
    said = here.run("job", "submit", job, "--wait", "--set", "simulation.output=made").stderr
    assert said.count("from the object store") == 4
    made = here.folder / ".dmod" / "datasets" / "made" / "data"
    for file in made.rglob("*.*"):
        local = first.folder / ".dmod" / "datasets" / "rivers-1" / "data" / file.relative_to(made)
        assert file.read_bytes() == local.read_bytes()
    said = here.run("job", "submit", job, "--wait", "--set", "simulation.output=again").stderr
    assert "from the object store" not in said
    here.run("job", "submit", "--", "sleep", "30")
    until(lambda: here.json("job", "show", "3")["status"] == "running")
    seen = docker("inspect", *containers(here.folder / ".dmod"))
    assert KEYS.secret_key not in seen
    mounts = [mount["Destination"] for mount in json.loads(seen)[0]["Mounts"] if mount["Type"] == "bind"]
    assert sorted(mounts) == sorted([str(here.folder), str(here.folder / ".dmod" / "jobs" / "3")])
    here.run("job", "cancel", "3", "--yes")
