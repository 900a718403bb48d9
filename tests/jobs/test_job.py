"""A row of the queue reads itself when it is asked."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from dmod.hydro.period import TimeRange
from dmod.jobs.prepared import Prepared
from dmod.jobs.resources import Allocation, Resources

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


def test_it_tells_what_it_holds_and_where_it_runs(make):
    job = make.job(allocation_json='[{"node": "here", "cpus": 2, "memory": 5}]', handle_json='{"pid": 12, "start": 99}')
    assert job.allocation == (Allocation("here", 2, 5),)
    assert job.handle == {"pid": 12, "start": 99}
    assert (make.job().allocation, make.job().handle) == ((), {})


def test_its_output_has_the_name_that_was_asked_for_or_its_own_and_id(make):
    named = make.spec("simulation", realization="settings", output="winter")
    assert make.job(3, of=named).output == "winter"
    assert make.job(3, "Leaf River", of=make.spec("simulation", realization="settings")).output == "leaf-river-3"
    assert make.job(4, "scores", of=make.spec("evaluation", simulation="a", observation="b")).output == "scores-4"
    assert make.job(5).output is None


def test_a_list_of_jobs_imports_nothing_heavy():
    wanted = "import sys, dmod.jobs.job, dmod.scheduler.queue, dmod.jobs.selector; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True, check=True)
    assert {"numpy", "netCDF4", "typer", "textual", "tomli", "mpi4py"}.isdisjoint(done.stdout.split())
