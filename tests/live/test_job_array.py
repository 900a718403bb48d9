"""Jobs of many tasks as a user meets them: what their tasks see, what they end with, and what is run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod import project

pytestmark = pytest.mark.live


@pytest.fixture
def here(shell):
    """A terminal in an empty project."""
    project.create(shell.folder)
    return shell


def logs(here, job: str) -> list[str]:
    return here.run("job", "logs", job).stdout.splitlines()


def test_each_task_knows_its_number_and_prints_by_itself(here):
    here.run("job", "submit", "--array", "2,5-7", "--wait", "--", "/bin/sh", "-c", "echo $DMOD_JOB-$DMOD_TASK")
    assert logs(here, "last") == ["1/2 | 1-2", "1/5 | 1-5", "1/6 | 1-6", "1/7 | 1-7"]
    assert logs(here, "1/6") == ["1-6"]


def test_each_task_knows_its_line_in_argv_and_in_a_variable(here):
    (here.folder / "lines").write_text('spec\n"a  b" $HOME\n\né\n')
    here.run(
        "job", "submit", "--each-line", "lines", "--wait", "--", "/bin/sh", "-c", 'echo "$1=$DMOD_LINE"', "sh", "{}"
    )
    assert logs(here, "last") == ["1/1 | spec=spec", '1/2 | "a  b" $HOME="a  b" $HOME', "1/3 | é=é"]


def test_each_point_of_a_sweep_runs_with_its_values(here):
    (here.folder / "sweep.toml").write_text(
        'kind = "command"\nseed = 100\n[sweep]\n"command.env.A" = ["x", "y"]\n"command.argv" = [\n'
        ' ["/bin/sh", "-c", "echo one $A $DMOD_SEED"],\n ["/bin/sh", "-c", "echo two $A $DMOD_SEED"],\n]\n[command]\n'
    )
    here.run("job", "submit", "sweep.toml", "--wait")
    assert logs(here, "last") == ["1/1 | one x 100", "1/2 | two x 100", "1/3 | one y 100", "1/4 | two y 100"]
    here.run("job", "submit", "--set", "sweep.seed=[7, 5]", "--wait", "--", "/bin/sh", "-c", "echo $DMOD_SEED")
    assert logs(here, "last") == ["2/1 | 7", "2/2 | 5"]
    assert here.json("job", "show", "2/2", "--provenance")["seed"] == 5


def test_an_array_ends_as_its_first_failed_task_and_only_what_failed_runs_again(here):
    script = "echo ran; [ -e mended ] || exit $((DMOD_TASK % 3 * 20))"
    said = here.run("job", "submit", "--array", "3-5", "--wait", "--", "/bin/sh", "-c", script, code=20)
    assert said.stderr.splitlines()[-2:] == [
        "  why: 2 of 3 tasks failed, the first task 4: exit code 20",
        "  fix: dmod job logs 1/4, then dmod job retry 1 --failed",
    ]
    (here.folder / "mended").touch()
    assert here.run("job", "retry", "1", "--failed").stderr == "job 1 sh: 2 tasks queued again\n"
    here.run("job", "wait", "1")
    rows = {row["task"]: row["attempt"] for row in here.json("job", "list", "1/3-5")}
    assert rows == {3: 1, 4: 2, 5: 2}


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_submit_with_wait_has_the_exit_code_of_the_job(here, script: str, code: int):
    here.run("job", "submit", "--wait", "--", "/bin/sh", "-c", script, code=code)


def test_a_program_that_cannot_be_started_is_a_failure_with_a_code(here):
    here.run("job", "submit", "--wait", "--", "/bin/no-such-program", "x", code=1)


def test_jobs_wait_for_others_and_what_can_never_come_is_canceled(here):
    first = here.run(
        "job", "submit", "--hold", "-o", "name", "--", "/bin/sh", "-c", "echo first >> order"
    ).stdout.strip()
    here.run("job", "submit", "--after", first, "--", "/bin/sh", "-c", "echo second >> order; exit 1")
    here.run("job", "submit", "--after", "last", "--", "/bin/true")
    here.run("job", "submit", "--after-any", "2", "--name", "always", "--", "/bin/sh", "-c", "echo third >> order")
    assert not (here.folder / "order").exists()
    here.run("job", "release", first)
    here.run("job", "wait", "1-4", code=1)
    assert (here.folder / "order").read_text().split() == ["first", "second", "third"]
    states = [row["status"] for row in here.json("job", "list", "1-4")]
    assert states == ["completed", "failed", "canceled", "completed"]


@pytest.mark.slow
def test_no_more_run_at_once_than_the_array_allows_and_too_many_failures_end_it(here):
    script = "mkdir alone || exit 9; sleep 0.05; rmdir alone"
    here.run("job", "submit", "--array", "1-6%1", "--wait", "--", "/bin/sh", "-c", script)
    here.run("job", "submit", "--array", "1-50%1", "--max-fails", "2", "--wait", "--", "/bin/false", code=1)
    tasks = here.json("job", "show", "last")["tasks"]
    assert (tasks["failed"], tasks["canceled"]) == (2, 48)


def test_a_task_is_retried_for_the_cause_that_was_named(here):
    script = "echo x >> tries; [ $(wc -l < tries) -ge 3 ] || exit 75"
    words = ["--retries", "5", "--retry-on", "exit:75", "--set", "retry_delay=0"]
    here.run("job", "submit", *words, "--wait", "--", "/bin/sh", "-c", script)
    assert Path(here.folder / "tries").read_text() == "x\n" * 3
    here.run("job", "submit", *words, "--wait", "--", "/bin/sh", "-c", "echo y >> others; exit 74", code=74)
    assert Path(here.folder / "others").read_text() == "y\n"


def test_a_task_is_canceled_while_the_others_go_on(here):
    script = "[ $DMOD_TASK = 1 ] && exec sleep 60; exit 0"
    here.run("job", "submit", "--array", "1-3", "--", "/bin/sh", "-c", script)
    here.run("job", "wait", "1/2-3")
    assert here.run("job", "cancel", "1/1").stderr == "task 1/1 sh: asked to end\n"
    here.run("job", "wait", "1", code=1)
    assert [row["status"] for row in here.json("job", "list", "1/1-3")] == ["canceled", "completed", "completed"]
