"""`dmod demo` as a newcomer meets it: the whole way, again, changed, and after being killed in the middle."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from time import monotonic, sleep

import pytest

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def _parts(missing):
    for module, extra in (("holmes_rs", "models"), ("holmes", "demo"), ("mpi4py", "mpi")):
        if find_spec(module) is None:
            missing(f"needs dmod[{extra}]")


def scores(shell, project: str = "dmod-demo") -> dict[str, float]:
    """NSE by gauge, of the newest evaluation."""
    newest = max((shell.folder / project).glob("scores-*/scores.json"), key=lambda path: int(path.parent.name[7:]))
    return {row["gauge"]: row["nse"] for row in json.loads(newest.read_text())["scores"]}


def test_three_rivers_from_nothing_and_again(shell):
    first = shell.run("demo")
    assert [line.split()[0] for line in first.stdout.splitlines()[1:4]] == ["leaf", "au-saumon", "baskatong"]
    assert max(map(len, first.stdout.splitlines())) <= 80
    assert "simulated" in first.stdout
    found = scores(shell)
    assert min(found.values()) > 0.6
    assert found["leaf"] > 0.9
    report = (shell.folder / "dmod-demo" / "scores-2" / "report.html").read_text()
    assert all(f'id="{gauge}"' in report for gauge in found)
    again = shell.json("demo")
    assert again["jobs"] == {"simulation": 3, "evaluation": 4}
    assert {row["gauge"]: row["nse"] for row in again["scores"]} == found
    assert again["seconds"]["all"] < 15


@pytest.mark.slow
def test_every_command_it_shows_can_be_typed_by_hand(shell):
    shown = shell.run("demo").stderr
    commands = re.findall(r"^\$ dmod (.*)$", shown, re.MULTILINE)
    hand = type(shell)(shell.folder / "by-hand")
    hand.folder.mkdir()
    demo = shell.folder / "dmod-demo"
    for name in ("hydrofabric", "observations", "rain.nc", "snow.nc", "realization.json"):
        (hand.folder / name).symlink_to(demo / name)
    for name in ("simulation.toml", "evaluation.toml"):
        (hand.folder / name).write_bytes((demo / name).read_bytes())
    hand.run("init", "--yes")
    for command in commands:
        if not command.startswith("init"):
            hand.run(*command.split())
    by_hand = (hand.folder / "scores-2" / "scores.csv").read_text()
    assert by_hand == (demo / "scores-2" / "scores.csv").read_text()


@pytest.mark.slow
def test_a_changed_parameter_changes_the_scores(shell):
    shell.run("demo")
    before = scores(shell)
    path = shell.folder / "dmod-demo" / "realization.json"
    config = json.loads(path.read_text())
    config["catchments"]["cat-1"]["formulations"][0]["params"]["model_params"]["x9"] = 15.0
    path.write_text(json.dumps(config))
    said = shell.run("demo")
    assert "$ dmod dataset create models-2 " in said.stderr
    assert "--set simulation.realization=models-2" in said.stderr
    after = scores(shell)
    assert after["leaf"] < before["leaf"]
    assert after["baskatong"] == before["baskatong"]


@pytest.mark.slow
def test_what_was_made_is_used_again_and_nothing_is_repeated_on_other_data(shell):
    shell.run("demo")
    demo = type(shell)(shell.folder / "dmod-demo")
    assert demo.json("job", "submit", "simulation.toml", "--reuse")["id"] == 1
    assert "dataset rivers-1" in demo.run("job", "submit", "simulation.toml", "--reuse", "--cpus", "1").stdout
    other = demo.json("job", "submit", "simulation.toml", "--reuse", "--set", "seed=7", "--wait")
    assert (other["id"], other["status"]) == (3, "completed")
    assert demo.json("job", "show", "1", "--provenance")["origin"]["packages"]["holmes-rs"]
    demo.run("dataset", "delete", "rivers-1", "--yes")
    again = demo.json("job", "submit", "simulation.toml", "--reuse", "--wait")
    assert (again["id"], again["output"]) == (4, "rivers-4")
    demo.run("node", "drain", demo.json("node", "list")[0]["name"])  # what is tried again shall not run off
    held = str(demo.json("job", "submit", "simulation.toml", "--hold")["id"])
    for exact in (True, False):
        demo.run("job", "cancel", held)
        if not exact:
            demo.run("dataset", "delete", "snow", "--yes")
            demo.run("dataset", "create", "snow", "--category", "forcing", "--from", "rain.nc")
        said = demo.run("job", "retry", held, "--exact", code=0 if exact else 4).stderr
        assert ("dataset snow has changed" in said) is not exact


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["hydrofabric/nexuses.geojson", ".dmod/datasets/rain", ".dmod/jobs/1/job.json"])
def test_killed_in_the_middle_it_completes_the_next_time(shell, moment):
    process = subprocess.Popen(
        [sys.executable, "-m", "dmod.cli", "demo"], cwd=shell.folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = monotonic() + 60
    while not (shell.folder / "dmod-demo" / moment).exists() and process.poll() is None:
        assert monotonic() < until
        sleep(0.001)  # a look, not a wait for an outcome
    process.send_signal(signal.SIGKILL)
    process.wait()
    shell.run("demo")
    assert min(scores(shell).values()) > 0.6
