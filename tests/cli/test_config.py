"""`dmod config` says what holds, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.cli import config, schemas, version
from dmod.config import Config


@pytest.fixture(autouse=True)
def in_a_project(dmod):
    dmod("init", "--name", "rivers")


def test_every_value_says_where_it_comes_from(dmod, monkeypatch: pytest.MonkeyPatch):
    Path("dmod.toml").write_text('[defaults]\nmemory = "2GiB"\n')
    monkeypatch.setenv("DMOD_DEFAULTS_CPUS", "2")
    said = dmod("config", "show")
    assert said.lines[0].split("  ")[0] == "KEY"
    rows = {line.split()[0]: line.split()[1:4] for line in said.lines}
    assert rows["defaults.memory"][:2] == ["2GiB", "dmod.toml:2:1"]
    assert rows["defaults.cpus"] == ["2", "environment", "DMOD_DEFAULTS_CPUS"]
    assert rows["scheduler.idle_exit"][:2] == ["10m", "default"]


def test_values_are_bytes_and_seconds_in_json(dmod):
    rows = {row["key"]: row for row in dmod("config", "show", "-o", "json").json}
    assert list(rows) == list(Config.default().values())
    assert rows["scheduler.idle_exit"]["value"] == 600
    assert all(set(row) == set(config.RECORD["required"]) for row in rows.values())


def test_some_values_by_table_or_key(dmod):
    assert dmod("config", "show", "defaults", "data.folder", "-o", "name").lines == [
        "defaults.cpus",
        "defaults.memory",
        "defaults.paradigm",
        "defaults.executor",
        "defaults.image",
        "defaults.time_limit",
        "data.folder",
    ]
    said = dmod("config", "show", "default.cpu")
    assert (said.code, said.err.splitlines()[-1]) == (3, "  fix: dmod config show defaults.cpus")


def test_check_says_that_it_is_right(dmod):
    assert dmod("config", "check").out == "dmod.toml is right\n"
    assert dmod("config", "check", "-o", "json").json["ok"] is True


def test_check_finds_what_cannot_work_here(dmod, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DMOD_DEFAULT_CPUS", "2")
    Path("dmod.toml").write_text("[scheduler]\ncpus = 100000\n[defaults]\ncpus = 200000\n")
    said = dmod("config", "check")
    assert said.code == 1
    assert said.lines[0] == "environment DMOD_DEFAULT_CPUS means nothing to dmod; did you mean DMOD_DEFAULTS_CPUS?"
    assert said.lines[1].startswith("dmod.toml:2:1 scheduler.cpus is 100000; this machine has ")
    assert said.lines[2] == "dmod.toml:4:1 defaults.cpus is 200000; the scheduler may give 100000"


NODES = '[nodes.large]\ncpus = 1\nmemory = "64MiB"\n[limits]\n"calib-*" = 4\n'


def test_nodes_and_limits_are_shown_like_other_keys(dmod):
    Path("dmod.toml").write_text(NODES)
    rows = {line.split()[0]: line.split()[1:3] for line in dmod("config", "show", "nodes", "limits").lines[1:]}
    assert rows == {
        "nodes.large.cpus": ["1", "dmod.toml:2:1"],
        "nodes.large.memory": ["64MiB", "dmod.toml:3:1"],
        "limits.calib-*": ["4", "dmod.toml:5:1"],
    }
    assert dmod("config", "show", "limits", "data").code == 0
    (row,) = dmod("config", "show", "limits.calib-*", "-o", "json").json
    assert (row["value"], row["variable"]) == (4, "")
    assert dmod("config", "check").out == "dmod.toml is right\n"


def test_a_project_without_nodes_says_so(dmod):
    said = dmod("config", "show", "nodes")
    assert (said.code, said.out, said.err) == (0, "", "dmod.toml says nothing of nodes\n")
    assert dmod("config", "show", "limits", "-o", "json").json == []
    assert dmod("config", "show", "nodes.moon").code == 3


def test_check_finds_nodes_that_cannot_work_here(dmod):
    Path("dmod.toml").write_text(
        '[scheduler]\ncpus = 4\n[nodes.a]\ncpus = 50000\nmemory = "900TiB"\n[nodes.b]\ncpus = 1\n'
    )
    said = dmod("config", "check")
    assert (said.code, said.lines) == (
        1,
        [
            "dmod.toml:2:1 scheduler.cpus means nothing beside [nodes]; take it away",
            "dmod.toml:7:1 nodes.b.cpus: b has no memory, the others have all of this machine's",
        ],
    )
    assert said.err.startswith("note: the nodes have 50001 cpus, this machine ")


def test_check_finds_a_default_that_no_node_can_give(dmod):
    Path("dmod.toml").write_text(f'{NODES}[defaults]\nmemory = "1GiB"\n')
    said = dmod("config", "check")
    assert said.lines == ["dmod.toml:7:1 defaults.memory is 1GiB; the scheduler may give 64MiB"]


def test_check_names_every_mistake(dmod):
    Path("dmod.toml").write_text("[defaults]\ncpus = 0\nmem = 3\n")
    said = dmod("config", "check")
    assert said.code == 2
    assert said.err.splitlines() == [
        "error: dmod.toml has 2 mistakes",
        "  why: dmod.toml:2:1 cpus must be 1 or more, not 0",
        '       dmod.toml:3:1 unknown key "mem" in [defaults]; the key is "memory"',
    ]


def test_path_says_where_things_lie(dmod, tmp_path: Path):
    assert dmod("config", "path", "-o", "json").json["datasets"] == str(tmp_path / ".dmod" / "datasets")
    assert dmod("config", "path", "-o", "name").out == f"{tmp_path}/dmod.toml\n"


def test_the_schema_of_dmod_toml(dmod):
    schema = dmod("config", "schema").json
    assert list(schema["properties"]) == [
        "project",
        "defaults",
        "scheduler",
        "nodes",
        "limits",
        "data",
        "object_store",
        "build",
        "images",
        "tls",
        "stacks",
    ]
    assert schema["properties"]["defaults"]["properties"]["paradigm"] == {
        "type": "string",
        "enum": ["single-node", "fill-nodes", "round-robin"],
        "description": "how cpus are spread over nodes",
        "default": "single-node",
    }
    assert schema["properties"]["limits"]["additionalProperties"] == {"type": "integer", "minimum": 1}
    node = schema["properties"]["nodes"]["additionalProperties"]
    assert (list(node["properties"]), node["required"]) == (["cpus", "memory"], ["cpus"])
    assert schema["properties"]["defaults"]["additionalProperties"] is False


def test_the_schema_of_what_commands_show(dmod):
    assert dmod("config", "schema", "--for", "config").json == config.RECORD
    assert set(dmod("version", "-o", "json").json) == set(version.RECORD["required"])
    assert {"simulation", "evaluation", "command"} <= set(schemas.names())
    keys = dmod("config", "schema", "--for", "simulation").json["properties"]["simulation"]
    assert keys["required"] == ["realization"]
    assert all(key["description"] for key in keys["properties"].values())
    for name in schemas.names():
        assert dmod("config", "schema", "--for", name).json["type"] == "object"
    said = dmod("config", "schema", "--for", "confg")
    assert (said.code, said.err.splitlines()[-1]) == (3, "  fix: dmod config schema --for config")
