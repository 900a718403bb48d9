"""dmod.toml: the example is the schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dmod import project, tables, toml_file
from dmod.config import Config, NodeTable, Tables, setting, variable
from dmod.errors import UsageError

EXAMPLES = re.compile(r"^# +(\[|\S+ = )", re.MULTILINE)
COMMENTED = re.compile(r"^# (\w+ = )", re.MULTILINE)


def test_the_example_shows_every_key_with_its_default():
    shown = COMMENTED.sub(r"\1", project.template())
    located = toml_file.parse(shown, Path("dmod.toml"))
    assert located.data.pop("project") == {"name": "dmod"}
    assert tables.parse(Tables, located.data, located.where) == Tables()
    assert located.data.pop("limits") == {}
    given = {f"{table}.{key}" for table, values in located.data.items() for key in values}
    assert given | {"project.name"} == set(Config.default().values())


def test_the_example_says_of_every_key_what_the_schema_says():
    lines = {line.lstrip("# ").partition(" ")[0]: line for line in project.template().splitlines() if " = " in line}
    for dotted in Config.default().values():
        metadata = setting(dotted).metadata
        line = lines[dotted.partition(".")[2]] if dotted != "scheduler.cpus" else project.template()
        assert metadata["doc"] in project.template()
        for choice in metadata.get("choices", ()):
            assert choice in line


def test_the_example_is_what_holds_anyway(tmp_path: Path):
    (tmp_path / "dmod.toml").write_text(project.template())
    config = Config.read(tmp_path / "dmod.toml", {})
    assert {**config.values(), "project.name": ""} == Config.default().values()


def test_values_say_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("dmod.toml").write_text('[defaults]\ncpus = 2\nmemory = "2GiB"\n[data]\nfolder = "/big"\n')
    config = Config.read(Path("dmod.toml"), {"DMOD_DEFAULTS_CPUS": "3", "DMOD_SCHEDULER_IDLE_EXIT": "1h"})
    assert (config.defaults.cpus, config.defaults.memory, config.scheduler.idle_exit) == (3, 2**31, 3600)
    assert config.data.folder == Path("/big")
    assert config.origins == {
        "defaults.cpus": "environment DMOD_DEFAULTS_CPUS",
        "defaults.memory": "dmod.toml:3:1",
        "scheduler.idle_exit": "environment DMOD_SCHEDULER_IDLE_EXIT",
        "data.folder": "dmod.toml:5:1",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[defaults]\n        mem_gb = 4", 'dmod.toml:2:9 unknown key "mem_gb" in [defaults]; the key is "memory"'),
        ("[resources]\ncpus = 4", 'dmod.toml:1:1 unknown key "resources"; the key is "defaults"'),
        ("[schedular]\ncpus = 4", 'dmod.toml:1:1 unknown key "schedular"; the key is "scheduler"'),
        ('[scheduler]\nidle_exit = "soon"', 'dmod.toml:2:1 idle_exit: "soon" is not a duration'),
        ("[nodes]\ncpus = 4", "dmod.toml:2:1 nodes.cpus must be a table, not 4"),
        ("[nodes.a]\ncpus = 0", "dmod.toml:2:1 cpus must be 1 or more, not 0"),
        ("[nodes.a]\nmemory = 1", 'dmod.toml:1:1 the key "cpus" is missing in [nodes.a]: that jobs may have of it'),
        ("[nodes.a]\ncpus = 1\nmem = 4", 'dmod.toml:3:1 unknown key "mem" in [nodes.a]; the key is "memory"'),
        ('[limits]\n"a*" = 0', "dmod.toml:2:1 a* must be 1 or more, not 0"),
        ("[node.a]\ncpus = 1", 'dmod.toml:1:1 unknown key "node"; the key is "nodes"'),
        ("[scheduler]\nkill_after = 1", 'dmod.toml:2:1 unknown key "kill_after" in [scheduler]; the key is "grace"'),
        ("defaults = 1", "dmod.toml:1:1 defaults must be a table, not 1"),
    ],
)
def test_a_mistake_names_its_place_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
):
    monkeypatch.chdir(tmp_path)
    Path("dmod.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        Config.read(Path("dmod.toml"), {})
    assert caught.value.message.startswith(said)


NODES = """[nodes.large]
cpus = 4
memory = "2GiB"
[nodes]
small.cpus = 1
"host.example.org" = { cpus = 2 }
[limits]
"calib-*" = 4
"""


def test_nodes_and_limits_are_called_as_people_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("dmod.toml").write_text(NODES)
    config = Config.read(Path("dmod.toml"), {"DMOD_SCHEDULER_GRACE": "30s"})
    assert config.nodes == {"large": NodeTable(4, 2**31), "small": NodeTable(1), "host.example.org": NodeTable(2)}
    assert config.limits == {"calib-*": 4}
    assert config.scheduler.grace == 30
    named = {key: value for key, value in config.values().items() if key not in Config().values()}
    assert named == {
        "nodes.large.cpus": 4,
        "nodes.large.memory": 2**31,
        "nodes.small.cpus": 1,
        "nodes.small.memory": 0,
        "nodes.host.example.org.cpus": 2,
        "nodes.host.example.org.memory": 0,
        "limits.calib-*": 4,
    }
    assert config.origins == {
        "nodes.large.cpus": "dmod.toml:2:1",
        "nodes.large.memory": "dmod.toml:3:1",
        "nodes.small.cpus": "dmod.toml:5:1",
        "nodes.host.example.org.cpus": "dmod.toml:6:24",
        "limits.calib-*": "dmod.toml:8:1",
        "scheduler.grace": "environment DMOD_SCHEDULER_GRACE",
    }
    assert setting("nodes.host.example.org.memory").metadata["kind"] == "memory"
    assert setting("limits.calib-*").metadata["minimum"] == 1
    assert {variable(key) for key in named} == {""}


def test_the_examples_in_the_example_hold(tmp_path: Path):
    (tmp_path / "dmod.toml").write_text(EXAMPLES.sub(r"\1", project.template()))
    config = Config.read(tmp_path / "dmod.toml", {})
    assert config.nodes == {"large": NodeTable(4, 8 * 2**30)}
    assert config.limits == {"calib-*": 4}


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path):
    (tmp_path / "dmod.toml").write_text("")
    with pytest.raises(UsageError) as caught:
        Config.read(tmp_path / "dmod.toml", {"DMOD_DEFAULTS_CPUS": "many"})
    assert caught.value.message == 'environment DMOD_DEFAULTS_CPUS cpus must be a whole number, not "many"'


def test_a_name_in_the_environment_may_look_like_a_number(tmp_path: Path):
    (tmp_path / "dmod.toml").write_text("")
    assert Config.read(tmp_path / "dmod.toml", {"DMOD_PROJECT_NAME": "2026"}).project.name == "2026"


def test_variables_are_named_after_their_keys():
    assert variable("scheduler.idle_exit") == "DMOD_SCHEDULER_IDLE_EXIT"
