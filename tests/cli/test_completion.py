"""The tab key offers what can be typed next."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dmod.cli.completion import SCRIPTS
from dmod.cli.nouns import NOUNS
from dmod.jobs.kinds.command import Command, CommandSpec
from dmod.jobs.order import Order
from dmod.scheduler.queue import Queue


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (["par"], ["partition"]),
        (["config", "s"], ["schema", "show"]),
        (["-o", "json", "config", "pa"], ["path"]),
        (["config", "show", "-o", "j"], ["json", "jsonl"]),
        (["config", "schema", "--f"], ["--for"]),
        (["config", "--dry"], ["--dry-run"]),
        (["help", "ver"], ["version"]),
        (["-o"], ["-o"]),
        (["nonsense", ""], []),
        (["dataset", "show", ""], []),
        (["config", "show", "-o", ""], ["json", "jsonl", "name", "table", "wide", "yaml"]),
    ],
    ids=" ".join,
)
def test_the_next_word_is_offered(dmod, words: list[str], offers: list[str]):
    said = dmod("__complete", *words)
    assert (said.code, said.lines, said.err) == (0, offers, "")


def test_every_command_is_offered(dmod):
    assert dmod("__complete", "").lines == sorted([*NOUNS, "help"])


def test_datasets_are_offered_by_name(dmod):
    dmod("init", "rivers", "--yes")
    folder = Path("rivers/.dmod/datasets/leaf-forcing")
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text("{}")
    assert dmod("__complete", "-C", "rivers", "dataset", "show", "le").lines == ["leaf-forcing"]


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (["job", "cancel", "f"], ["fetch"]),
        (["job", "submit", "--after", ""], ["1", "2", "check", "fetch", "last"]),
        (["job", "submit", "--after-any", "l"], ["last"]),
        (["job", "submit", ""], []),  # files: those the shell knows
        (["job", "re"], ["release", "retry"]),
        (["job", "submit", "--a"], ["--after", "--after-any", "--array", "--ascii", "--at-once"]),
        (["node", "drain", ""], ["large", "small"]),
    ],
    ids=" ".join,
)
def test_jobs_and_nodes_are_offered_by_name(dmod, words: list[str], offers: list[str]):
    dmod("init")
    Path("dmod.toml").write_text("[nodes]\nlarge = { cpus = 1 }\nsmall = { cpus = 1 }\n")
    queue = Queue(Path(".dmod/queue.db"))
    for name in ("fetch", "check"):
        queue.submit(Order(CommandSpec(kind="command", name=name, command=Command(("/bin/true",))), Path("/")))
    assert dmod("__complete", *words).lines == offers


def test_a_mistake_in_dmod_toml_is_not_told_to_the_tab_key(dmod):
    dmod("init")
    Path("dmod.toml").write_text("nonsense")
    assert dmod("__complete", "dataset", "show", "").code == 0


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_of_each_shell_is_one_that_it_reads(dmod, shell: str):
    said = dmod("completion", shell)
    assert said.code == 0
    assert "dmod __complete" in said.out
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed: its script was not read by it")
    checked = subprocess.run([shell, "-n"], input=said.out, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_bash_completes(dmod, tmp_path: Path):
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")
    (tmp_path / "completion").write_text(dmod("completion", "bash").out)
    script = f"""
        source {tmp_path / "completion"}
        dmod() {{ [ "$1 $2 $3" = "__complete config sh" ] && echo show; }}
        COMP_WORDS=(dmod config sh); COMP_CWORD=2; _dmod; echo "${{COMPREPLY[@]}}"
    """
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout == "show\n"


def test_an_unknown_shell_is_told_which_there_are(dmod, monkeypatch: pytest.MonkeyPatch):
    said = dmod("completion", "tcsh")
    assert (said.code, said.err.splitlines()[1]) == (2, "  why: dmod knows bash, zsh, fish")
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    assert dmod("completion").out == dmod("completion", "zsh").out
