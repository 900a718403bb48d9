"""`dmod node`: what jobs may have of this machine, and what is free of it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.prepared import Prepared
from dmod.jobs.status import Status
from dmod.scheduler.queue import Queue

NAME = platform.node() or "localhost"


@pytest.fixture(autouse=True)
def here():
    project.create(Path())


def settings(text: str) -> None:
    Path("dmod.toml").write_text(text)


def test_it_is_this_machine(dmod):
    (node,) = dmod("node", "list", "-o", "json").json
    assert set(node) == {"name", "cpus", "free_cpus", "memory", "free_memory", "jobs"}
    assert (node["name"], node["cpus"]) == (NAME, len(os.sched_getaffinity(0)))
    assert node["free_cpus"] == node["cpus"]
    assert 0 < node["memory"] == node["free_memory"] <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert node["jobs"] == []
    assert dmod("node", "show", NAME, "-o", "json").json == node


def test_dmod_toml_says_how_much_of_it_jobs_may_have(dmod):
    settings('[scheduler]\ncpus = 7\nmemory = "3GiB"\n')
    (node,) = dmod("node", "list", "-o", "json").json
    assert (node["cpus"], node["memory"]) == (7, 3 * 2**30)
    assert "3GiB" in dmod("node", "list").out


def test_what_a_job_holds_is_not_free(dmod):
    settings('[scheduler]\ncpus = 4\nmemory = "4GiB"\n')
    queue = Queue(Path(".dmod/queue.db"))
    data = {"kind": "command", "name": "noop", "command": {"argv": ["/bin/true"]}}
    spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())
    for status in (Status.RUNNING, Status.COLLECTING):
        job = queue.submit(spec, Path("/"), Prepared())
        held = f'[{{"node": "{NAME}", "cpus": 3, "memory": {2**30}}}]'
        queue.advance(job, status, values={"allocation": held})
    queue.close()
    (node,) = dmod("node", "list", "-o", "json").json
    assert (node["free_cpus"], node["free_memory"], node["jobs"]) == (1, 3 * 2**30, [1])


def test_a_node_that_is_not_there_is_an_error(dmod):
    said = dmod("node", "show", "moon")
    assert (said.code, said.err) == (3, "error: there is no node moon\n  fix: dmod node list\n")


def test_a_name_is_all_that_a_script_needs(dmod):
    assert dmod("node", "list", "-o", "name").lines == [NAME]
