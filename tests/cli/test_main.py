"""A command line ends with an exit code and at most a few lines, whatever happens."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dmod import project
from dmod.cli.nouns import NOUNS, Noun

DMOD = [sys.executable, "-m", "dmod.cli"]
LONG = "a" * 300


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["jbo", "list"], ['error: unknown command "jbo"; the command is "job"', "  fix: dmod job list"]),
        (["jobs"], ['error: unknown command "jobs"; the command is "job"', "  fix: dmod job"]),
        (
            ["submit", "a.toml"],
            ['error: unknown command "submit"; the command is "job submit"', "  fix: dmod job submit a.toml"],
        ),
        (["config", "shwo"], ['error: dmod config has no verb "shwo"; the verb is "show"', "  fix: dmod config show"]),
        (
            ["config", "zzz"],
            [
                'error: dmod config has no verb "zzz"',
                "  why: its verbs are show, check, schema, path",
                "  fix: dmod config --help",
            ],
        ),
        (
            ["config", "schema", "--fro", "job"],
            [
                'error: dmod config schema has no option "--fro"; the option is "--for"',
                "  fix: dmod config schema --help",
            ],
        ),
        (
            ["config", "schema", "--for"],
            ["error: dmod config schema: option '--for' requires an argument", "  fix: dmod config schema --help"],
        ),
        (["init", "a", "b"], ["error: dmod init: got unexpected extra argument(s) (b)", "  fix: dmod init --help"]),
        (["--hlep"], ['error: unknown option "--hlep"', "  fix: dmod --help"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and len(value) < 5 else "",
)
def test_what_nobody_knows_is_answered_with_what_was_meant(dmod, words: list[str], error: list[str]):
    said = dmod(*words)
    assert (said.code, said.out, said.err.splitlines()) == (2, "", error)


def test_a_word_like_no_command_lists_them_all(dmod):
    said = dmod("qqqq")
    assert said.code == 2
    assert "the commands are demo, init" in said.err


def test_errors_are_json_where_a_program_listens(dmod):
    said = dmod("config", "path", "-o", "json")
    assert said.code == 3
    assert said.out == ""
    error = json.loads(said.err)
    assert error.pop("error").startswith("no dmod.toml in ")
    assert error == {
        "kind": "NotFoundError",
        "why": "a project is the folder that holds one",
        "fix": "dmod init",
        "exit_code": 3,
    }


def test_a_mistake_in_dmod_toml_is_found_from_below(dmod):
    project.create(Path("rivers"))
    Path("rivers/dmod.toml").write_text("[defaults]\nmem_gb = 4\n")
    said = dmod("-C", "rivers", "config", "show")
    assert said.code == 2
    assert said.err == 'error: rivers/dmod.toml:2:1 unknown key "mem_gb" in [defaults]; the key is "memory"\n'


@pytest.fixture
def misbehave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A command of the test's own."""

    def add(body: str) -> None:
        (tmp_path / "misbehaving.py").write_text(f"def command() -> None:\n    {body}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "misbehaving", raising=False)
        monkeypatch.setitem(NOUNS, "misbehave", Noun("misbehaving", "command", "for this test"))

    return add


def test_a_bug_is_one_line_and_its_traceback_is_kept(dmod, misbehave):
    misbehave("raise KeyError('x')")
    project.create(Path())
    said = dmod("misbehave")
    assert said.code == 70
    assert said.err.startswith("error: a bug of dmod: KeyError: 'x'")
    assert "Traceback" not in said.err
    assert "Traceback" in Path(".dmod/crash.log").read_text()
    assert "Traceback" in dmod("-v", "misbehave").err
    error = json.loads(dmod("-o", "json", "misbehave").err)
    assert (error["kind"], error["exit_code"]) == ("Bug", 70)


def test_outside_of_a_project_the_traceback_is_kept_too(
    dmod, misbehave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    misbehave("raise ZeroDivisionError")
    assert dmod("misbehave").code == 70
    assert "ZeroDivisionError" in (tmp_path / "dmod-crash.log").read_text()


def test_ctrl_c_is_130(dmod, misbehave):
    misbehave("raise KeyboardInterrupt")
    said = dmod("misbehave")
    assert said.code == 130
    assert "Traceback" not in said.err


def test_a_number_that_a_command_returns_is_its_exit_code(dmod, misbehave):
    misbehave("return 7")
    assert dmod("misbehave").code == 7


def test_a_command_without_its_module_is_not_in_this_version(dmod, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(NOUNS, "later", Noun("dmod.cli.later_than_this", "app", "for this test"))
    said = dmod("later")
    assert said.code == 2
    assert said.err.startswith('error: "dmod later" is not in this version')


@pytest.mark.parametrize("words", [["--help"], ["config", "schema"]], ids=" ".join)
def test_a_reader_that_has_enough_is_no_error(words: list[str]):
    reading, writing = os.pipe()
    child = subprocess.Popen([*DMOD, *words], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    os.close(reading)
    assert child.communicate()[1] == ""
    assert child.returncode == 128 + signal.SIGPIPE


def test_a_terminal_without_unicode_is_no_reason_to_fail():
    project.create(Path("été"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    child = subprocess.run([*DMOD, "-C", "été", "doctor"], env=environment, capture_output=True, text=True, check=False)
    assert "+ project" in child.stdout
    assert r"\xe9t\xe9" in child.stdout


@pytest.mark.parametrize("words", [["init", LONG], ["-C", LONG, "job", "list"], ["demo", "--dir", LONG]])
def test_a_path_that_the_system_refuses_is_no_bug(dmod, words: list[str]):
    said = dmod(*words)
    assert said.code == 2
    assert ": file name too long\n  fix: give a shorter name\n" in said.err


def on_terminal(*words: str, columns: int = 80) -> str:
    """What a person sees: the command on a pseudo terminal of its own."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns)}
    child = subprocess.Popen([*DMOD, *words], stdout=slave, stderr=slave, stdin=slave, env=environment)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux says EIO when the other end has closed
            break
        if not part:
            break
        seen += part
    child.wait()
    os.close(master)
    return seen.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_fitted_columns():
    project.create(Path())
    seen = on_terminal("config", "show", columns=60)
    assert "\x1b[2mKEY" in seen
    assert "WHAT IT IS (-o wide)" in seen
    assert "ranks of a simulation" not in seen
    assert "ranks of a simulation" in on_terminal("config", "show", "-o", "wide", columns=60)
    assert "\x1b" not in on_terminal("config", "show", "--no-color")
    assert on_terminal("config", "shwo").startswith("\x1b[31merror:\x1b[0m ")


def test_a_pipe_gets_everything_and_no_colour(dmod):
    project.create(Path())
    said = dmod("config", "show")
    assert "\x1b" not in said.out
    assert "ranks of a simulation" in said.out
    assert "\x1b[2mKEY" in dmod("config", "show", "--color", "always").out


def test_init_on_a_terminal_asks_before_it_moves_into_a_full_folder():
    Path("full").mkdir()
    Path("full/data.csv").touch()
    assert "is not empty; make it a project? [y/N]" in on_terminal("init", "full", "--no-input") + on_terminal_answer(
        "init", "full"
    )


def on_terminal_answer(*words: str) -> str:
    master, slave = pty.openpty()
    os.write(master, b"\n")
    child = subprocess.Popen([*DMOD, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=slave, text=True)
    _, said = child.communicate()
    os.close(slave)
    os.close(master)
    assert child.returncode == 1
    return said
