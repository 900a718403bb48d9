"""The global options are taken out of a command line wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.cli.settings import Settings, split
from dmod.errors import UsageError


@pytest.mark.parametrize(
    ("line", "settings", "rest"),
    [
        ("job list", Settings(), ["job", "list"]),
        ("-o json job list", Settings(output="json"), ["job", "list"]),
        ("job list -o json", Settings(output="json"), ["job", "list"]),
        ("job -ojson list", Settings(output="json"), ["job", "list"]),
        ("job list -o=name", Settings(output="name"), ["job", "list"]),
        ("job list --output=yaml", Settings(output="yaml"), ["job", "list"]),
        ("job wait 3 --timeout 1h30m", Settings(timeout=5400), ["job", "wait", "3"]),
        ("-C rivers status", Settings(directory=Path("rivers")), ["status"]),
        ("-qy job cancel 3", Settings(quiet=True, yes=True), ["job", "cancel", "3"]),
        ("job cancel 3 -n -v", Settings(dry_run=True, verbose=True), ["job", "cancel", "3"]),
        ("status --no-color --ascii --no-input", Settings(color="never", ascii=True, no_input=True), ["status"]),
        ("job submit x -- -o json", Settings(), ["job", "submit", "x", "--", "-o", "json"]),
        ("job logs -f 3", Settings(), ["job", "logs", "-f", "3"]),
        ("job list -qf", Settings(), ["job", "list", "-qf"]),
        ("partition create -n 4", Settings(), ["partition", "create", "-n", "4"]),
        ("-n partition create -n 4", Settings(dry_run=True), ["partition", "create", "-n", "4"]),
        ("partition create --dry-run -n 4", Settings(dry_run=True), ["partition", "create", "-n", "4"]),
    ],
)
def test_options_stand_anywhere_before_a_double_dash(line: str, settings: Settings, rest: list[str]):
    assert split(line.split(), {}) == (settings, rest)


def test_the_environment_sets_what_the_command_line_does_not():
    environment = {"DMOD_OUTPUT": "json", "DMOD_QUIET": "1", "DMOD_YES": "0", "DMOD_TIMEOUT": "5s", "DMOD_PROJECT": "p"}
    settings, _ = split(["job", "list"], environment)
    assert settings == Settings(output="json", quiet=True, timeout=5, directory=Path("p"))
    assert split(["job", "list", "-o", "name"], environment)[0].output == "name"


def test_no_color_is_obeyed_unless_the_command_line_insists():
    assert split([], {"NO_COLOR": "1"})[0].color == "never"
    assert split(["--color", "always"], {"NO_COLOR": "1"})[0].color == "always"
    assert split([], {"NO_COLOR": ""})[0].color == "auto"


@pytest.mark.parametrize(
    ("line", "said", "fix"),
    [
        ("-o jsn", '-o cannot be "jsn"', "-o json"),
        ("job list --output", "--output needs a value: FORMAT", "--output table"),
        ("status -C", "-C needs a value: DIR", "-C ."),
        ("--timeout soon", '--timeout: "soon" is not a duration', ""),
        ("--color blue", '--color cannot be "blue"', "--color auto"),
        ("--yes=1", "--yes takes no value", "write --yes alone"),
    ],
)
def test_a_wrong_value_is_a_usage_error(line: str, said: str, fix: str):
    with pytest.raises(UsageError) as caught:
        split(line.split(), {})
    assert caught.value.message == said
    assert caught.value.fix == fix


def test_a_wrong_variable_is_named():
    with pytest.raises(UsageError, match='DMOD_OUTPUT cannot be "xml"') as caught:
        split([], {"DMOD_OUTPUT": "xml"})
    assert caught.value.fix == "export DMOD_OUTPUT=table"
