"""The jobs that have not ended, as decisions see them, at a cost that does not grow with what they were asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmod.jobs.prepared import Prepared
from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status
from dmod.scheduler.active import Active

if TYPE_CHECKING:
    from dmod.scheduler.queue import Queue


def test_all_that_runs_and_the_first_that_wait_are_seen_in_order(queue: Queue, make):
    ids = queue.submit_all([(make.command(cpus=2), Prepared())] * 6, Path("/"))
    queue.advance(5, Status.STAGING, values={"allocation": '[{"node": "here", "cpus": 2, "memory": 0}]'})
    queue.advance(6, Status.CANCELED)
    seen = Active(queue).look(2)
    assert [(job.id, job.status) for job in seen] == [(1, "queued"), (2, "queued"), (5, "staging")]
    assert seen[2].held == (Allocation("here", 2, 0),)
    assert [job.wanted.cpus for job in seen] == [2, 2, 2]
    assert [job.id for job in Active(queue).look()] == ids[:5]


def test_a_job_is_parsed_once_however_often_one_looks(queue: Queue, make, monkeypatch):
    queue.submit_all([(make.command(), Prepared())] * 3, Path("/"))
    active, asked = Active(queue), []
    kept = queue.resources
    monkeypatch.setattr(queue, "resources", lambda jobs: asked.extend(jobs) or kept(jobs))
    for _ in range(3):
        assert len(active.look()) == 3
    assert asked == [1, 2, 3]


def test_a_request_to_stop_is_seen(queue: Queue, make):

    queue.submit(make.command(), Path("/"), Prepared())
    queue.advance(1, Status.RUNNING)
    queue.cancel(1, "enough")
    (seen,) = Active(queue).look()
    assert (seen.stop, seen.asked) == ("enough", None)
    assert seen.started is not None
