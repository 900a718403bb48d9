"""Data goes to stdout in the format asked for, talk to stderr."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.cli import settings
from dmod.cli.output import Column, Progress, confirm, glyph, relative_time, say, show_list, show_record
from dmod.cli.settings import Settings
from dmod.cli.table import lay_out
from dmod.cli.terminal import visible
from dmod.cli.values import as_json, as_yaml, plain
from dmod.errors import DmodError, UsageError

NOON = datetime(2015, 12, 1, 12, tzinfo=UTC)
ROWS = [
    {"id": 9, "name": "leaf", "status": "running", "reason": None, "at": NOON},
    {"id": 10, "name": "baskatong", "status": "failed", "reason": "exit 139 rank 3, out of memory", "at": NOON},
]
COLUMNS = [
    Column("id", "ID", right=True),
    Column("name", "NAME"),
    Column("status", "STATUS"),
    Column("at", "STARTED", optional=2, show=lambda at: f"{at:%H:%M}"),
    Column("reason", "WHY", optional=1),
]


@pytest.fixture(autouse=True)
def usual_settings():
    settings.use(Settings())


def test_a_table_has_no_borders_and_right_numbers():
    lines, hidden = lay_out(ROWS, COLUMNS, None)
    assert hidden == []
    assert lines == [
        "ID  NAME       STATUS   STARTED  WHY",
        " 9  leaf       running  12:00    -",
        "10  baskatong  failed   12:00    exit 139 rank 3, out of memory",
    ]


def test_a_narrow_terminal_loses_optional_columns_first():
    assert lay_out(ROWS, COLUMNS, 61)[1] == ["STARTED"]
    assert lay_out(ROWS, COLUMNS, 30)[1] == ["STARTED", "WHY"]


def test_what_cannot_be_dropped_is_elided_and_shows_it():
    lines, _ = lay_out(ROWS, [Column("name", "NAME"), Column("reason", "WHY")], 30)
    assert lines[2] == "baskatong  exit 139 rank 3, o…"


@given(st.integers(20, 90), st.lists(st.text("abc", max_size=40), min_size=4, max_size=4))
def test_no_line_is_wider_than_the_terminal(columns: int, cells: list[str]):
    table = [Column("0", "A"), Column("1", "B", optional=1), Column("2", "C", optional=2), Column("3", "D", optional=2)]
    lines, _ = lay_out([{str(at): cell for at, cell in enumerate(cells)}], table, columns)
    assert max(map(visible, lines)) <= columns


def test_colour_takes_no_width():
    assert visible("\x1b[31mfailed\x1b[0m") == 6


def test_a_list_in_each_format(capsys: pytest.CaptureFixture[str]):
    said = {}
    for output in ("json", "jsonl", "yaml", "name", "table", "wide"):
        settings.use(Settings(output=output))
        show_list(ROWS, COLUMNS)
        said[output] = capsys.readouterr().out
    assert json.loads(said["json"])[1]["reason"] == "exit 139 rank 3, out of memory"
    assert [json.loads(line)["at"] for line in said["jsonl"].splitlines()] == ["2015-12-01T12:00:00Z"] * 2
    assert said["name"] == "leaf\nbaskatong\n"
    assert said["yaml"].splitlines()[:3] == ["- id: 9", "  name: leaf", "  status: running"]
    assert said["table"] == said["wide"] == "\n".join(lay_out(ROWS, COLUMNS, None)[0]) + "\n"


def test_an_empty_list_is_said_to_people_and_shown_to_programs(capsys: pytest.CaptureFixture[str]):
    seen = {}
    for output in ("json", "jsonl", "yaml", "name", "table"):
        settings.use(Settings(output=output))
        show_list([], COLUMNS, empty="no jobs")
        seen[output] = tuple(capsys.readouterr())
    assert seen == {
        "json": ("[]\n", ""),
        "jsonl": ("", ""),
        "yaml": ("[]\n", ""),
        "name": ("", ""),
        "table": ("", "no jobs\n"),
    }


def test_a_record_in_each_format(capsys: pytest.CaptureFixture[str]):
    record = {"name": "leaf", "domain": {"catchments": 3, "variables": ["a", "b"]}, "checked": True}
    said = {}
    for output in ("json", "jsonl", "yaml", "name", "table"):
        settings.use(Settings(output=output))
        show_record(record)
        said[output] = capsys.readouterr().out
    assert json.loads(said["json"]) == json.loads(said["jsonl"]) == record
    assert said["name"] == "leaf\n"
    assert said["yaml"] == "name: leaf\ndomain:\n  catchments: 3\n  variables:\n    - a\n    - b\nchecked: true\n"
    assert said["table"].splitlines() == [
        "name               leaf",
        "domain.catchments  3",
        "domain.variables   a, b",
        "checked            yes",
    ]


def test_quiet_silences_talk_only(capsys: pytest.CaptureFixture[str]):
    settings.use(Settings(quiet=True))
    say("talk")
    show_record({"name": "data"})
    assert tuple(capsys.readouterr()) == ("name  data\n", "")


class Color(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Point:
    x: float


def test_values_become_what_json_has():
    import numpy as np

    values = [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=5))),
        Path("a/b"),
        Color.RED,
        Point(float("nan")),
        np.float64(1.5),
        (1, {2}),
    ]
    assert plain(values) == ["2015-12-01T12:00:00Z", "2015-12-01T12:00:00Z", "a/b", "red", {"x": None}, 1.5, [1, [2]]]
    assert json.loads(as_json({"ä": float("inf")})) == {"ä": None}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("no", '"no"'),
        ("1e3", '"1e3"'),
        ("2015-12-01", '"2015-12-01"'),
        ("a: b", '"a: b"'),
        ("", '""'),
        ("cat-1", "cat-1"),
        ("/data/a.nc", "/data/a.nc"),
        ({}, "{}"),
        ([[1, [2]], []], "- - 1\n  - - 2\n- []"),
        ([{"a": {"b": [1]}, "c": None}], "- a:\n    b:\n      - 1\n  c: null"),
        (1.5, "1.5"),
    ],
    ids=repr,
)
def test_yaml_quotes_what_would_be_read_as_something_else(value: object, text: str):
    assert as_yaml(value) == text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "now"), (5, "5s ago"), (200, "3m ago"), (7200, "2h ago"), (-7200, "in 2h"), (5 * 86400, "5d ago")],
)
def test_times_are_told_as_people_do(seconds: float, said: str):
    assert relative_time(NOON - timedelta(seconds=seconds), NOON) == said


def test_an_old_time_is_a_date():
    assert relative_time(NOON, NOON + timedelta(days=40)) == "2015-12-01"
    assert relative_time(None) == "-"


def test_statuses_have_a_sign_also_in_ascii():
    assert [glyph(each) for each in ("running", "completed", "failed", "queued", "canceled")] == list("●✓✗○‖")
    settings.use(Settings(ascii=True))
    assert all(glyph(each).isascii() for each in ("running", "completed", "failed", "queued", "canceled", "whatever"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "name", "sure"),
    [
        ("y\n", None, True),
        ("YES\n", None, True),
        ("\n", None, False),
        ("", None, False),
        ("y\n", "leaf", False),
        ("leaf\n", "leaf", True),
        ("\n", "leaf", False),
    ],
)
def test_nothing_is_destroyed_unless_a_person_says_so(
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    name: str | None,
    sure: bool,  # noqa: FBT001 - a row of the table above
):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    if sure:
        confirm("delete leaf?", name=name)
    else:
        with pytest.raises(DmodError, match="nothing was changed"):
            confirm("delete leaf?", name=name)


def test_a_script_must_say_yes_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError) as caught:
        confirm("delete leaf?")
    assert caught.value.fix == "the same command with --yes"
    settings.use(Settings(yes=True))
    confirm("delete leaf?", name="leaf")


def test_progress_is_one_redrawn_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    with Progress("leaf") as bar:
        for done in range(1001):
            bar.update(done, 1000, "simulating")
    seen = terminal.getvalue()
    assert "\n" not in seen
    assert "100% 1,000/1,000 simulating" in seen
    assert seen.endswith("\r\x1b[K")
    assert seen.count("\r") < 30, "drawn at most ten times a second"


def test_progress_elsewhere_is_a_line_for_each_change(monkeypatch: pytest.MonkeyPatch):
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    with Progress("leaf") as bar:
        for done in range(1001):
            bar.update(done, 1000, "simulating" if done < 500 else "writing")
    assert log.getvalue() == "leaf:   0% 0/1,000 simulating\nleaf:  50% 500/1,000 writing\n"


def test_what_changes_from_moment_to_moment_is_no_line_of_its_own(monkeypatch: pytest.MonkeyPatch):
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    with Progress("leaf") as bar:
        for done in range(1001):
            bar.update(done, 1000, "done", f"{done % 7} running")
    assert log.getvalue() == "leaf:   0% 0/1,000 done, 0 running\n"


def test_the_rest_is_told_by_how_fast_it_went_since_it_was_first_seen(monkeypatch: pytest.MonkeyPatch):
    terminal, now = Terminal(), [1000.0]
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setenv("COLUMNS", "60")
    with Progress("leaf") as bar:
        for done in (500, 510, 520):  # 500 were done before anybody looked
            bar.update(done, 1000, "done")
            now[0] += 10
    assert terminal.getvalue().count("left") == 2
    assert "52% 520/1,000 done, 8m left" in terminal.getvalue()
