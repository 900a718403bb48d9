"""The program of a job, as a value."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dmod.errors import NotFoundError
from dmod.jobs.launch import ONE_THREAD, mpiexec, plan, ranks_of
from dmod.jobs.prepared import Prepared

FOLDER, ROOT = Path("/p/.dmod/jobs/7"), Path("/p")


def command(make, *argv: str, cwd: Path = Path("/"), **table: object):
    return make.job(7, of=make.spec("command", argv=list(argv), **table), cwd=str(cwd))


def simulation(make, cpus: int, catchments: int, memory: int = 0):
    asked = make.spec("simulation", cpus=cpus, memory=memory, realization="settings")
    return make.job(7, of=asked, prepared=Prepared(size=catchments))


def test_a_command_runs_where_it_was_submitted_and_knows_who_it_is(make, tmp_path: Path):
    program = plan(command(make, "/bin/echo", "$HOME", cwd=tmp_path, env={"A": "1"}), FOLDER, ROOT)
    assert program.argv == ("/bin/echo", "$HOME")
    assert (program.cwd, program.folder, program.cpus, program.memory) == (tmp_path, FOLDER, 1, 0)
    assert program.env == {
        "DMOD_JOB": "7", "DMOD_TASK": "0", "DMOD_ATTEMPT": "1",
        "DMOD_PROJECT": "/p", "DMOD_JOB_FOLDER": str(FOLDER), "A": "1",
    }  # fmt: skip


def test_a_command_is_found_on_path_as_a_file(make):
    (program, *_) = plan(command(make, "sh"), FOLDER, ROOT).argv
    assert Path(program).is_absolute()
    assert Path(program).name == "sh"


def test_a_command_is_found_where_it_was_submitted_and_on_a_path_of_its_own(make, tmp_path: Path):
    script = tmp_path / "run"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert plan(command(make, "./run", cwd=tmp_path), FOLDER, ROOT).argv[0] == str(script)
    assert plan(command(make, "run", env={"PATH": str(tmp_path)}), FOLDER, ROOT).argv[0] == str(script)


@pytest.mark.parametrize(
    ("word", "where"), [("no-such-program", "on PATH"), ("./missing", "in /"), ("/usr", "in /"), ("umask", "on PATH")]
)
def test_what_is_no_program_is_said_so(make, word: str, where: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotFoundError) as caught:
        plan(command(make, word), FOLDER, ROOT)
    assert caught.value.message == f"there is no program {word} {where}"
    assert caught.value.why == "argv is run as it is, without a shell"


def test_one_rank_needs_no_mpi(make):
    program = plan(simulation(make, cpus=1, catchments=5, memory=100), FOLDER, ROOT)
    assert program.argv == (sys.executable, "-m", "dmod.worker", str(FOLDER))
    assert program.memory == 100
    assert {program.env[name] for name in ONE_THREAD} == {"1"}


def test_several_ranks_share_the_memory(make):
    program = plan(simulation(make, cpus=3, catchments=5, memory=100), FOLDER, ROOT)
    assert program.argv == (mpiexec(), "-n", "3", sys.executable, "-m", "dmod.worker", str(FOLDER))
    assert program.memory == 33


@pytest.mark.parametrize(("cpus", "catchments", "ranks"), [(4, 2, 2), (2, 4, 2), (3, 0, 1)])
def test_there_are_never_more_ranks_than_catchments(make, cpus: int, catchments: int, ranks: int):
    assert ranks_of(simulation(make, cpus, catchments)) == ranks


def test_only_a_simulation_has_ranks(make):
    assert ranks_of(make.job(of=make.spec("command", cpus=4, argv=["a"]))) == 1
    assert ranks_of(make.job(of=make.spec("evaluation", cpus=4, simulation="a", observation="b"))) == 1
