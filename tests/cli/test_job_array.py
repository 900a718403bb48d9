"""`dmod job submit` of many tasks: by numbers, lines and sweeps; what waits for what; what it says and stores."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from dmod import project
from dmod.data.folder import FolderStore
from dmod.jobs.status import Status
from dmod.scheduler.lock import Lock
from dmod.scheduler.queue import Queue

QUEUE = Path(".dmod/queue.db")
SWEEP = """kind = "command"
[sweep]
"command.env.RATE" = ["0.1", "0.2"]
seed = [1, 2, 3]
[command]
argv = ["/bin/true"]
"""


@pytest.fixture(autouse=True)
def here():
    """A project, and somebody who says that its scheduler runs, so that none is started."""
    project.create(Path())
    lock = Lock(Path(".dmod"))
    lock.take()
    yield
    lock.give()


@pytest.fixture
def queue():
    opened = Queue(QUEUE)
    yield opened
    opened.close()


def test_an_array_is_one_job_of_numbered_tasks(dmod, queue):
    said = dmod("job", "submit", "--array", "1-9:2%3", "--", "/bin/true")
    assert (said.code, said.out) == (0, "job 1 true: 5 tasks\n")
    assert said.err == "next: dmod job watch 1\n"
    job = queue.get(1)
    assert (job.numbers, job.size, job.spec.at_once) == ("1-9:2", 5, 3)
    assert queue.items(1) == {}


def test_without_a_percent_sign_the_file_says_how_many_run_at_once(dmod, queue):
    Path("many.toml").write_text('kind = "command"\nat_once = 2\n[command]\nargv = ["/bin/true"]\n')
    dmod("job", "submit", "--array", "1-9", "many.toml")
    dmod("job", "submit", "--array", "1-9%4", "many.toml")
    assert [job.spec.at_once for job in queue.jobs()] == [2, 4]


def test_a_million_tasks_are_no_more_than_two(dmod, queue):
    said = dmod("job", "submit", "--array", "1-1000000", "-o", "json", "--", "/bin/true")
    assert said.json["tasks"] == {
        "numbers": "1-1000000", "size": 1_000_000, "waiting": 1_000_000, "running": 0, "completed": 0, "failed": 0,
        "canceled": 0,
    }  # fmt: skip
    assert queue.read("select (select count(*) from task) + (select count(*) from item)")[0][0] == 0


LINES = [
    ("a b\nc\n", ["a b", "c"]),
    ("\n x\n\n\t\ny", [" x", "y"]),
    ("é\r\n{}\r\n", ["é", "{}"]),
    ('"spec"', ['"spec"']),
]


@pytest.mark.parametrize("source", ["lines.txt", "-"])
@pytest.mark.parametrize("given", LINES)
def test_each_line_is_a_task_and_empty_ones_are_none(dmod, queue, monkeypatch, source: str, given):
    text, lines = given
    Path("lines.txt").write_bytes(text.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    said = dmod("job", "submit", "--each-line", source, "-o", "name", "--", "/bin/echo", "{}")
    assert (said.code, said.out) == (0, "1\n")
    items = queue.items(1)
    assert queue.get(1).numbers == ("1" if len(lines) == 1 else f"1-{len(lines)}")
    assert [json.loads(items[number])["line"] for number in sorted(items)] == lines


def test_a_sweep_has_a_task_with_a_spec_of_its_own_for_each_point(dmod, queue):
    Path("sweep.toml").write_text(SWEEP)
    assert dmod("job", "submit", "sweep.toml").out == "job 1 sweep: 6 tasks\n"
    job, items = queue.get(1), {number: json.loads(text) for number, text in queue.items(1).items()}
    assert (job.numbers, job.spec.table.env, job.spec.seed) == ("1-6", {"RATE": "0.1"}, 1)
    assert items[6]["point"] == {"command.env.RATE": "0.2", "seed": 3}
    seen = job.as_task(6, 1, queue.items(1, (6,))[6])
    assert (seen.spec.table.env, seen.spec.seed) == ({"RATE": "0.2"}, 3)


def test_a_dry_run_tells_the_tasks_and_stores_nothing(dmod):
    Path("sweep.toml").write_text(SWEEP)
    said = dmod("job", "submit", "sweep.toml", "-n", "-o", "json").json
    assert (said["tasks"], said["numbers"], len(said["points"])) == (6, "1-6", 6)
    assert said["points"][0] == {"command.env.RATE": "0.1", "seed": 1}
    lines = dmod("job", "submit", "sweep.toml", "-n", "--retries", "2", "--retry-on", "exit:75").lines
    assert "tasks       6: 1-6" in lines
    assert "retries     2, on exit:75" in lines
    assert "task 5      command.env.RATE = 0.2, seed = 2" in lines
    assert lines[-1] == "...         and 1 more (-o json)"
    assert "tasks       100: 1-100, 8 at once" in dmod("job", "submit", "-n", "--array", "1-100%8", "/bin/true").lines
    odd = ",".join(map(str, range(1, 200, 2)))
    cut = "tasks       100: 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35, ..."
    assert cut in dmod("job", "submit", "-n", "--array", odd, "/bin/true").lines
    assert not QUEUE.exists()


def test_what_every_job_may_be_asked_goes_into_its_spec(dmod, queue):
    words = ["--priority", "0", "--retries", "3", "--retry-on", "exit:75,node-lost", "--retry-on", "memory"]
    dmod("job", "submit", *words, "--max-fails", "4", "--hold", "--array", "1-9", "/bin/true")
    job = queue.get(1)
    spec = job.spec
    assert (job.held, spec.priority, spec.retries, spec.max_fails) == (True, 0, 3, 4)
    assert spec.retry_on == ("exit:75", "node-lost", "memory")


def test_a_held_job_says_how_it_is_released(dmod):
    said = dmod("job", "submit", "--hold", "/bin/true")
    assert said.err == "next: dmod job watch 1; it is held until dmod job release 1\n"


def test_a_job_waits_for_others_by_id_name_and_last(dmod, queue, advance):
    for name in ("fetch", "check", "clean"):
        dmod("job", "submit", "--name", name, "/bin/true")
    advance(queue, 2, Status.FAILED, "no")
    words = ["--after", "1,clean", "--after-any", "check", "--after-any", "last"]
    assert dmod("job", "submit", "-n", "-o", "json", *words, "/bin/true").json["after_any"] == [2, 3]
    assert dmod("job", "submit", "--after", "1,last", "--after-any", "check", "/bin/true").code == 0
    assert {(needs, always) for _, needs, always, _ in queue.needs([4])} == {(1, False), (3, False), (2, True)}


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["--array", "5-1"], 2, ['error: --array 5-1: "5-1" is an empty range', "  fix: 1-5"]),
        (["--array", "x"], 2, ['error: --array x: "x" does not name tasks',
                              "  why: they look like 1-100, 1-99:2 or 1,5,8-10", "  fix: --array 1-100"]),
        (["--array", "1-5%0"], 2, ["error: --array 1-5%0: after % stands how many run at once",
                                  "  fix: --array 1-5%8"]),
        (["--array", "0-99999999"], 2, ['error: --array 0-99999999: "0-99999999" is 100,000,000 tasks',
                                       "  why: a job has 10,000,000 at most", "  fix: --array 1-100"]),
        (["--array", "1-2", "--each-line", "x"], 2, ["error: --array and --each-line say both what the tasks are",
                                                    "  why: a job has tasks of one sort", "  fix: leave --array out"]),
        (["--each-line", "nix"], 3, ["error: --each-line: there is no file nix", "  fix: ls ., or - for stdin"]),
        (["--each-line", "."], 2, ["error: --each-line . cannot be read: is a directory"]),
        (["--each-line", "/dev/null"], 2, ["error: --each-line /dev/null: there is no line in it",
                                          "  fix: give it a line for each task"]),
        (["--each-line", "binary"], 2, ["error: --each-line binary: line 2 is not UTF-8 text"]),
        (["--each-line", "nul"], 2, ["error: --each-line nul: line 1 has the character NUL", r"  fix: tr '\0' '\n'"]),
        (["--retry-on", "exit:75,tired"], 2, None),
        (["--priority", "101"], 2, ["error: --priority priority must be from 0 to 100, not 101"]),
        (["--after", "41"], 3, ["error: there are no jobs yet", "  fix: dmod job submit job.toml"]),
        (["--after", ","], 2, ["error: --after names no job", "  fix: --after last"]),
        (["--after-any", ""], 2, ["error: --after-any names no job", "  fix: --after-any last"]),
        (["--set", "sweep.seed=[1]", "--array", "1"], 2,
         ["error: --array and a table [sweep] say both what the tasks are", "  why: a job has tasks of one sort",
          "  fix: leave --array out"]),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_stores_nothing(dmod, words: list[str], code: int, error: list[str] | None):
    Path("binary").write_bytes(b"a\n\xff\n")
    Path("nul").write_bytes(b"a\0b\0")
    said = dmod("job", "submit", *words, "--", "/bin/true")
    assert (said.code, said.out) == (code, "")
    assert error is None or said.err.splitlines() == error
    assert error is not None or '"tired" is no cause' in said.err
    assert not QUEUE.exists()


def test_what_can_never_start_is_refused(dmod, queue, advance):
    dmod("job", "submit", "/bin/false")
    advance(queue, 1, Status.FAILED, "exit code 1")
    said = dmod("job", "submit", "--after", "1", "/bin/true")
    assert (said.code, said.err.splitlines()[-1]) == (4, "  fix: dmod job retry 1, or --after-any 1")
    assert dmod("job", "submit", "--after", "1/1", "/bin/true").code == 2
    assert dmod("job", "submit", "-n", "--after", "1", "/bin/true").err == said.err
    assert [job.id for job in queue.jobs()] == [1]


def test_a_dry_run_is_no_job(dmod, queue):
    dmod("job", "submit", "/bin/true")
    before = queue.events()
    Path("lines").write_text("a\nb\n")
    assert dmod("job", "submit", "-n", "--each-line", "lines", "--after", "1", "/bin/true").code == 0
    assert (queue.events(), len(queue.jobs())) == (before, 1)
    assert dmod("job", "submit", "-o", "name", "/bin/true").out == "2\n"


def test_lines_and_sweeps_may_be_told_how_many_run_at_once(dmod, queue):
    dmod("job", "submit", "--set", "sweep.seed=[1,2,3]", "--at-once", "2", "/bin/true")
    assert queue.get(1).spec.at_once == 2
    said = dmod("job", "submit", "--array", "1-9%3", "--at-once", "2", "/bin/true")
    assert said.err.splitlines() == [
        "error: --array 1-9%3 and --at-once say both how many run", "  fix: --array 1-9",
    ]  # fmt: skip


@pytest.mark.parametrize("words", [["{}"], ["{}", "x"], ["program.toml"]])
def test_a_line_cannot_be_the_program(dmod, words: list[str]):
    Path("lines").write_text("ls\n")
    Path("program.toml").write_text('kind = "command"\n[command]\nargv = ["{}"]\n')
    said = dmod("job", "submit", "--each-line", "lines", "--", *words)
    assert (said.code, said.err.splitlines()) == (
        2, ["error: {} cannot be the program", "  fix: dmod job submit --each-line FILE -- /bin/sh -c {}"],
    )  # fmt: skip


@pytest.fixture
def datasets():
    """Two simulations and observations that an evaluation may read."""
    store = FolderStore(Path(".dmod/datasets"))
    Path("gauges.csv").write_text("time,02479155\n2015-12-01,1.0\n2015-12-02,2.0\n")
    store.create("gauges", "observation", [Path("gauges.csv")])
    Path("nex-1_output.csv").write_text("0, 2015-12-01 00:00:00, 0.5\n1, 2015-12-02 00:00:00, 0.7\n")
    for name in ("sim-1", "sim-2", "made-2"):
        store.create(name, "output", [Path("nex-1_output.csv")])
    table = '[evaluation]\nsimulation = "sim-1"\nobservation = "gauges"\n'
    Path("scores.toml").write_text(f'kind = "evaluation"\n{table}')


@pytest.mark.usefixtures("datasets")
def test_each_point_of_a_sweep_has_its_data(dmod, queue):
    swept = "sweep.evaluation.simulation=['sim-2','sim-1']"
    assert dmod("job", "submit", "scores.toml", "--set", swept).code == 0
    job, items = queue.get(1), queue.items(1)
    assert job.datasets == ("sim-2", "sim-1", "gauges")
    assert [job.as_task(number, 1, items[number]).datasets[0] for number in (1, 2)] == ["sim-2", "sim-1"]
    assert job.as_task(2, 1, items[2]).output == "scores-1-2"
    assert dmod("dataset", "delete", "sim-1", "--yes").code == 4  # task 2 needs it


@pytest.mark.usefixtures("datasets")
def test_a_point_that_lacks_its_data_is_named_and_nothing_is_stored(dmod):
    said = dmod("job", "submit", "scores.toml", "--set", "sweep.evaluation.simulation=['sim-1','sim-9']")
    assert said.code == 6
    first = said.err.splitlines()[0]
    assert first.startswith('error: task 2 of [sweep] (evaluation.simulation = "sim-9"): no simulation')
    assert not QUEUE.exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--array", "1-3", "--set", "evaluation.output=made"], 4),  # made-2 is there
        (["--array", "3-5", "--set", "evaluation.output=made"], 0),
        (["--set", "sweep.evaluation.output=['new', 'made']"], 4),
        (["--set", "sweep.evaluation.output=['made', 'new']"], 0),
        (["--set", "sweep.evaluation.output=['new', 'Not So']"], 2),
    ],
)
@pytest.mark.usefixtures("datasets")
def test_an_output_of_one_task_that_is_taken_refuses_all(dmod, words: list[str], code: int):
    said = dmod("job", "submit", "scores.toml", "-n", *words)
    assert said.code == code
    assert code != 4 or 'would make the dataset "made-2", which exists' in said.err


@pytest.mark.usefixtures("datasets")
def test_lines_are_for_commands(dmod):
    Path("lines").write_text("a\n")
    said = dmod("job", "submit", "scores.toml", "--each-line", "lines")
    assert said.code == 2
    assert said.err.splitlines()[-1] == '  fix: write a table [sweep] with "evaluation.KEY" = [...]'
