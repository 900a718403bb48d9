"""A row of the queue reads itself when it is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from dmod.hydro.period import TimeRange
from dmod.jobs.order import line_item, point_item
from dmod.jobs.prepared import Prepared
from dmod.jobs.resources import Resources

PREPARED = Prepared(
    datasets={"forcing": ("rain", "snow"), "hydrofabric": ("sugar",), "observation": ("rain",)},
    digests={"rain": "1f"},
    period=TimeRange.parse("2015-12-01", "2015-12-31 23:00"),
    step=3600,
    catchments=("cat-1", "cat-2"),
    size=2,
)


def test_it_tells_what_was_asked_for(make):
    asked = make.spec("simulation", cpus=3, memory=2**20, realization="settings")
    job = make.job(of=asked)
    assert job.spec == asked
    assert job.resources == Resources(3, 2**20)
    assert (job.cpus, job.memory) == (3, 2**20)


def test_it_tells_what_it_runs_on(make):
    job = make.job(prepared=PREPARED)
    assert job.prepared == PREPARED
    assert job.datasets == PREPARED.names == ("rain", "snow", "sugar")


@pytest.mark.parametrize("prepared", [PREPARED, Prepared(), Prepared(catchments=())])
def test_prepared_survives_json(prepared: Prepared):
    assert Prepared.from_json(json.loads(json.dumps(prepared.to_json()))) == prepared


def test_it_is_an_array_if_its_tasks_have_numbers_and_counts_those_that_wait(make):
    assert (make.job().array, make.job().waiting) == (False, 1)
    job = make.job(numbers="1-10", size=10, running=2, completed=3, failed=1, canceled=1)
    assert (job.array, job.waiting) == (True, 3)


def test_each_task_has_a_seed_of_its_own_and_a_point_that_of_its_spec(make):
    asked = make.spec("command", argv=["/bin/true"])
    job = make.job(of=replace(asked, seed=40), numbers="1-9", size=9)
    assert (job.seed, job.as_task(2, 1).seed, job.as_task(2, 1, line_item("x")).seed) == (40, 42, 42)
    point = point_item({"seed": 7}, replace(asked, seed=7), Prepared())
    assert job.as_task(2, 1, point).seed == 7


def test_its_output_has_the_name_that_was_asked_for_or_its_own_and_id(make):
    named = make.spec("simulation", realization="settings", output="winter")
    assert make.job(3, of=named).output == "winter"
    assert make.job(3, "Leaf River", of=make.spec("simulation", realization="settings")).output == "leaf-river-3"
    assert make.job(4, "scores", of=make.spec("evaluation", simulation="a", observation="b")).output == "scores-4"
    assert make.job(5).output is None


def test_each_task_of_an_array_makes_an_output_of_its_own(make):
    named = make.spec("simulation", realization="settings", output="winter")
    job = make.job(3, of=named, numbers="1-9", size=9)
    assert [job.as_task(number, 1).output for number in (1, 9)] == ["winter-1", "winter-9"]


def test_a_task_sees_its_number_its_attempt_and_what_is_its_own(make):
    job = make.job(numbers="1-9", size=9)
    plain = job.as_task(4, 2)
    assert (plain.task, plain.attempt, plain.spec, plain.prepared) == (4, 2, job.spec, job.prepared)
    assert job.as_task(4, 2, line_item("a b")) == plain
    other = make.spec("command", argv=["/bin/false"])
    own = job.as_task(5, 1, point_item({"rate": 0.5}, other, PREPARED))
    assert (own.id, own.task, own.spec, own.prepared) == (job.id, 5, other, PREPARED)


def test_a_list_of_jobs_imports_nothing_heavy():
    wanted = "import sys, dmod.jobs.job, dmod.scheduler.queue, dmod.jobs.selector; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True, check=True)
    assert {"numpy", "netCDF4", "typer", "textual", "tomli", "mpi4py"}.isdisjoint(done.stdout.split())
