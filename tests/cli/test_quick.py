"""The questions of every day are read without typer, and left to it as soon as they are not simple."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from dmod.cli.nouns import Noun
from dmod.cli.quick import ran, read

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "words": "list[str]",
    "state": "list[str] | None",
    "name": "str | None",
    "limit": "int | None",
    "all_of_it": "bool",
    "return": "None",
}


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("", {}),
        ("3 4", {"words": ["3", "4"]}),
        ("--state failed --state=running --limit 5", {"state": ["failed", "running"], "limit": 5}),
        ("--name vpu* --all-of-it 3", {"name": "vpu*", "all_of_it": True, "words": ["3"]}),
    ],
)
def test_simple_words_are_arguments(line: str, arguments: dict[str, object]):
    assert read(line.split(), KINDS) == arguments


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "-h",
        "--limit many",
        "--limit",
        "--name -x",
        "--all-of-it=1",
        "--stat failed",
        "-s failed",
        "--",
        "--return x",
    ],
)
def test_whatever_else_is_left_to_typer(line: str):
    assert read(line.split(), KINDS) is None


def test_words_without_a_place_are_left_to_typer():
    assert read(["3"], {"name": "str | None"}) is None


def test_a_quick_function_runs_or_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "quickly.py").write_text(
        "from __future__ import annotations\ncalls = []\n"
        "def show(words: list[str] | None = None, limit: int | None = None) -> None:\n"
        "    calls.append((words, limit))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    noun = Noun("nowhere", "app", "for this test", quick={"list": "quickly:show", "later": "not_yet:show"})
    assert ran(noun, ["list", "--limit", "3"])
    assert not ran(noun, ["list", "--help"])
    assert not ran(noun, ["show"])
    assert not ran(noun, ["later"])
    assert not ran(noun, [])
    assert sys.modules["quickly"].calls == [(None, 3)]
