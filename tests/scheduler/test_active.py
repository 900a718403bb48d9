"""A job that has not ended hands out its tasks: each once, those that are run again first."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.numbers import Numbers
from dmod.jobs.resources import Resources
from dmod.jobs.status import Status
from dmod.scheduler.active import NOTHING, SINGLE, Active

NOW = 1000.0


def active(size: int = 1, **changes: object) -> Active:
    """An array of that many tasks, 1, 2, 3…"""
    made = Active(
        7, "river", 0.0, Status.QUEUED, Resources(), False, "", Numbers.of(range(1, size + 1)), size,  # noqa: FBT003
        0, 0, 0, 0, 0, 0, 1, None,
    )  # fmt: skip
    return replace(made, **changes)


def test_tasks_are_handed_out_in_the_order_of_their_numbers():
    job = active(5)
    assert job.take(2, NOW) == [(1, 1), (2, 1)]
    assert job.take(9, NOW) == [(3, 1), (4, 1), (5, 1)]
    assert job.take(9, NOW) == []


def test_a_job_that_is_no_array_has_task_0():
    job = active(1, numbers=SINGLE)
    assert not job.array
    assert active(1).array  # an array of one task is one
    assert job.take(9, NOW) == [(0, 1)]


def test_those_that_are_run_again_go_first_once_their_moment_has_come():
    job = active(4, begun=2, running=0, again={2: (3, NOW), 1: (2, NOW + 5)})
    assert (job.ready(NOW), job.due(NOW)) == (3, NOW + 5)
    assert job.take(9, NOW) == [(2, 3), (3, 1), (4, 1)]
    assert (job.ready(NOW), job.due(NOW), job.due(NOW + 5)) == (0, NOW + 5, math.inf)
    assert job.take(9, NOW + 5) == [(1, 2)]


def test_those_that_were_canceled_before_their_turn_are_passed_over():
    job = active(5, skipped=frozenset({2, 5}), canceled=2)
    assert job.ready(NOW) == 3
    assert job.take(9, NOW) == [(1, 1), (3, 1), (4, 1)]


def test_one_that_was_canceled_before_its_turn_and_retried_is_handed_out_once():
    job = active(4, skipped=frozenset({3}), again={3: (2, 0.0)})
    assert job.ready(NOW) == 4
    assert job.take(9, NOW) == [(3, 2), (1, 1), (2, 1), (4, 1)]


def test_no_more_at_once_than_it_asks_for():
    job = active(10, at_once=4, running=3, begun=3)
    assert job.ready(NOW) == 1
    assert active(10, at_once=4, running=4, begun=4).ready(NOW) == 0
    assert active(10).ready(NOW) == 10


@pytest.mark.parametrize(
    ("changes", "eligible"),
    [
        ({}, True),
        ({"held": True}, False),
        ({"stop": "canceled by user"}, False),
        ({"needs": frozenset({3})}, False),
        ({"doomed": "job 3 failed"}, False),
        ({"running": 2, "begun": 2}, True),
        ({"running": 3, "begun": 3}, False),
        ({"completed": 1, "failed": 1, "canceled": 1, "begun": 3}, False),
    ],
)
def test_who_may_take_its_turn(changes: dict[str, object], eligible):
    assert active(3, **changes).eligible is eligible


def test_most_repeat_nothing_and_share_that():
    job = active()
    assert job.again is NOTHING
    job.repeat(1, 2, NOW)
    assert (job.again, NOTHING) == ({1: (2, NOW)}, {})


@given(
    size=st.integers(1, 30),
    skipped=st.sets(st.integers(1, 30)),
    again=st.sets(st.integers(1, 30)),
    takes=st.lists(st.integers(0, 7), min_size=1),
)
def test_each_task_is_handed_out_once_and_as_many_as_are_ready(
    size: int, skipped: set[int], again: set[int], takes: list[int]
):
    there = set(range(1, size + 1))
    skipped, again = skipped & there, again & there
    # those of `again` that were never begun had a row before their turn: they are passed over when it comes
    job = active(size, skipped=frozenset(skipped | again), again=dict.fromkeys(again, (2, 0.0)))
    taken: list[int] = []
    for most in takes:
        ready = job.ready(NOW)
        handed = [number for number, _ in job.take(most, NOW)]
        assert len(handed) == min(most, ready)
        taken += handed
    taken += [number for number, _ in job.take(size, NOW)]
    assert sorted(taken) == sorted(there - (skipped - again))
