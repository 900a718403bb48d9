"""Job files become specs, and every mistake in one is named with its place."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod import toml_file
from dmod.config import Defaults
from dmod.errors import UsageError
from dmod.hydro import metrics
from dmod.jobs import kinds
from dmod.jobs.kinds import evaluation
from dmod.jobs.resources import Resources
from dmod.jobs.spec import Spec, mapping, plain, stamp

COMMAND = 'kind = "command"\n[command]\nargv = ["/bin/echo", "hello"]\n'
SIMULATION = """\
kind = "simulation"
name = "sugar"
[resources]
cpus = 4
memory = "2GiB"
time_limit = "1h30m"
[simulation]
realization = "settings"
forcing = ["rain-2015", "rain-2016"]
catchments = ["cat-1", "cat-2"]
start = 2015-12-01T00:00:00Z
end = 2015-12-31
format = "csv"
"""
KEYS = ", ".join(key.name for key in fields(Spec))
EVALUATION = 'kind = "evaluation"\n[evaluation]\nsimulation = "sim-1"\nobservation = "gauges"\nwarmup = "365d"\n'


def read(text: str, defaults: Defaults | None = None, **sets: str):
    located = toml_file.parse(text, Path("river.toml"))
    for dotted, word in sets.items():
        key = dotted.replace("__", ".")
        located = located.with_value(key, toml_file.value(word), f"--set {key}")
    return kinds.read(located, defaults or Defaults())


def refused(text: str, **sets: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read(text, **sets)
    return [line.strip() for line in "\n".join(caught.value.lines()).replace("error: ", "").splitlines()]


def test_a_file_says_what_a_job_is():
    spec = read(SIMULATION)
    assert (spec.kind, spec.name, spec.executor) == ("simulation", "sugar", "local")
    assert spec.resources == Resources(cpus=4, memory=2 * 2**30, paradigm="single-node", time_limit=5400)
    assert spec.table.forcing == ("rain-2015", "rain-2016")
    assert spec.table.start == datetime(2015, 12, 1, tzinfo=UTC)
    assert spec.table.end == datetime(2015, 12, 31, tzinfo=UTC)


def test_what_it_does_not_say_is_as_the_project_says():
    spec = read(COMMAND, Defaults(cpus=3, memory=2**20, paradigm="round-robin", time_limit=60))
    assert spec.name == "river"
    assert spec.resources == Resources(3, 2**20, "round-robin", 60)


def test_a_simulation_that_says_little_takes_what_fits():
    table = read('kind = "simulation"\n[simulation]\nrealization = "settings"\n').table
    said = (table.hydrofabric, table.forcing, table.start, table.end, table.catchments, table.partition, table.output)
    assert said == (None,) * 7
    assert table.format == "auto"


def test_an_evaluation_scores_what_the_field_looks_at():
    table = read(EVALUATION).table
    assert table.metrics == ("nse", "kge", "pbias", "rmse", "peak_error")
    assert (table.warmup, table.report) == (365 * 86_400, True)


def test_every_metric_that_there_is_can_be_asked_for():
    assert set(evaluation.KNOWN) == set(metrics.METRICS)


def test_a_word_of_the_command_line_stands_above_the_file():
    spec = read(SIMULATION, resources__cpus="8", simulation__end='"2015-12-10"', name="other")
    assert (spec.resources.cpus, spec.name) == (8, "other")
    assert spec.table.end == datetime(2015, 12, 10, tzinfo=UTC)


def test_a_word_of_the_command_line_is_named_where_it_is_wrong():
    assert refused(SIMULATION, simulation__ende="2015") == [
        '--set simulation.ende unknown key "ende" in [simulation]; the key is "end"'
    ]
    assert refused(SIMULATION, resources__cpus="many") == [
        '--set resources.cpus cpus must be a whole number, not "many"'
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            '[simulation]\nrealization = "x"\n',
            [
                'river.toml:1:1 the key "kind" is missing',
                "why: it is one of command, simulation, evaluation",
                'fix: write kind = "simulation" in the first line',
            ],
        ),
        (
            'name = "a"\n[command]\nargv = ["a"]\n',
            [
                'river.toml:1:1 the key "kind" is missing',
                "why: it is one of command, simulation, evaluation",
                'fix: write kind = "command" in the first line',
            ],
        ),
        (
            '\n  kind = "simulatoin"\n',
            [
                (
                    "river.toml:2:3 kind must be one of command, simulation, evaluation, "
                    'not "simulatoin"; did you mean "simulation"?'
                )
            ],
        ),
        ('kind = "command"\n', ['river.toml the key "command" is missing']),
        (
            COMMAND.replace("argv", "args"),
            [
                "river.toml has 2 mistakes",
                'why: river.toml:2:1 the key "argv" is missing in [command]: the program and its arguments',
                'river.toml:3:1 unknown key "args" in [command]; the key is "argv"',
            ],
        ),
        (
            'kind = "command"\n[command]\nargv = []\n',
            ['river.toml:2:1 argv is empty; write argv = ["/bin/echo", "hello"] in [command]'],
        ),
        (
            'kind = "command"\n[command]\nargv = "ls -l"\n',
            ['river.toml:3:1 argv must be a list of texts, not "ls -l"'],
        ),
        (
            SIMULATION.replace("catchments", "cats").replace("memory", "mem_gb"),
            [
                "river.toml has 2 mistakes",
                'why: river.toml:5:1 unknown key "mem_gb" in [resources]; the key is "memory"',
                'river.toml:10:1 unknown key "cats" in [simulation]; the key is "catchments"',
            ],
        ),
        (SIMULATION.replace("cpus = 4", "cpus = 0"), ["river.toml:4:1 cpus must be 1 or more, not 0"]),
        (
            SIMULATION.replace("2015-12-31", '"the last day"'),
            ['river.toml:12:1 end must be a time such as 2015-12-01T00:00:00Z, not "the last day"'],
        ),
        (
            SIMULATION.replace('"csv"', '"netcdf4"'),
            ['river.toml:13:1 format must be one of auto, csv, netcdf, parquet, not "netcdf4"; did you mean "netcdf"?'],
        ),
        (
            EVALUATION + 'metrics = ["nse", "keg"]\n',
            [
                (
                    "river.toml:6:1 metrics must be one of nse, kge, pbias, rmse, peak_error, log_nse, mae, r, "
                    'not "keg"; did you mean "kge"?'
                )
            ],
        ),
        (
            COMMAND + SIMULATION[SIMULATION.index("[simulation]") :],
            [f'river.toml:4:1 unknown key "simulation"; the keys are {KEYS}, command'],
        ),
        (
            'kind = "command"\nresources = 3\n[command]\nargv = ["a"]\n',
            ["river.toml:2:1 resources must be a table, not 3"],
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_way_out(text: str, lines: list[str]):
    assert refused(text) == lines


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('argv = ["echo", "a\\u0000b"]', "argv and env cannot hold the character NUL"),
        ('argv = ["echo"]\nenv = {"A=B" = "1"}', 'env cannot have a variable "A=B"'),
        ('argv = ["echo"]\nenv = {"" = "1"}', 'env cannot have a variable ""'),
        ('argv = ["echo"]\nenv = {DMOD_ATTEMPT = "1"}', "env cannot set DMOD_ATTEMPT, which tells a job who it is"),
    ],
)
def test_a_command_that_no_system_can_start_is_refused_at_once(table: str, said: str):
    assert refused(f'kind = "command"\n[command]\n{table}\n') == [f"river.toml:2:1 {said} in [command]"]


@pytest.mark.parametrize("text", [COMMAND, SIMULATION, EVALUATION, COMMAND + 'env = {NAME = "été"}\n'])
def test_json_and_back_is_the_same_spec(text: str):
    spec = read(text)
    assert kinds.from_json(spec.to_json()) == spec


def test_json_keeps_what_was_asked_and_leaves_out_nothing_said():
    table = mapping(read(SIMULATION).table)
    assert table == {
        "realization": "settings",
        "forcing": ["rain-2015", "rain-2016"],
        "catchments": ["cat-1", "cat-2"],
        "start": "2015-12-01T00:00:00Z",
        "end": "2015-12-31T00:00:00Z",
        "routing": "auto",
        "program": "dmod",
        "format": "csv",
    }


def test_times_and_paths_are_plain_in_json():
    noon = datetime.fromisoformat("2015-12-01T12:00:00+02:00")
    assert stamp(noon) == "2015-12-01T10:00:00Z"
    assert plain({"at": noon, "in": (Path("a/b"), 3)}) == {"at": "2015-12-01T10:00:00Z", "in": ["a/b", 3]}
