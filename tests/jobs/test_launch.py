"""The program of a job, as a value."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod.errors import NotFoundError
from dmod.jobs.launch import ONE_THREAD, mpiexec, plan, ranks_of, trace
from dmod.jobs.order import line_item
from dmod.jobs.prepared import Prepared

if TYPE_CHECKING:
    from dmod.jobs.job import Job
    from dmod.jobs.launch import Program

FOLDER, ROOT = Path("/p/.dmod/jobs/7"), Path("/p")


def command(make, *argv: str, cwd: Path = Path("/"), seed: int = 0, **table: object):
    return make.job(7, of=replace(make.spec("command", argv=list(argv), **table), seed=seed), cwd=str(cwd))


def started(job: Job, task: int = 0, item: str = "") -> Program:
    """The program of a task's first attempt."""
    return plan(job, ROOT).program(task, 1, FOLDER, (2, 3), item)


def simulation(make, cpus: int, catchments: int, memory: int = 0):
    asked = make.spec("simulation", cpus=cpus, memory=memory, realization="settings")
    return make.job(7, of=asked, prepared=Prepared(size=catchments))


def test_a_command_runs_where_it_was_submitted_and_knows_who_it_is(make, tmp_path: Path):
    job = command(make, "/bin/echo", "$HOME", cwd=tmp_path, env={"A": "1"}, seed=100)
    program = plan(job, ROOT).program(5, 2, FOLDER, (2, 3))
    assert (program.key, program.attempt, program.argv) == ((7, 5), 2, ("/bin/echo", "$HOME"))
    assert (program.cwd, program.folder, program.cpus) == (tmp_path, FOLDER, (2, 3))
    assert (program.memory, program.total) == (0, 0)
    assert program.env == {
        "DMOD_JOB": "7", "DMOD_TASK": "5", "DMOD_ATTEMPT": "2", "DMOD_PROJECT": "/p",
        "DMOD_JOB_FOLDER": str(FOLDER), "DMOD_SEED": "105", "A": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "line", "seen"),
    [
        (["/bin/echo", "{}"], "two words", ["two words"]),
        (["/bin/echo", "-n", "a{}b{}"], "-", ["-n", "a-b-"]),
        (["/bin/echo", "{}"], '{} é "', ['{} é "']),
        (["/bin/echo"], "x", []),
        (["/bin/echo", "{}"], "", [""]),
    ],
)
def test_a_line_stands_for_the_braces_in_what_a_command_is_given(make, argv: list[str], line: str, seen: list[str]):
    program = started(command(make, *argv), 3, line_item(line))
    assert list(program.argv[1:]) == seen
    assert program.env["DMOD_LINE"] == line
    assert started(command(make, *argv)).argv == tuple(argv)  # braces without a line stay what they are


def test_a_command_is_found_on_path_as_a_file(make):
    (program, *_) = started(command(make, "sh")).argv
    assert Path(program).is_absolute()
    assert Path(program).name == "sh"


def test_a_command_is_found_where_it_was_submitted_and_on_a_path_of_its_own(make, tmp_path: Path):
    script = tmp_path / "run"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert started(command(make, "./run", cwd=tmp_path)).argv[0] == str(script)
    assert started(command(make, "run", env={"PATH": str(tmp_path)})).argv[0] == str(script)


@pytest.mark.parametrize(
    ("word", "where"), [("no-such-program", "on PATH"), ("./missing", "in /"), ("/usr", "in /"), ("umask", "on PATH")]
)
def test_what_is_no_program_is_said_so(make, word: str, where: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotFoundError) as caught:
        started(command(make, word))
    assert caught.value.message == f"there is no program {word} {where}"
    assert caught.value.why == "argv is run as it is, without a shell"


def test_one_rank_needs_no_mpi(make):
    program = started(simulation(make, cpus=1, catchments=5, memory=100))
    assert program.argv == (sys.executable, "-m", "dmod.worker", str(FOLDER))
    assert (program.memory, program.total) == (100, 100)
    assert {program.env[name] for name in ONE_THREAD} == {"1"}


def test_several_ranks_share_the_memory(make):
    program = started(simulation(make, cpus=3, catchments=5, memory=100))
    assert program.argv == (mpiexec(), "-n", "3", sys.executable, "-m", "dmod.worker", str(FOLDER))
    assert (program.memory, program.total) == (33, 100)


@pytest.mark.parametrize(("cpus", "catchments", "ranks"), [(4, 2, 2), (2, 4, 2), (3, 0, 1)])
def test_there_are_never_more_ranks_than_catchments(make, cpus: int, catchments: int, ranks: int):
    assert ranks_of(simulation(make, cpus, catchments)) == ranks


def test_only_a_simulation_has_ranks(make):
    assert ranks_of(make.job(of=make.spec("command", cpus=4, argv=["a"]))) == 1
    assert ranks_of(make.job(of=make.spec("evaluation", cpus=4, simulation="a", observation="b"))) == 1


def test_of_a_program_that_cannot_be_found_any_more_its_folder_is_enough():
    program = trace((7, 5), 2, FOLDER, [1])
    assert (program.key, program.attempt, program.folder, program.cpus) == ((7, 5), 2, FOLDER, (1,))
