"""Stacks and images in the dashboard: every key, over an engine that says what the tests want, and one that is away."""

from __future__ import annotations

import contextlib
import subprocess
import threading

import pytest

from dmod.docker.stack import compose_name
from tui import speech

REGISTRY = "127.0.0.1:5000"
DIGEST = "sha256:4a7d1ed414474e4033ac29ccb8653d9b"


async def front(show, key: str, text: str):
    await show.press(key)
    await show.until(lambda: text in show.text)
    return show.app.pane.table


@pytest.mark.usefixtures("engine")
def test_stacks_are_listed_opened_filtered_and_copied(rivers, play):
    async def story(show):
        table = await front(show, "3", "unhealthy")
        assert "✓ healthy" in show.line("registry:2.8.3")
        assert REGISTRY in show.line("registry:2.8.3")
        assert "curl: (7) refused" in show.line("minio")
        assert "127.0.0.1:9000,9001" in show.line("minio")
        assert "○ down" in show.line(" main ")
        table.point("dmod-rivers-object-store-1")
        await show.press("y")
        assert show.app.clipboard == "dmod-rivers-object-store-1"
        await show.press("Y")
        assert show.app.clipboard == "dmod stack status object-store"
        await show.press("enter")
        assert "3" in show.line("restarts  ")
        assert "127.0.0.1:9000, 127.0.0.1:9001" in show.line("listens")
        assert "curl: (7) refused" in show.line(" state   ")
        await show.press("o")
        assert not show.app.pane.open
        await show.press("enter", "z")
        assert not table.display
        await show.press("z", "escape", "/")
        await show.type("healthy reg")
        assert show.app.pane.rows.keys == ["dmod-rivers-registry-1"]
        await show.press("enter", "escape")
        assert len(show.app.pane.rows) == 3
        table.point("main")
        await show.press("enter")
        assert "dmod stack up main" in show.text
        await show.press("s")
        assert show.app.pane.rows.sort == "service"

    play(rivers.app(), story, size=(160, 40))


def test_stacks_come_up_after_a_question(rivers, engine, play):
    async def story(show):
        table = await front(show, "3", "unhealthy")
        table.point("dmod-rivers-registry-1")
        await show.press("U")
        assert "Bring up registry? Images that are missing are built first." in show.text
        await show.press("enter")  # No
        assert not engine.told
        await show.press("U", "y")
        await show.until(lambda: "registry is healthy" in show.text)
        assert engine.told == [("up", ["registry"], {"BUILT": "True"})]
        await show.press("escape")
        table.point("dmod-rivers-object-store-1")
        await show.press("U", "y")
        await show.until(lambda: "port 9000 is taken" in show.text)
        assert "by another program" in show.line("why:")
        assert "dmod config set it" in show.line("fix:")
        await show.press("b")
        assert not show.app.pane.open
        await show.press("b")
        assert "✗ up object-store" in show.text
        assert "✓ up registry" in show.text

    play(rivers.app(), story)


def test_marked_stacks_are_restarted_and_taken_down(rivers, engine, play):
    async def story(show):
        table = await front(show, "3", "unhealthy")
        table.marks = {"dmod-rivers-registry-1", "dmod-rivers-object-store-1"}
        await show.press("R")
        assert "Restart " in show.text
        await show.press("y")
        await show.until(lambda: bool(engine.told))
        assert sorted(engine.told[0][1]) == ["object-store", "registry"]
        await show.until(lambda: "✓ restart" in show.text)
        await show.press("D")
        assert "What they keep stays for the next time." in show.text
        await show.press("n")
        assert len(engine.told) == 1
        await show.press("D", "y")
        await show.until(lambda: ("networks",) in engine.told)
        assert {each[1:] for each in engine.told if each[0] == "down"} == {("registry", False), ("object-store", False)}

    play(rivers.app(), story)


@pytest.mark.parametrize(
    "case",
    [
        ("3", "unhealthy", "dmod-rivers-object-store-1", "object-store", "registry", "delete all that it keeps?",
         "what it kept is deleted", [("down", "object-store", True), ("networks",)]),
        ("4", "outdated", "base", "base", "bas", "Delete image base",
         "deleted dmod/base:old; 3MiB free again", [("delete", "sha256:base")]),
    ],
    ids=["what a stack keeps", "an image"],
)  # fmt: skip
def test_what_is_gone_for_good_is_deleted_once_its_name_is_typed(rivers, engine, play, case):
    screen, listed, row, name, other, question, said, told = case

    async def story(show):
        table = await front(show, screen, listed)
        table.point(row)
        await show.press("X")
        assert question in show.text
        await show.type(other)
        await show.press("enter")
        assert not engine.told
        await show.press("X")
        await show.type(name)
        await show.press("enter")
        await show.until(lambda: said in show.text)
        assert engine.told == told

    play(rivers.app(), story)


@pytest.mark.usefixtures("engine")
def test_what_a_service_says_is_heard_and_searched(rivers, play, monkeypatch):
    heard, over = [], threading.Event()

    @contextlib.contextmanager
    def listening(service, _tail, _since):
        heard.append(service.container)
        yield lines(service), over.set

    def lines(service):
        yield from (f"{service.service} says {at}" for at in range(30))
        over.wait(10)

    monkeypatch.setattr(speech, "listening", listening)

    async def story(show):
        table = await front(show, "3", "unhealthy")
        table.point("dmod-rivers-registry-1")
        await show.press("l")
        await show.until(lambda: "registry says 29" in show.text)
        assert "p pause" in show.text
        await show.press("Y", "/")
        assert show.app.clipboard == "dmod stack logs registry"
        await show.type("says 3")
        await show.press("enter")
        await show.until(lambda: "registry says 3" in show.text)
        kept = show.app.pane._speech.file
        assert kept.exists()
        await show.press("escape")
        assert over.is_set()
        assert not kept.exists()
        table.point("main")
        await show.press("l")
        assert "main is down: nobody speaks." in show.text
        assert set(heard) == {"dmod-rivers-registry-1"}

    play(rivers.app(), story)


