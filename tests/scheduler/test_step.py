"""Every scheduling decision, as a table of what is known and what is to be done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.allocate import free
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.jobs.status import Status
from dmod.scheduler.step import GRACE, Refuse, Seen, Start, Stop, impossible, shortage, step, waits, wake

NOW = 1_000_000.0
HERE = (Node("here", 4, 1000),)


def queued(number: int, cpus: int = 1, memory: int = 0) -> Seen:
    return Seen(number, Status.QUEUED, Resources(cpus, memory))


def running(number: int, cpus: int = 1, *, memory: int = 0, limit: int = 0, since: float = 5.0, **more: object) -> Seen:
    wanted = Resources(cpus, memory, time_limit=limit)
    return Seen(number, Status.RUNNING, wanted, (Allocation("here", cpus, memory),), NOW - since, **more)


def holds(cpus: int, memory: int = 0) -> tuple[Allocation, ...]:
    return (Allocation("here", cpus, memory),)


def test_jobs_start_in_their_order_while_there_is_room():
    assert step([queued(1, 2), queued(2), queued(3, 2), queued(4)], HERE, NOW) == [
        Start(1, holds(2)),
        Start(2, holds(1)),
    ]


def test_what_runs_or_is_staged_keeps_its_cpus_and_what_is_collected_does_not():
    staging = Seen(2, Status.STAGING, Resources(1), holds(1))
    collecting = Seen(3, Status.COLLECTING, Resources(4), holds(4))
    assert step([running(1, 2), staging, collecting, queued(4), queued(5)], HERE, NOW) == [Start(4, holds(1))]


def test_a_large_job_at_the_head_is_not_starved_by_small_ones_behind():
    assert step([running(1), queued(2, 4), queued(3), queued(4)], HERE, NOW) == []
    assert step([queued(2, 4), queued(3), queued(4)], HERE, NOW) == [Start(2, holds(4))]


def test_memory_holds_jobs_back_as_cpus_do():
    assert step([running(1, memory=700), queued(2, memory=301)], HERE, NOW) == []
    assert step([running(1, memory=700), queued(2, memory=300)], HERE, NOW) == [Start(2, holds(1, 300))]


def test_what_can_never_run_is_refused_and_holds_nobody():
    assert step([queued(1, 5), queued(2, 1, 1001), queued(3)], HERE, NOW) == [
        Refuse(1, "needs 5 cpus, 4 in all"),
        Refuse(2, "needs 1001B, 1000B in all"),
        Start(3, holds(1)),
    ]


def test_a_time_limit_asks_once_and_then_insists():
    over = running(1, limit=60, since=60)
    assert step([running(1, limit=60, since=59)], HERE, NOW) == []
    assert step([over], HERE, NOW) == [Stop(1, "over its time limit of 1m", kill=False)]
    asked = running(1, limit=60, since=70, stop="over its time limit of 1m", asked=NOW - GRACE + 1)
    assert step([asked], HERE, NOW) == []
    late = running(1, limit=60, since=70, stop="over its time limit of 1m", asked=NOW - GRACE)
    assert step([late], HERE, NOW) == [Stop(1, "over its time limit of 1m", kill=True)]


def test_a_canceled_job_is_asked_to_end_and_then_ended():
    assert step([running(1, stop="canceled by user")], HERE, NOW) == [Stop(1, "canceled by user", kill=False)]
    asked = running(1, stop="canceled by user", asked=NOW)
    assert step([asked], HERE, NOW + GRACE / 2) == []
    assert step([asked], HERE, NOW + GRACE) == [Stop(1, "canceled by user", kill=True)]


def test_only_what_runs_can_be_stopped():
    staging = Seen(1, Status.STAGING, Resources(1, time_limit=1), holds(1), NOW - 9, "canceled by user")
    assert step([staging], HERE, NOW) == []


def test_nothing_to_do_is_no_action():
    assert step([], HERE, NOW) == []
    assert step([running(1)], HERE, NOW) == []


@pytest.mark.parametrize(
    ("jobs", "seconds"),
    [
        ([], None),
        ([queued(1), running(2)], None),
        ([running(1, limit=60, since=45)], 15.0),
        ([running(1, limit=60, since=45), running(2, limit=60, since=50)], 10.0),
        ([running(1, limit=60, since=99)], 0.0),
        ([running(1, limit=60, since=70, stop="x", asked=NOW - 4)], GRACE - 4),
    ],
)
def test_time_alone_makes_something_to_do(jobs: list[Seen], seconds: float | None):
    assert wake(jobs, NOW) == seconds


def test_why_a_job_waits_is_said_in_numbers():
    jobs = [running(1, 3), queued(2, 2), queued(3), queued(4)]
    assert waits(jobs, HERE) == {2: "needs 2 cpus, 1 free", 3: "behind job 2", 4: "behind job 2"}
    assert waits([running(1, memory=900), queued(2, memory=200)], HERE) == {2: "needs 200B, 100B free"}
    assert waits([running(1, 3), queued(2)], HERE) == {2: "next"}
    assert waits([running(1)], HERE) == {}


@pytest.mark.parametrize(
    ("wanted", "lack"),
    [
        (Resources(4, 1000), ""),
        (Resources(5), "needs 5 cpus, 4 in all"),
        (Resources(1, 2**30), "needs 1GiB, 1000B in all"),
        (Resources(1, paradigm="round-robin"), ""),
    ],
)
def test_what_can_never_be_is_said_in_numbers(wanted: Resources, lack: str):
    assert impossible(wanted, HERE) == lack


def test_nodes_count_together_only_for_jobs_that_may_be_spread():
    two = (Node("one", 2, 100), Node("two", 3, 100))
    assert shortage(Resources(4, paradigm="fill-nodes"), two) == ""
    assert shortage(Resources(4), two) == "needs 4 cpus, 3 free"
    assert shortage(Resources(6, paradigm="round-robin"), two) == "needs 6 cpus, 5 free"


@st.composite
def crowds(draw) -> list[Seen]:
    sizes = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 5), st.integers(0, 400)), max_size=8))
    jobs, left = [], HERE
    for number, (runs, cpus, memory) in enumerate(sizes, start=1):
        fits = left[0].cpus >= cpus and left[0].memory >= memory
        jobs.append(running(number, cpus, memory=memory) if runs and fits else queued(number, cpus, memory))
        left = free(HERE, [each for job in jobs for each in job.held])
    return jobs


@given(crowds())
def test_what_is_started_fits_beside_what_runs(jobs):
    started = [each for action in step(jobs, HERE, NOW) if isinstance(action, Start) for each in action.allocation]
    held = [each for job in jobs for each in job.held]
    (left,) = free(HERE, held + started)
    assert left.cpus >= 0
    assert left.memory >= 0


@given(crowds())
def test_none_overtakes_one_that_could_run(jobs):
    actions = step(jobs, HERE, NOW)
    decided = [action.job for action in actions]
    waiting = [job.id for job in jobs if job.status is Status.QUEUED]
    assert decided == waiting[: len(decided)]


@given(crowds())
def test_when_nothing_runs_something_starts(jobs):
    alone = [job for job in jobs if job.status is Status.QUEUED]
    possible = [job for job in alone if not impossible(job.wanted, HERE)]
    started = [action for action in step(alone, HERE, NOW) if isinstance(action, Start)]
    assert bool(started) == bool(possible)


LIMITED = {"calib-*": 1}


def named(job: int, name: str, status: Status = Status.QUEUED) -> Seen:
    held = (Allocation("here", 1, 0),) if status is Status.RUNNING else ()
    return Seen(job, status, Resources(), held, name=name)


def test_a_name_at_its_limit_waits_and_holds_nobody_up():
    jobs = [named(1, "calib-a", Status.RUNNING), named(2, "calib-b"), named(3, "other"), named(4, "calib-c")]
    nodes = (Node("here", 4, 2**30),)
    assert [action.job for action in step(jobs, nodes, 0, limits=LIMITED)] == [3]
    assert waits(jobs, nodes, LIMITED) == {
        2: '1 at once of "calib-*", 1 run',
        3: "next",
        4: '1 at once of "calib-*", 1 run',
    }
    assert [action.job for action in step(jobs[1:], nodes, 0, limits=LIMITED)] == [2, 3]


@pytest.mark.parametrize(("grace", "killed"), [(5, True), (10, True), (10.5, False)])
def test_a_job_that_was_asked_to_stop_has_its_grace(grace: float, killed: bool):  # noqa: FBT001
    job = Seen(1, Status.RUNNING, Resources(), started=0, stop="enough", asked=10)
    assert step([job], (Node("here", 1, 0),), 20, grace=grace) == ([Stop(1, "enough", kill=True)] if killed else [])
    assert wake([job], 10, grace) == grace
