"""The tasks that hold nodes: no cpu is given twice, and who is asked to end ends."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.launch import trace
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.running import Running, Task

if TYPE_CHECKING:
    from dmod.jobs.launch import Key

NODES = (Node("a", 4, 1000), Node("b", 2, 1000))
GRACE = 10.0


class Asked:
    """An executor that only notes whom it was told to stop."""

    def __init__(self) -> None:
        self.told: list[tuple[Key, str]] = []

    def stop(self, program, _handle, *, kill) -> None:
        self.told.append((program.key, "KILL" if kill else "TERM"))


def running(numbers: range = range(6)) -> SimpleNamespace:
    """Nothing runs yet; `start` has a task run since so many seconds."""
    asked = Asked()
    made = Running(asked, GRACE, numbers)

    def start(key: Key, held: tuple[Allocation, ...], *, since: float = 0.0, limit: int = 0) -> tuple[int, ...]:
        bound = made.bind(held, NODES)
        wanted = Resources(sum(each.cpus for each in held), 0, "single-node", limit)
        made.add(key, Task(trace(key, 1, Path("/"), bound), wanted, held, {}, monotonic() - since))
        return bound

    return SimpleNamespace(running=made, told=asked.told, start=start)


def test_each_task_has_the_next_cpus_of_its_nodes_that_nobody_has():
    here = running(range(8, 14))
    assert here.start((1, 0), (Allocation("a", 2, 0),)) == (8, 9)
    assert here.start((2, 0), (Allocation("a", 1, 0), Allocation("b", 2, 0))) == (10, 12, 13)
    here.running.pop((1, 0))
    assert here.start((3, 0), (Allocation("a", 3, 0),)) == (8, 9, 11)
    assert here.running.free(NODES) == (Node("a", 0, 1000), Node("b", 0, 1000))


def test_on_a_node_that_is_larger_than_the_machine_tasks_are_not_bound():
    here = running(range(3))  # as many numbers as there are; the nodes were declared with 6
    assert here.running.bind((Allocation("a", 2, 0),), NODES) == ()
    assert here.running.bind((Allocation("b", 2, 0),), NODES) == (0, 1)


TURNS = st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 2), st.integers(0, 20)), max_size=40)


@given(TURNS)
def test_no_cpu_is_ever_given_twice(turns: list[tuple[bool, int, int, int]]):
    here, bound = running(), dict[tuple[int, int], tuple[int, ...]]()
    for number, (start, on_a, on_b, which) in enumerate(turns):
        free = {node.name: node.cpus for node in here.running.free(NODES)}
        if start and on_a + on_b and on_a <= free["a"] and on_b <= free["b"]:
            held = tuple(Allocation(name, cpus, 0) for name, cpus in (("a", on_a), ("b", on_b)) if cpus)
            bound[number, 0] = here.start((number, 0), held)
            assert len(bound[number, 0]) == on_a + on_b
        elif bound and not start:
            key = list(bound)[which % len(bound)]
            here.running.pop(key)
            del bound[key]
        given_ = Counter(cpu for cpus in bound.values() for cpu in cpus)
        assert set(given_.values()) <= {1}


def test_over_its_time_limit_a_task_is_asked_and_after_the_grace_killed_once():
    here = running()
    here.start((1, 0), (Allocation("a", 1, 0),), since=99, limit=100)
    here.running.enforce()
    assert here.told == []
    assert 0 < here.running.moment() - monotonic() <= 1
    task = here.running.tasks[1, 0]
    task.since -= 2
    here.running.enforce()
    here.running.enforce()
    assert here.told == [((1, 0), "TERM")]
    assert task.reason == "it ran longer than its time limit of 1m40s"
    assert GRACE - 1 < here.running.moment() - monotonic() <= GRACE
    task.asked -= GRACE
    here.running.enforce()
    here.running.enforce()
    assert here.told == [((1, 0), "TERM"), ((1, 0), "KILL")]
    assert here.running.moment() == math.inf


def test_a_task_that_ends_when_it_is_asked_is_not_killed():
    here = running()
    here.start((1, 0), (Allocation("a", 1, 0),), since=2, limit=1)
    here.running.enforce()
    assert here.running.pop((1, 0)).reason
    here.running.enforce()
    assert here.told == [((1, 0), "TERM")]
    assert here.running.pop((1, 0)) is None


def test_who_cancels_has_a_task_asked_once_and_killed_after_the_grace():
    here = running()
    for number in (1, 2):
        here.start((number, 0), (Allocation("a", 1, 0),))
    here.running.cancel([(1, 0), (9, 9)], "enough")
    here.running.cancel([(1, 0)], "again")
    assert here.told == [((1, 0), "TERM")]
    task = here.running.tasks[1, 0]
    assert (task.canceled, task.reason) == ("enough", "")
    task.asked -= GRACE
    here.running.enforce()
    assert here.told[1:] == [((1, 0), "KILL")]


def test_a_task_over_its_limit_that_is_canceled_as_well_has_no_longer_to_live():
    here = running()
    here.start((1, 0), (Allocation("a", 1, 0),), since=2, limit=1)
    here.running.enforce()
    asked = here.running.tasks[1, 0].asked
    here.running.cancel([(1, 0)], "enough")
    assert (here.running.tasks[1, 0].asked, here.told) == (asked, [((1, 0), "TERM")])


@pytest.mark.parametrize(
    ("since", "limit", "ends"), [(0, 0, math.inf), (5, 100, 95 + GRACE), (200, 100, 0), (105, 100, GRACE - 5)]
)
def test_it_is_known_when_a_task_ends_at_the_latest(since: float, limit: int, ends: float):
    here = running()
    here.start((1, 0), (Allocation("a", 1, 0),), since=since, limit=limit)
    now = monotonic()
    (held,) = here.running.holding(now)
    assert held.job == 1
    assert held.until - now == pytest.approx(ends, abs=0.5)
