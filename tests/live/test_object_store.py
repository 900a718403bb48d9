"""The demo's data in an object store: another project sees them, and runs the same to the bit."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.live
INPUTS = ("catchments", "measured", "models", "rain", "snow")


@pytest.fixture(autouse=True)
def _parts(missing):
    for module, extra in (("holmes_rs", "models"), ("holmes", "demo"), ("mpi4py", "mpi")):
        if find_spec(module) is None:
            missing(f"needs dmod[{extra}]")


@pytest.mark.slow
def test_a_machine_that_has_only_the_bucket_runs_the_same_to_the_bit(shell, attach):
    shell.run("demo")
    first = type(shell)(shell.folder / "dmod-demo")
    attach(first.folder, "the-demo")
    first.run("dataset", "move", *INPUTS, "--to", "object-store")
    assert {row["name"] for row in first.json("dataset", "list") if row["store"] == "object-store"} == set(INPUTS)

    second = type(shell)(shell.folder / "elsewhere")
    second.folder.mkdir()
    second.run("init", "--yes")
    attach(second.folder, "the-demo")
    assert {row["name"] for row in second.json("dataset", "list")} == set(INPUTS)
    job = first.folder / "simulation.toml"
    dry = second.run("job", "submit", str(job), "--dry-run")
    assert "fetched" not in dry.stderr
    said = second.run("job", "submit", str(job), "--wait", "--set", "simulation.output=there")
    assert sorted(re.findall(r"fetched (\S+) from the object store", said.stderr)) == sorted({*INPUTS} - {"measured"})
    again = second.run("job", "submit", str(job), "--wait", "--set", "simulation.output=again")
    assert "fetched" not in again.stderr
    digest = first.json("dataset", "show", "rivers-1")["digest"]
    assert {second.json("dataset", "show", name)["digest"] for name in ("there", "again")} == {digest}

    first.run("dataset", "move", "rain", "--to", "folder")
    assert [row["name"] for row in first.json("dataset", "list", "rain")] == ["rain"]
    assert first.json("dataset", "show", "rain")["store"] == "folder"
    first.run("dataset", "check")
