"""What a command line must not import: a person waits for it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from dmod.cli.nouns import NOUNS

HEAVY = {
    "numpy",
    "netCDF4",
    "textual",
    "rich",
    "docker",
    "requests",
    "python_on_whales",
    "mpi4py",
    "pydantic",
    "tomllib",
}
CODE = """
import sys
from dmod.cli import main
code = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def loaded(*words: str) -> set[str]:
    for noun in ("job", "dataset", "scheduler"):
        if set(words) & {noun, "status"} and not importlib.util.find_spec(NOUNS[noun].module):
            pytest.skip(f"this version has no dmod {noun}")
    child = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return set(child.stderr.split())


@pytest.mark.parametrize(
    "line",
    ["job list", "job list -o json", "job show --help", "dataset list", "status", "config show", "scheduler status"],
)
def test_everyday_commands_import_nothing_heavy(dmod, line: str):
    dmod("init")
    assert not loaded(*line.split()) & HEAVY


@pytest.mark.parametrize("line", ["job list", "job list -o json", "-q job list --state failed"])
def test_job_list_does_not_even_import_typer(dmod, line: str):
    dmod("init")
    assert "typer" not in loaded(*line.split())
