"""`dmod job`, as far as no scheduler is needed: refusals store nothing, answers can be read by programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.data.folder import FolderStore
from dmod.jobs import kinds
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler.queue import Queue

FILE = 'kind = "command"\n[command]\nargv = ["/bin/echo", "hello"]\n'
QUEUE = Path(".dmod/queue.db")
KEYS = {
    "id", "name", "kind", "status", "priority", "held", "cpus", "memory", "submitted", "started", "ended", "runtime",
    "exit_code", "attempt", "why", "output", "tasks", "cpu_seconds", "peak_memory", "bytes_read", "bytes_written",
}  # fmt: skip


@pytest.fixture(autouse=True)
def here():
    """A project with a job file in it."""
    project.create(Path())
    Path("hello.toml").write_text(FILE)


@pytest.fixture
def queue(advance):
    """Six jobs: failed, completed, canceled, running, and two that wait."""
    opened = Queue(QUEUE)
    for name in ("leaf", "demo-a", "demo-b", "leaf", "big", "small"):
        data = {"kind": "command", "name": name, "resources": {"cpus": 1}, "command": {"argv": ["/bin/true", name]}}
        spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())
        opened.submit(Order(spec, Path("/")))
    for job in (1, 2, 4):
        advance(opened, job, Status.RUNNING)
    advance(opened, 1, Status.FAILED, "exit code 3: no such river", code=3)
    advance(opened, 2, Status.COMPLETED, code=0)
    opened.cancel(3)
    yield opened
    opened.close()


def test_a_dry_run_shows_what_it_would_run_on_and_stores_nothing(dmod):
    said = dmod("job", "submit", "hello.toml", "-n", "-o", "json", "--memory", "1MiB", "--time-limit", "90s")
    assert said.code == 0
    assert said.json == {
        "name": "hello", "kind": "command", "cpus": 1, "memory": 2**20, "paradigm": "single-node", "time_limit": 90,
        "tasks": 1, "numbers": "", "at_once": 0, "priority": 50, "retries": 0, "retry_on": ["any"], "max_fails": 0,
        "held": False, "after": [], "after_any": [], "datasets": {}, "period": None, "catchments": None, "points": [],
    }  # fmt: skip
    assert not QUEUE.exists()
    assert not Path(".dmod/scheduler.lock").exists()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["hello.toml", "--name", "other"], "other"),
        (["hello.toml", "--set", "name=third"], "third"),
        (["--", "/bin/echo", "-n", "--name", "x"], "echo"),
        (["/bin/true"], "true"),
    ],
)
def test_a_job_is_a_file_or_a_command_line(dmod, words: list[str], name: str):
    said = dmod("job", "submit", "--dry-run", "-o", "json", *words)
    assert (said.code, said.err) == (0, "")
    assert (said.json["name"], said.json["kind"]) == (name, "command")


def test_a_program_in_this_folder_is_a_command_and_its_suffix_is_its_own(dmod):
    Path("run.py").write_text("#!/bin/sh\n")
    said = dmod("job", "submit", "-n", "--", "./run.py")
    assert (said.code, said.err) == (2, said.err)
    assert said.err.splitlines()[0] == "error: ./run.py is no job file and no program"
    Path("run.py").chmod(0o755)
    assert dmod("job", "submit", "-n", "--", "./run.py", "-o", "json").code == 0


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["hello.tml"], 3, ["error: there is no job file hello.tml, and no program of that name",
                            "  fix: dmod job submit hello.toml"]),
        (["missing.toml"], 3, ["error: there is no file missing.toml", "  fix: ls ."]),
        (["hello.toml", "more.toml"], 2, ["error: hello.toml is a job file, and more.toml a word too many",
                                         "  fix: dmod job submit hello.toml"]),
        (["hello.toml", "--cpu", "4"], 2, ['error: dmod job submit has no option "--cpu"; the option is "--cpus"',
                                          "  fix: dmod job submit --help"]),
        (["hello.toml", "--cpus", "0"], 2, ["error: dmod job submit --cpus: 0 is not in the range x>=1",
                                           "  fix: dmod job submit --help"]),
        (["hello.toml", "--set", "cpus"], 2, ["error: --set cpus: a key and a value are needed",
                                             "  fix: --set simulation.end=1984-12-31"]),
        (["hello.toml", "--set", "command.argv=ls"], 2,
         ['error: --set command.argv argv must be a list of texts, not "ls"']),
        (["hello.toml", "--memory", "lots"], 2,
         [('error: --memory memory: "lots" is not an amount of memory (a number and a unit, '
          "as in 512MiB, 1.5GiB or 4GB)")]),
        (["hello.toml", "--executor", "moon"], 2,
         ['error: --executor executor must be one of local, docker, not "moon"']),
        (["hello.toml", "--cpus", "9999"], 6, None),
        (["hello.toml", "--memory", "9999TiB"], 6, None),
        ([], 2, ["error: dmod job submit needs FILE, --run DIR or -- COMMAND",
                 "  fix: dmod job submit --help"]),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_stores_nothing(dmod, words: list[str], code: int, error: list[str] | None):
    said = dmod("job", "submit", *words)
    assert (said.code, said.out) == (code, "")
    if error is not None:
        assert said.err.splitlines() == error
    assert not QUEUE.exists()
    assert not Path(".dmod/jobs").exists()


def test_what_no_node_has_is_said_in_numbers(dmod):
    said = dmod("job", "submit", "hello.toml", "--cpus", "9999", "-o", "json")
    error = json.loads(said.err)
    assert (error["kind"], error["exit_code"]) == ("UnmetError", 6)
    assert error["error"].startswith('job "hello" can never run here: it needs 9999 cpus, ')
    assert error["fix"] == f"--cpus {len(os.sched_getaffinity(0))}, or dmod node list"


def test_what_the_scheduler_refuses_by_an_older_dmod_toml_is_retried_under_a_new_one(dmod, queue, advance):
    advance(queue, 5, Status.FAILED, "needs 3 cpus, 2 in all")
    assert dmod("job", "explain", "5", "-o", "json").json["fix"] == "dmod scheduler stop, then dmod job retry 5"


def test_a_path_where_a_dataset_is_meant_is_told_how_to_become_one(dmod):
    Path("my models.json").write_text("{}")
    Path("run.toml").write_text('kind = "simulation"\n[simulation]\nrealization = "my models.json"\n')
    said = dmod("job", "submit", "run.toml")
    assert (said.code, said.err.splitlines()) == (
        6,
        [
            'error: job "run" lacks 2 of its data: realization, hydrofabric',
            '  why: "my models.json" is a path, and a job names datasets',
            "  fix: dmod dataset create my-models --from 'my models.json', and name that",
        ],
    )


def test_a_mistake_in_a_job_file_has_its_place(dmod):
    Path("hello.toml").write_text(FILE.replace("argv", "agrv"))
    said = dmod("job", "submit", "hello.toml")
    assert said.code == 2
    assert 'hello.toml:3:1 unknown key "agrv" in [command]; the key is "argv"' in said.err


def test_a_simulation_without_its_data_is_refused_with_every_gap(dmod):
    Path("sim.toml").write_text('kind = "simulation"\n[simulation]\nrealization = "settings"\n')
    said = dmod("job", "submit", "sim.toml")
    assert said.code == 6
    assert said.err.splitlines()[0] == 'error: job "sim" lacks 2 of its data: realization, hydrofabric'
    assert not QUEUE.exists()


@pytest.fixture
def datasets():
    """A simulation and observations that an evaluation may read."""
    store = FolderStore(Path(".dmod/datasets"))
    Path("gauges.csv").write_text("time,02479155\n2015-12-01,1.0\n2015-12-02,2.0\n")
    store.create("gauges", "observation", [Path("gauges.csv")])
    Path("nex-1_output.csv").write_text("0, 2015-12-01 00:00:00, 0.5\n1, 2015-12-02 00:00:00, 0.7\n")
    store.create("sim-1", "output", [Path("nex-1_output.csv")])
    table = '[evaluation]\nsimulation = "sim-1"\nobservation = "gauges"\n'
    Path("scores.toml").write_text(f'kind = "evaluation"\n{table}')


@pytest.mark.usefixtures("datasets")
def test_a_dry_run_names_the_datasets(dmod):
    said = dmod("job", "submit", "scores.toml", "-n", "-o", "json")
    assert said.json["datasets"] == {"simulation": ["sim-1"], "observation": ["gauges"]}


@pytest.mark.parametrize(
    ("output", "code", "error"),
    [
        ("sim-1", 4, 'error: job "scores" would make the dataset "sim-1", which exists'),
        ("Winter 2015", 2, 'error: "Winter 2015" is not a name for a dataset'),
    ],
)
@pytest.mark.usefixtures("datasets")
def test_an_output_that_cannot_be_kept_is_refused_before_anything_runs(dmod, output: str, code: int, error: str):
    said = dmod("job", "submit", "scores.toml", "--set", f"evaluation.output={output}")
    assert (said.code, said.err.splitlines()[0]) == (code, error)
    assert not QUEUE.exists()


def test_a_project_without_jobs_says_what_to_type(dmod):
    said = dmod("job", "list")
    assert (said.code, said.out) == (0, "")
    assert said.err == "no jobs yet; submit one: dmod job submit job.toml, or dmod job submit -- COMMAND\n"
    assert dmod("job", "list", "-o", "json").json == []
    assert dmod("job", "list", "-o", "name").out == ""
    assert not QUEUE.exists()


@pytest.mark.parametrize("verb", ["show", "logs", "wait", "watch", "cancel", "retry", "explain"])
def test_without_jobs_no_verb_finds_one(dmod, verb: str):
    said = dmod("job", verb, "last")
    assert (said.code, said.out) == (3, "")
    assert said.err.splitlines() == ["error: there are no jobs yet", "  fix: dmod job submit job.toml"]
    assert not QUEUE.exists()


@pytest.mark.parametrize("verb", ["show", "logs", "wait", "watch", "cancel", "retry", "explain", "list"])
@pytest.mark.usefixtures("queue")
def test_a_word_that_names_no_job_is_an_error(dmod, verb: str):
    said = dmod("job", verb, "saumon")
    assert said.code == 3
    assert said.err.splitlines()[0] == "error: there is no job saumon"


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], "1 2 3 4 5 6"),
        (["2-4"], "2 3 4"),
        (["leaf"], "4"),
        (["leaf*", "6"], "1 4 6"),
        (["--state", "active"], "4 5 6"),
        (["--state", "failed,canceled"], "1 3"),
        (["--state", "failed", "--state", "running"], "1 4"),
        (["--name", "demo-*"], "2 3"),
        (["--limit", "2"], "5 6"),
        (["--limit", "2", "--all"], "1 2 3 4 5 6"),
        (["--kind", "command", "--limit", "1"], "6"),
        (["--kind", "simulation"], ""),
        (["1-6", "--state", "queued"], "5 6"),
    ],
)
@pytest.mark.usefixtures("queue")
def test_jobs_are_listed_by_word_and_filter(dmod, words: list[str], ids: str):
    said = dmod("job", "list", "-o", "name", *words)
    assert said.code == 0
    assert said.out.split() == ids.split()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--state", "broken"], 'error: there is no state "broken"'),
        (["--kind", "comand"], 'error: there is no kind of job "comand"'),
        (["--limit", "0"], "error: --limit must be 1 or more, not 0"),
        (["4-2"], "error: 4-2 is an empty range"),
    ],
)
@pytest.mark.usefixtures("queue")
def test_a_filter_that_means_nothing_is_an_error(dmod, words: list[str], error: str):
    said = dmod("job", "list", *words)
    assert said.code == 2
    assert said.err.splitlines()[0] == error


@pytest.mark.usefixtures("queue")
def test_filters_that_find_nothing_do_not_say_that_there_are_none(dmod):
    assert dmod("job", "list", "--name", "x*").err == "no such jobs; all there are: dmod job list --all\n"


@pytest.mark.usefixtures("queue")
def test_a_row_has_the_keys_that_its_schema_tells(dmod):
    rows = dmod("job", "list", "-o", "json").json
    assert all(set(row) == KEYS for row in rows)
    assert rows[0] | {"submitted": "", "started": "", "ended": "", "runtime": 0} == {
        "id": 1, "name": "leaf", "kind": "command", "status": "failed", "cpus": 1, "memory": 0, "submitted": "",
        "started": "", "ended": "", "runtime": 0, "exit_code": 3, "attempt": 1, "why": "exit code 3: no such river",
        "output": None, "priority": 50, "held": False, "tasks": None, "cpu_seconds": 0.0, "peak_memory": 0,
        "bytes_read": 0, "bytes_written": 0,
    }  # fmt: skip
    assert rows[0]["submitted"].endswith("Z")
    assert 0 <= rows[0]["runtime"] < 60
    assert rows[4]["started"] is None
    assert rows[4]["why"] == "the scheduler is not running: dmod scheduler start"
    assert [json.loads(line)["id"] for line in dmod("job", "list", "-o", "jsonl").lines] == [1, 2, 3, 4, 5, 6]


@pytest.mark.usefixtures("queue")
def test_a_table_has_what_people_look_for(dmod):
    header, *rows = dmod("job", "list").lines
    assert header.split() == ["ID", "NAME", "KIND", "STATE", "CPUS", "SUBMITTED", "RUNTIME", "WHY"]
    assert len(rows) == 6
    assert rows[0].startswith(" 1  leaf")
    assert rows[0].endswith("exit code 3: no such river")


@pytest.mark.usefixtures("queue")
def test_one_job_is_shown_whole(dmod):
    shown = dmod("job", "show", "1", "-o", "json").json
    assert set(shown) > KEYS
    assert shown["spec"]["command"]["argv"] == ["/bin/true", "leaf"]
    assert [event["status"] for event in shown["events"]] == ["queued", "staging", "running", "failed"]
    assert shown["events"][-1]["note"] == "exit code 3: no such river"
    assert shown["folder"].endswith(".dmod/jobs/1")
    text = dmod("job", "show", "leaf").out
    assert "job 4 leaf" in text
    assert "/bin/true leaf" in text


@pytest.mark.parametrize(
    ("job", "why", "fix"),
    [
        ("1", "exit code 3: no such river", "dmod job logs 1, then dmod job retry 1"),
        ("3", "canceled by user", "dmod job retry 3"),
        ("5", "the scheduler is not running: dmod scheduler start", "dmod scheduler start"),
        ("4", None, "dmod job watch 4, or dmod job cancel 4"),
        ("2", None, ""),
    ],
)
@pytest.mark.usefixtures("queue")
def test_it_is_explained_why_a_job_is_where_it_is(dmod, job: str, why: str | None, fix: str):
    said = dmod("job", "explain", job, "-o", "json").json
    assert why is None or said["why"] == why
    assert said["fix"] == fix


@pytest.mark.usefixtures("queue")
def test_the_last_words_of_a_failed_job_are_in_its_explanation(dmod):
    folder = Path(".dmod/jobs/1")
    folder.mkdir(parents=True)
    (folder / "stderr.log").write_text("".join(f"line {number}\n\n" for number in range(20)))
    (folder / "failure.json").write_text(json.dumps({"rank": 0, "message": "no", "fix": "dmod dataset list"}))
    said = dmod("job", "explain", "1", "-o", "json").json
    assert said["stderr"] == [f"line {number}" for number in range(15, 20)]
    assert said["fix"] == "dmod dataset list"
    assert "line 19" in dmod("job", "explain", "1").out


@pytest.fixture
def printed() -> Path:
    folder = Path(".dmod/jobs/2")
    folder.mkdir(parents=True)
    (folder / "stdout.log").write_text("one\ntwo\nthree\n")
    (folder / "stderr.log").write_bytes(b"warning \xff\n")
    return folder


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ([], "one\ntwo\nthree\nwarning \ufffd\n"),
        (["--stdout"], "one\ntwo\nthree\n"),
        (["--stderr"], "warning \ufffd\n"),
        (["--stdout", "--tail", "2"], "two\nthree\n"),
        (["--follow"], "one\ntwo\nthree\nwarning \ufffd\n"),
    ],
)
@pytest.mark.usefixtures("queue", "printed")
def test_what_a_job_printed_is_shown(dmod, words: list[str], out: str):
    said = dmod("job", "logs", "2", *words)
    assert (said.code, said.out) == (0, out)


@pytest.mark.usefixtures("queue")
def test_a_job_that_printed_nothing_says_so(dmod):
    said = dmod("job", "logs", "1")
    assert (said.code, said.out, said.err) == (0, "", "job 1 has printed nothing; it is failed\n")


@pytest.mark.parametrize(("words", "code"), [(["2"], 0), (["1-3"], 1), (["3"], 1)])
@pytest.mark.usefixtures("queue")
def test_waiting_for_what_has_ended_says_at_once_how(dmod, words: list[str], code: int):
    said = dmod("job", "wait", *words, "-o", "json")
    assert said.code == code
    assert {row["status"] for row in said.json} <= {"completed", "failed", "canceled"}


@pytest.mark.usefixtures("queue")
def test_watching_what_has_ended_says_how(dmod):
    said = dmod("job", "watch", "1")
    assert said.code == 1
    assert "why: exit code 3: no such river" in said.err
    assert "fix: dmod job explain 1" in said.err
    assert "why: exit code 3: no such river" in dmod("job", "watch", "1", "-q").err  # a failure is not talk
    assert dmod("job", "watch", "1", "-o", "json").json["exit_code"] == 3


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["cancel", "1"], "error: job 1 is failed already"),
        (["cancel", "2", "3"], "error: job 2 is completed already"),
        (["retry", "2"], "error: job 2 is completed: there is nothing to retry"),
        (["retry", "5"], "error: job 5 is queued: it cannot become queued"),
    ],
)
def test_what_cannot_be_done_is_a_conflict_and_starts_nobody(dmod, queue, words: list[str], error: str):
    before = queue.events()
    said = dmod("job", *words)
    assert said.code == 4
    assert said.err.splitlines()[0] == error
    assert queue.events() == before
    assert not Path(".dmod/scheduler.log").exists()


def test_a_dry_run_cancels_nothing(dmod, queue):
    said = dmod("job", "cancel", "5-6", "--dry-run")
    assert (said.code, said.err) == (0, "would cancel job 5 big, queued\nwould cancel job 6 small, queued\n")
    assert queue.get(5).status is Status.QUEUED


@pytest.mark.parametrize("words", [["show"], ["explain"], ["logs"], ["wait"], ["cancel"], ["retry"]])
def test_a_verb_without_a_job_is_a_usage_error(dmod, words: list[str]):
    said = dmod("job", *words)
    assert said.code == 2
    assert said.err.startswith(f"error: dmod job {words[0]} needs JOB")


def test_a_list_imports_nothing_heavy():
    code = "import sys; from dmod.cli import main; main(['job', 'list']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "netCDF4", "typer", "textual", "tomli", "mpi4py", "multiprocessing", "asyncio"}
    assert heavy.isdisjoint(done.stdout.split())
