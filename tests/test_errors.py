"""An error says what, why, and what to type next."""

from __future__ import annotations

from dmod.errors import DmodError, UnmetError


def test_an_error_shows_what_then_why_then_the_fix():
    error = UnmetError("12 catchments have no forcing", why="needed 14, have 2", fix="dmod dataset add forcing DIR")
    assert error.lines() == [
        "error: 12 catchments have no forcing",
        "  why: needed 14, have 2",
        "  fix: dmod dataset add forcing DIR",
    ]


def test_an_error_without_more_to_say_is_one_line():
    assert DmodError("it failed").lines() == ["error: it failed"]


def test_what_a_broken_file_holds_does_not_steer_the_terminal():
    assert DmodError("no time\x1b[2J", why="a\rb\n\tc\x9b").lines() == ["error: no time?[2J", "  why: a?b\n\tc?"]


def test_a_script_can_tell_them_apart():
    assert DmodError("x").exit_code == 1
    assert UnmetError("x").exit_code == 6
