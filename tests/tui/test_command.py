"""`dmod dashboard` before and after the terminal is its own."""

from __future__ import annotations

import sys

import pytest

from dmod.cli import main
from dmod.errors import ConflictError


def pretend_a_terminal(monkeypatch):
    for stream in (sys.stderr, sys.stdin):
        monkeypatch.setattr(stream, "isatty", lambda: True)


@pytest.mark.usefixtures("stage")
def test_without_a_terminal_it_refuses_and_says_what_to_type(capsys):
    assert main(["dashboard"]) == 2
    said = capsys.readouterr().err
    assert "the dashboard needs a terminal, and stderr is none" in said
    assert "fix: dmod status" in said


@pytest.mark.usefixtures("stage")
def test_names_that_do_not_exist(capsys, monkeypatch):
    pretend_a_terminal(monkeypatch)
    assert main(["dashboard", "--screen", "job"]) == 2
    assert "fix: dmod dashboard --screen jobs" in capsys.readouterr().err
    assert main(["dashboard", "--theme", "dmod-drak"]) == 2
    assert "fix: dmod dashboard --theme dmod-dark" in capsys.readouterr().err


@pytest.mark.usefixtures("stage")
def test_without_textual_it_says_what_to_install(capsys, monkeypatch):
    pretend_a_terminal(monkeypatch)
    for name in [name for name in sys.modules if name.partition(".")[0] in {"tui", "textual"}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)
    assert main(["dashboard"]) == 1
    said = capsys.readouterr().err
    assert "needs the Python package textual" in said
    assert "pip install 'dmod[dashboard]'" in said


def test_a_crash_comes_out_once_the_terminal_is_restored(rivers, play):
    async def story(show):
        show.app.feed.look = _broken
        await show.until(lambda: show.app.crash is not None)

    shown = rivers.app()
    with pytest.raises(ConflictError, match="broken"):
        play(shown, story)
    assert isinstance(shown.crash, ConflictError)
    assert not shown._exit_renderables  # no page of traceback over the terminal


def _broken():
    raise ConflictError("broken")
