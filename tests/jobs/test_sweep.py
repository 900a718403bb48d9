"""A [sweep] table: which tasks it stands for, and how its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod import toml_file
from dmod.config import Defaults
from dmod.errors import UnmetError, UsageError
from dmod.jobs import sweep

COMMAND = """
[command]
argv = ["/bin/true"]
"""


def parsed(table: str, rest: str = COMMAND, kind: str = "command") -> toml_file.Located:
    return toml_file.parse(f'kind = "{kind}"\n{table}\n{rest}', Path("job.toml"))


def points(table: str, rest: str = COMMAND, kind: str = "command") -> list[sweep.Point]:
    located, found = sweep.taken(parsed(table, rest, kind))
    assert found is not None, "it has no sweep"
    made = sweep.points(located, found, Defaults())
    assert len(made) == len(found)
    return made


def refused(table: str, rest: str = COMMAND, kind: str = "command") -> UsageError:
    with pytest.raises(UsageError) as caught:
        points(table, rest, kind)
    return caught.value


def test_a_job_file_without_a_sweep_is_left_as_it_is():
    located = parsed("")
    assert sweep.taken(located) == (located, None)


def test_a_grid_has_each_value_with_each_and_the_last_key_changes_fastest():
    made = points('[sweep]\n"command.env.A" = ["1", "2"]\n"command.env.B" = ["x", "y", "z"]')
    assert [point.spec.table.env["A"] + point.spec.table.env["B"] for point in made] == [
        "1x", "1y", "1z", "2x", "2y", "2z",
    ]  # fmt: skip
    assert made[-1].values == {"command.env.A": "2", "command.env.B": "z"}
    assert {point.spec.table.argv for point in made} == {("/bin/true",)}


def test_a_zip_has_the_first_with_the_first():
    made = points('[sweep]\nmode = "zip"\nseed = [5, 6]\n"command.env.A" = ["x", "y"]')
    assert [(point.spec.seed, point.spec.table.env["A"]) for point in made] == [(5, "x"), (6, "y")]


@pytest.mark.parametrize(
    "table",
    [
        '[sweep]\n"command.env.A" = ["1", "2"]',
        '[sweep]\ncommand.env.A = ["1", "2"]',
        '[sweep.command.env]\nA = ["1", "2"]',
        '[sweep]\ncommand.env = {A = ["1", "2"]}',
    ],
)
def test_a_key_may_be_written_as_in_toml_or_in_quotes(table: str):
    assert [dict(point.spec.table.env) for point in points(table)] == [{"A": "1"}, {"A": "2"}]


def test_a_point_takes_the_place_of_what_the_file_says():
    rest = '[command]\nargv = ["/bin/true"]\nenv = {A = "0", B = "0"}'
    assert [dict(each.spec.table.env) for each in points('[sweep]\n"command.env.A" = ["1"]', rest)] == [
        {"A": "1", "B": "0"}
    ]


def test_a_key_that_must_be_there_may_come_from_the_sweep_alone():
    made = points('[sweep]\n"command.argv" = [["/bin/echo", "a"], ["/bin/echo", "b"]]', "")
    assert [point.spec.table.argv[1] for point in made] == ["a", "b"]


def test_a_date_is_a_value_that_json_can_keep():
    rest = '[simulation]\nrealization = "settings"\n'
    made = points('[sweep]\n"simulation.end" = [2015-12-01, 2015-12-02T06:00:00Z]', rest, "simulation")
    assert [point.values["simulation.end"] for point in made] == ["2015-12-01", "2015-12-02T06:00:00+00:00"]
    assert [point.spec.table.end.day for point in made] == [1, 2]


def test_set_takes_the_place_of_an_axis_of_the_file():
    located = parsed('[sweep]\n"command.env.A" = ["1", "2"]\nseed = [1, 2]')
    located = located.with_value("sweep.command.env.A", ["9"], "--set sweep.command.env.A")
    rest, found = sweep.taken(located)
    made = sweep.points(rest, found, Defaults())
    assert [(point.spec.table.env["A"], point.spec.seed) for point in made] == [("9", 1), ("9", 2)]


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("sweep = 3", "job.toml:2:1 sweep must be a table"),
        ("[matrix]\nseed = [1]", 'job.toml:2:1 unknown key "matrix"; the key is "sweep"'),
        ("[sweep]", "job.toml:2:1 [sweep] has no key to vary"),
        ('[sweep]\nmode = "zap"\nseed = [1]', 'job.toml:3:1 mode must be grid or zip, not "zap"'),
        ("[sweep]\nseed = 4", "job.toml:3:1 [sweep] seed must be a list of values, not 4"),
        ("[sweep]\nseed = []", "job.toml:3:1 [sweep] seed must be a list of values, not an empty list"),
        ('[sweep]\nmode = "zip"\nseed = [1]\n"command.argv" = [["a"], ["b"]]',
         'job.toml:2:1 mode = "zip" needs lists of one length'),
        ('[sweep]\n"command.env.A" = ["1"]\ncommand.env.A = ["2"]', "job.toml:4:1 [sweep] has command.env.A twice"),
        ('[sweep]\n"resources.cpus" = [1, 2]', "job.toml:3:1 [sweep] cannot vary resources.cpus"),
        ('[sweep]\nname = ["a", "b"]', "job.toml:3:1 [sweep] cannot vary name"),
        ('[sweep]\n"simulation.end" = ["a"]', "job.toml:3:1 [sweep] cannot vary simulation.end"),
        (f"[sweep]\nseed = {[*range(4000)]}\ncommand.argv = {[['a']] * 4000}",
         "job.toml:2:1 [sweep] is 16,000,000 tasks"),
    ],
)  # fmt: skip
def test_a_sweep_that_means_no_tasks_is_refused_with_its_place(table: str, error: str):
    assert refused(table).message == error


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("[sweep]\nseed = [1, -2]", "job.toml:3:12 task 2 of [sweep]: seed must be 0 or more, not -2"),
        ('[sweep]\nseed = [1, 2]\n"command.env.A" = ["x",\n  7]',
         "job.toml:5:3 task 2 of [sweep]: A must be text, not 7"),
        ('[sweep]\n"command.agrv" = [["a"]]',
         'job.toml:3:19 task 1 of [sweep]: unknown key "agrv" in [command]; the key is "argv"'),
        ('[sweep]\n"command.envs.A" = ["a"]',
         'job.toml:3:21 task 1 of [sweep]: unknown key "envs" in [command]; the key is "env"'),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_with_its_point_and_place(table: str, error: str):
    assert refused(table).message == error


def test_a_mistake_beside_the_sweep_is_not_blamed_on_it():
    assert refused("[sweep]\nseed = [1]", '[command]\nargv = "ls"').message.startswith("job.toml:5:1 argv must be")


def test_what_a_value_says_may_not_be_said_by_set_as_well():
    located = parsed("[sweep]\nseed = [1, 2]").with_value("seed", 3, "--set seed")
    with pytest.raises(UsageError) as caught:
        sweep.taken(located)
    assert caught.value.message == "--set seed, and [sweep] varies it"
    assert caught.value.fix == "--set 'sweep.seed=[VALUE]'"


def test_an_error_of_a_point_says_which_and_stays_what_it_is():
    point = points('[sweep]\nseed = [1, 2]\n"command.env.A" = ["x"]')[1]
    error = sweep.named(2, point, UnmetError("it lacks data", why="none", fix="add some"))
    assert isinstance(error, UnmetError)
    assert error.message == 'task 2 of [sweep] (seed = 2, command.env.A = "x"): it lacks data'
    assert (error.why, error.fix) == ("none", "add some")