@pytest.mark.usefixtures("engine")
def test_images_are_listed_and_opened(rivers, play):
    async def story(show):
        table = await front(show, "4", "outdated")
        assert "✓ ready" in show.line("base")
        assert "190MiB" in show.line("base")
        assert "dmod-rivers-main-1" in show.line("base")
        assert "○ missing" in show.line("worker")
        table.point("scheduler")
        await show.press("enter")
        await show.until(lambda: "apt-get install python3" in show.text)
        assert "B builds it anew" in show.text
        await show.press("y", "Y")
        assert show.app.clipboard == "dmod image show scheduler"
        await show.press("escape", "/")
        await show.type("missing")
        await show.press("enter")
        assert show.app.pane.rows.keys == ["worker"]
        assert "P push" not in show.text
        await show.press("escape", "g", "space", "space", "y")
        assert len(show.app.clipboard.split()) == 2

    play(rivers.app(), story, size=(160, 40))


def test_images_are_built_with_the_step_on_screen_and_leaving_asks(rivers, engine, play):
    async def story(show):
        table = await front(show, "4", "outdated")
        table.point("worker")
        await show.press("B")
        assert "Build worker, and what is missing below?" in show.text
        await show.press("escape")
        assert not engine.told
        await show.press("B", "y")
        await show.until(lambda: "2 of 2" in show.text)
        assert "pip install dmod" in show.line("2 of 2")
        await show.press("1")
        assert "enter open" in show.text  # everything else goes on
        await show.press("q")
        assert "build worker is going on, and ends if you leave. Leave?" in show.text
        await show.press("n", "4")
        engine.go.set()
        await show.until(lambda: "dmod/worker:1f0c3e5a7b9d in 4s" in show.text)
        assert engine.told == [("build", ("worker",))]

    play(rivers.app(), story)


def test_images_are_pushed_to_the_registry_of_the_project(rivers, engine, play):
    async def story(show):
        table = await front(show, "4", "outdated")
        table.point("base")
        await show.press("P")
        assert f"Send base to the registry {REGISTRY}?" in show.text
        await show.press("y")
        await show.until(lambda: DIGEST in show.text)
        assert engine.told == [("push", "base", REGISTRY)]

    play(rivers.app(), story)


@pytest.mark.parametrize(("screen", "keys"), [("3", "UDRX"), ("4", "BPX")])
def test_read_only_leaves_the_engine_alone(rivers, engine, play, screen, keys):
    async def story(show):
        await front(show, screen, "unhealthy" if screen == "3" else "outdated")
        for key in keys:
            assert f"{key} " not in show.text.splitlines()[-1]
            await show.press(key)
            await show.until(lambda: "--read-only" in show.text)
        assert not engine.told

    play(rivers.app(read_only=True), story)


@pytest.mark.parametrize("screen", ["3", "4"])
def test_an_engine_that_is_away_is_said_and_the_rest_goes_on(rivers, away, play, screen):
    async def story(show):
        await front(show, screen, "no Docker Engine answers: no socket")
        assert "sudo systemctl start docker" in show.line("fix:")
        assert "The rest goes on" in show.text
        for key in ("U", "D", "R", "X", "B", "P", "l", "o", "b", "z", "escape", "escape"):
            await show.press(key)
        assert not away.told
        await show.press("1", "enter")
        assert "leaf-4deg" in show.text
        away.away = None
        await show.press("escape", screen)
        await show.until(lambda: "unhealthy" in show.text or "outdated" in show.text)

    play(rivers.app(), story)


def test_an_engine_that_is_really_away(rivers, play, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{rivers.project.root}/no.sock")

    async def story(show):
        await front(show, "3", "no Docker Engine answers")
        assert "fix:" in show.text

    play(rivers.app(), story)


@pytest.mark.live
@pytest.mark.slow
def test_the_real_engine_lists_services_and_their_log(rivers, play, missing):
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        missing("no Docker Engine")
    name = f"dmod-{rivers.project.root.name}-heard"[-50:].lstrip("-_")
    folder = rivers.project.root / "stacks" / "heard"
    folder.mkdir(parents=True)
    folder.joinpath("compose.yml").write_text("services:\n  heard:\n    image: dmod/base:latest\n")
    project = compose_name(rivers.project, "heard")
    images = subprocess.run(["docker", "images", "-q", "dmod/base"], capture_output=True, text=True, check=True).stdout
    if not images:
        missing("no image dmod/base: dmod image build base")
    run = ["docker", "run", "-d", "--network", "none", "--name", name, "--entrypoint", "/bin/sh",
           "--label", f"com.docker.compose.project={project}", "--label", "com.docker.compose.service=heard",
           images.split()[0], "-c", "i=0; while :; do i=$((i+1)); echo word $i; sleep 0.2; done"]  # fmt: skip
    subprocess.run(run, check=True, capture_output=True)

    async def story(show):
        table = await front(show, "3", "● running")
        table.point(name)
        await show.press("l")
        await show.until(lambda: "word 12" in show.text, 30)
        await show.press("escape")

    try:
        play(rivers.app(), story)
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=True, capture_output=True)
