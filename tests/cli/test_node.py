"""`dmod node`: what jobs may have of this machine, what is free of it, and what is drained."""

from __future__ import annotations

import platform
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dmod import project
from dmod.cli import node as command
from dmod.scheduler import lock, nodes
from dmod.scheduler.queue import Queue

NAME = platform.node() or "localhost"
TWO = '[nodes.large]\ncpus = 4\nmemory = "4GiB"\n[nodes.small]\ncpus = 1\nmemory = "1GiB"\n'


@pytest.fixture(autouse=True)
def here():
    project.create(Path())


def settings(text: str) -> None:
    Path("dmod.toml").write_text(text)


@pytest.fixture
def queue():
    opened = Queue(Path(".dmod/queue.db"))
    yield opened
    opened.close()


def test_it_is_this_machine(dmod):
    (node,) = dmod("node", "list", "-o", "json").json
    assert list(node) == command.RECORD["required"]
    assert (node["name"], node["state"], node["why"], node["since"]) == (NAME, "ready", "", None)
    assert (node["cpus"], node["memory"]) == (nodes.cpus(), nodes.memory())
    assert (node["free_cpus"], node["free_memory"]) == (node["cpus"], node["memory"])
    assert (node["tasks"], node["jobs"]) == (0, [])
    assert dmod("node", "show", NAME, "-o", "json").json == {**node, "holding": []}


def test_dmod_toml_says_how_much_of_it_jobs_may_have(dmod):
    settings('[scheduler]\ncpus = 7\nmemory = "3GiB"\n')
    (node,) = dmod("node", "list", "-o", "json").json
    assert (node["cpus"], node["memory"]) == (7, 3 * 2**30)
    assert "3GiB" in dmod("node", "list").out


def test_dmod_toml_may_declare_several(dmod):
    settings(TWO)
    assert [line.split() for line in dmod("node", "list").lines] == [
        ["NODE", "STATE", "CPUS", "FREE", "MEMORY", "FREE", "TASKS", "JOBS"],
        ["large", "✓", "ready", "4", "4", "4GiB", "4GiB", "0"],
        ["small", "✓", "ready", "1", "1", "1GiB", "1GiB", "0"],
    ]
    assert "+ ready" in dmod("node", "list", "--ascii").out


def test_a_drained_node_says_why_and_since_when_until_it_is_resumed(dmod):
    settings(TWO)
    assert dmod("node", "drain", "large", "--why", "new disk").err == "node large: drained\n"
    large, small = dmod("node", "list", "-o", "json").json
    assert (large["state"], large["why"], small["state"]) == ("drained", "new disk", "ready")
    assert timedelta() <= datetime.now(UTC) - datetime.fromisoformat(large["since"]) < timedelta(minutes=1)
    rows = [line.split() for line in dmod("node", "list").lines]
    assert (rows[0][-2:], rows[1][-2:], rows[2][-2:]) == (["SINCE", "WHY"], ["new", "disk"], ["-", "-"])
    said = dmod("node", "show", "large").lines
    assert said[0].startswith("large  ‖ drained ")
    assert said[0].endswith(": new disk")
    assert said[-1] == "again:  dmod node resume large"
    assert dmod("node", "resume", "large").err == "node large: ready\n"
    assert {row["state"] for row in dmod("node", "list", "-o", "json").json} == {"ready"}


def test_several_nodes_are_drained_at_once_or_none(dmod):
    settings(TWO)
    said = dmod("node", "drain", "large", "smal")
    assert (said.code, said.err) == (
        3,
        "error: there is no node smal; did you mean small?\n  fix: dmod node list\n",
    )
    assert {row["state"] for row in dmod("node", "list", "-o", "json").json} == {"ready"}
    assert dmod("node", "drain", "large", "small", "-o", "name").lines == ["large", "small"]
    assert {row["state"] for row in dmod("node", "list", "-o", "json").json} == {"drained"}
    assert "-" in dmod("node", "list").lines[1].split()
    assert dmod("node", "resume", "large", "small", "-q").err == ""


def test_a_dry_run_drains_nothing(dmod):
    assert dmod("node", "drain", NAME, "-n").err == f"node {NAME}: would be drained\n"
    assert not Path(".dmod/queue.db").exists()
    assert dmod("node", "resume", NAME, "-n").err == f"node {NAME}: would be ready\n"
    assert dmod("node", "list", "-o", "json").json[0]["state"] == "ready"


def test_what_is_ready_may_be_resumed(dmod):
    said = dmod("node", "resume", NAME)
    assert (said.code, said.err) == (0, f"node {NAME}: was not drained\n")


def test_a_drained_node_that_dmod_toml_has_no_more_can_be_resumed(dmod, queue: Queue):
    queue.drain("gone", "sold")
    assert dmod("node", "list", "-o", "name").lines == [NAME]
    assert dmod("node", "resume", "gone").code == 0
    assert queue.drained() == {}


def test_no_scheduler_is_started_where_nothing_waits(dmod):
    dmod("node", "drain", NAME)
    dmod("node", "resume", NAME)
    assert lock.holder(Path(".dmod")) is None
    assert not Path(".dmod", lock.LOG).exists()


def test_a_node_that_is_not_there_is_an_error(dmod):
    for verb in ("show", "drain", "resume"):
        said = dmod("node", verb, "moon")
        assert (said.code, said.err) == (3, "error: there is no node moon\n  fix: dmod node list\n")


def test_a_name_is_all_that_a_script_needs(dmod):
    assert dmod("node", "list", "-o", "name").lines == [NAME]
