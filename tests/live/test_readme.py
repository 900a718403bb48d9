"""The README, typed in as a newcomer would: a fresh clone, its two commands, then every command block."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.live, pytest.mark.slow]  # it downloads and installs everything anew

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEMO, TEST, *LATER = BLOCK.findall((ROOT / "README.md").read_text())


def outside_of_make() -> dict[str, str]:
    """The environment without what `make test ARGS=...` hands on to a make that is called in a test."""
    return {name: text for name, text in os.environ.items() if name not in ("ARGS", "MAKEFLAGS", "MAKEOVERRIDES")}


def typed(block: str, folder: Path, **environment: str) -> str:
    """What a block prints when its lines are typed into bash, one after the other, in `folder`."""
    clone = next(parent for parent in [folder, *folder.parents] if (parent / "pyproject.toml").exists())
    path = f"{clone / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**outside_of_make(), "PATH": path, "PYTHON": sys.executable, "COLUMNS": "80", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, f"{block}\nexit {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh clone in which `make demo` has run."""
    folder = tmp_path_factory.mktemp("newcomer") / "dmod"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    said = typed(DEMO.replace("git clone", "true git clone").replace("cd dmod\n", ""), folder)
    assert "NSE" in said
    yield folder
    typed("dmod scheduler stop --now || true", folder / "dmod-demo")


def test_the_first_command_runs_the_main_job(clone):
    assert (clone / "dmod-demo" / "dmod.toml").exists()
    assert list((clone / "dmod-demo").rglob("report.html"))


def test_the_second_command_passes_the_tests(clone):
    assert "passed" in typed(TEST, clone, ARGS="-q tests/test_errors.py")


@pytest.mark.parametrize("number", range(len(LATER)))
def test_every_other_block_runs_in_the_demo_project(clone, number):
    typed(LATER[number], clone / "dmod-demo")


def test_every_command_is_in_the_readme(clone):
    help_text = typed("dmod --help", clone / "dmod-demo")
    commands = re.findall(r"^ {2}([a-z]+) ", help_text, re.MULTILINE)
    readme = (ROOT / "README.md").read_text()
    assert commands
    assert [command for command in commands if f"dmod {command}" not in readme] == []
