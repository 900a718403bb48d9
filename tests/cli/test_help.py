"""Help is answered at once, is whole, and teaches with an example."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from dmod import __version__
from dmod.cli.nouns import NOUNS, Noun
from dmod.cli.options import OPTIONS
from dmod.cli.parser import built

STATIC = ([], ["-h"], ["--help"], ["help"], ["--version"])


@pytest.mark.parametrize("words", STATIC, ids=str)
def test_help_and_version_import_next_to_nothing(words: list[str]):
    code = "import sys; from dmod.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    child = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    loaded = set(child.stderr.split())
    assert child.stdout
    assert not loaded & {"typer", "click", "rich", "dataclasses", "typing", "re", "inspect", "tomli", "numpy"}


def test_the_first_page_fits_a_terminal_and_names_everything(dmod):
    said = dmod("--help")
    assert said.code == 0
    assert said.err == ""
    assert max(map(len, said.lines)) <= 80
    for name, noun in NOUNS.items():
        assert f"  {name:<12} {noun.help}" in said.lines
    for option in OPTIONS:
        assert any(", ".join(option.names) in line and line.endswith(option.variable) for line in said.lines)


def test_there_are_many_ways_to_ask(dmod):
    first = dmod().out
    assert first == dmod("-h").out == dmod("--help").out == dmod("help").out == dmod("-q", "--help").out
    assert dmod("help", "config").out == dmod("config", "--help").out == dmod("config").out
    assert (
        dmod("help", "config", "show").out == dmod("config", "show", "-h").out == dmod("-q", "config", "show", "-h").out
    )


def test_the_version_is_one_line(dmod):
    assert dmod("--version").out == f"dmod {__version__}\n"


HERE = {name: noun for name, noun in NOUNS.items() if importlib.util.find_spec(noun.module)}


def test_the_first_page_promises_nothing_that_is_not_there():
    assert list(HERE) == list(NOUNS)


@pytest.mark.parametrize(("name", "noun"), HERE.items(), ids=list(HERE))
def test_the_first_page_says_what_the_command_has(name: str, noun: Noun):
    command = built(getattr(importlib.import_module(noun.module), noun.attribute))
    assert set(getattr(command, "commands", ())) == set(noun.verbs), f"the verbs of {name} in dmod.cli.nouns"


COMMANDS = [[name, *verb] for name, noun in HERE.items() for verb in ([[verb] for verb in noun.verbs] or [[]])]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_teaches_with_an_example(dmod, words: list[str]):
    said = dmod(*words, "--help")
    assert said.code == 0
    examples = [
        line.strip() for line in said.lines if f"dmod {' '.join(words)}" in line and not line.startswith("Usage")
    ]
    assert examples, said.out
    assert max(map(len, said.lines)) <= 80, said.out
