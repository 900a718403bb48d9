"""The dashboard as pictures: `SNAPSHOTS=update pytest tests/tui/test_pictures.py` takes new ones; look at them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from screenshot import picture

SNAPSHOTS = Path(__file__).parent / "snapshots"


def content(svg: str) -> list[tuple[str, ...]]:
    """What a picture shows, whatever program drew it: texts and grounds, with their places and colours."""
    styles = dict(re.findall(r"\.(terminal-r\d+) \{ ([^}]*) \}", svg))
    texts = re.findall(r'<text xml:space="preserve" class="(terminal-r\d+)" x="([^"]+)" y="([^"]+)"[^>]*>([^<]*)<', svg)
    grounds = re.findall(r'<rect fill="([^"]+)" x="([^"]+)" y="([^"]+)" width="([^"]+)"', svg)
    assert texts
    return [*((styles[style], *rest) for style, *rest in texts), *grounds]


@pytest.fixture
def look(tmp_path):
    """Compare the screen with a picture."""

    def compare(app, name: str) -> None:
        shot, known = picture(app), SNAPSHOTS / f"{name}.svg"
        if os.environ.get("SNAPSHOTS") == "update":
            SNAPSHOTS.mkdir(exist_ok=True)
            known.write_text(shot)
            return
        if content(shot) != content(known.read_text()):
            now = tmp_path / known.name
            now.write_text(shot)
            pytest.fail(f"{known.name} does not look like {now}; if it should: SNAPSHOTS=update")

    return compare


def test_wide(rivers, play, look):
    async def story(show):
        look(show.app, "jobs-120")
        await show.press("G", "k", "k", "enter")
        look(show.app, "overview-120")
        await show.press("m")
        look(show.app, "metrics-120")
        await show.press("k", "j", "j", "h")
        look(show.app, "hydrograph-120")
        await show.press("escape", "2", "enter")
        look(show.app, "data-120")
        await show.press("escape", "a")
        look(show.app, "against-120")
        await show.press("a", "X")
        look(show.app, "delete-120")
        await show.press("escape")
        await show.press("6")
        look(show.app, "events-120")
        await show.press("?")
        look(show.app, "help-120")

    play(rivers.app(), story)


def test_narrow(rivers, play, look):
    async def story(show):
        look(show.app, "jobs-80")
        await show.press("C")
        look(show.app, "confirm-80")
        await show.press("enter", "/")
        await show.type("state:x")
        look(show.app, "filter-80")
        await show.press("escape", "G", "k", "h")
        look(show.app, "hydrograph-80")
        await show.press("escape", "k", "k", "l")
        look(show.app, "log-80")

    play(rivers.app(), story, size=(80, 24))


@pytest.mark.parametrize("size", [(120, 20), (80, 24)])
def test_arrays(night, play, look, size):
    async def story(show):
        show.jobs.table.point(3)
        await show.settle()
        look(show.app, f"arrays-{size[0]}")
        await show.press("F")
        look(show.app, f"retry-failed-{size[0]}")
        await show.press("n", "t", "z")
        look(show.app, f"tasks-{size[0]}")

    play(night.app(), story, size=size)


def test_largest(night, play, look):
    async def story(show):
        show.jobs.table.point(3)
        await show.press("5")
        show.app.paused = True  # so that it looks just three times
        for _ in range(3):
            night.wait(seconds=1)
            show.app._settle()
        show.app.paused = False
        show.app._tell()
        await show.settle()
        look(show.app, "nodes-200")
        await show.press("1", "t")
        look(show.app, "tasks-200")
        await show.press("l")
        look(show.app, "log-200")

    play(night.app(), story, size=(200, 50))


def test_ascii_and_light(rivers, play, look):
    async def story(show):
        await show.press("space", "space")
        look(show.app, "jobs-ascii-80")
        await show.press("G", "k", "h")
        look(show.app, "hydrograph-ascii-80")
        await show.press("escape", "2", "a")
        look(show.app, "data-ascii-80")
        await show.press("5")
        look(show.app, "nodes-ascii-80")
        assert all(line.isascii() for line in show.text.splitlines())

    play(rivers.app(ascii=True, read_only=True, theme="dmod-light"), story, size=(80, 24))


def test_without_colour(rivers, play, look, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def story(show):
        look(show.app, "jobs-nocolor-120")
        await show.press("C")
        look(show.app, "confirm-nocolor-120")

    play(rivers.app(), story)


def test_empty(stage, play, look):
    async def story(show):
        look(show.app, "empty-jobs-80")
        await show.press("2")
        look(show.app, "empty-data-80")

    play(stage.app(), story, size=(80, 24))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_stacks_and_images(rivers, play, look, size):
    async def story(show):
        await show.press("3")
        await show.until(lambda: "unhealthy" in show.text)
        await show.press("j", "enter")
        look(show.app, f"stacks-{size[0]}")
        await show.press("escape", "4")
        await show.until(lambda: "outdated" in show.text)
        await show.press("enter")
        await show.until(lambda: "apt-get" in show.text)
        look(show.app, f"images-{size[0]}")

    play(rivers.app(), story, size=size)


@pytest.mark.usefixtures("away")
def test_engine_away(rivers, play, look):
    async def story(show):
        await show.press("3")
        await show.until(lambda: "no Docker Engine" in show.text)
        look(show.app, "stacks-away-80")

    play(rivers.app(), story, size=(80, 24))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_a_fold(night, play, look, size):
    async def story(show):
        show.jobs.table.point(3)
        await show.press("right")
        await show.until(lambda: "3/40" in show.text or "3/12" in show.text)
        look(show.app, f"fold-{size[0]}")
        await show.press("v", "j", "space")
        look(show.app, f"columns-{size[0]}")

    play(night.app(), story, size=size)
