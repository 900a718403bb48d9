"""When and why, for those that wait: tables of what is told, and that it agrees with the decisions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.allocate import free
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.forecast import forecast, reasons, shorter
from dmod.scheduler.step import GRACE, Holding, Waiting, step

NOW = 1000.0
ONE = (Node("a", 4, 1000),)
TWO = (Node("a", 4, 1000), Node("b", 2, 500))


def job(number: int, cpus: int = 1, memory: int = 0, *, limit: int = 0, tasks: int = 1, spread: str = "") -> Waiting:
    return Waiting(number, Resources(cpus, memory, spread or "single-node", limit), tasks)


def holds(node: str, cpus: int, *, ends: float = math.inf, memory: int = 0) -> Holding:
    return Holding(99, (Allocation(node, cpus, memory),), NOW + ends)


def left(nodes: tuple[Node, ...], holding: list[Holding]) -> tuple[Node, ...]:
    return free(nodes, [each for task in holding for each in task.held])


WHEN = {
    "nobody waits": (ONE, [], [], {}),
    "at once": (ONE, [], [job(1), job(2)], {1: 0, 2: 0}),
    "when the first ends": (ONE, [holds("a", 4, ends=100)], [job(1)], {1: 100}),
    "when enough have ended": (
        ONE, [holds("a", 1, ends=50), holds("a", 2, ends=100), holds("a", 1)], [job(1, 3)], {1: 100},
    ),
    "nobody knows": (ONE, [holds("a", 4)], [job(1)], {}),
    "never": (ONE, [], [job(1, 5), job(2)], {2: 0}),
    "one after the other": (
        ONE, [], [job(1, 3, limit=90), job(2, 3, limit=90), job(3, 4), job(4, limit=90)], {1: 0, 2: 100, 3: 200, 4: 0},
    ),
    "in a hole before the head": (
        ONE, [holds("a", 3, ends=100)], [job(1, 4, limit=50), job(2, limit=90), job(3)], {1: 100, 2: 0, 3: 160},
    ),
    "the first task of an array, and what comes after all of them": (
        ONE, [], [job(1, 2, limit=90, tasks=4), job(2, 1)], {1: 0, 2: 200},
    ),
    "on the node that is free first": (
        TWO, [holds("a", 4, ends=100), holds("b", 2, ends=50)], [job(1, 2), job(2, 4)], {1: 50, 2: 100},
    ),
    "who is late may end now": (ONE, [holds("a", 4, ends=-5)], [job(1)], {1: 0}),
    "behind one without a limit nobody knows": (
        ONE, [], [job(1, 3, limit=90), job(2, 3, limit=90), job(3, 4), job(4)], {1: 0, 2: 100, 4: 0},
    ),
    "one job for ever on one of two nodes": (
        TWO, [holds("a", 4)], [job(1, 2, limit=90), job(2, 2), job(3, 2), job(4, 4)], {1: 0, 2: 100},
    ),
    "many ends at almost the same time": (
        ONE, [holds("a", 2, ends=1000), holds("a", 2, ends=1001)], [job(1, 2), job(2, 2)], {1: 1001, 2: 1001},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WHEN)
def test_when_jobs_start(case: str):
    nodes, holding, waiting, starts = WHEN[case]
    told = forecast(waiting, nodes, left(nodes, holding), holding, NOW)
    assert {number: moment - NOW for number, moment in told.items()} == starts


def test_only_as_many_jobs_as_asked_for_are_told():
    assert forecast([job(1), job(2)], ONE, ONE, [], NOW, most=1) == {1: NOW}


def test_a_longer_grace_starts_the_next_later():
    assert forecast([job(1, 4, limit=60), job(2)], ONE, ONE, [], NOW, grace=30) == {1: NOW, 2: NOW + 90}


WHY = {
    "nobody waits": (ONE, [], [], {}),
    "next": (ONE, [], [job(1)], {1: "next"}),
    "numbers": (ONE, [holds("a", 3)], [job(1, 4)], {1: "needs 4 cpus, 1 free"}),
    "memory": (ONE, [holds("a", 1, memory=900)], [job(1, 1, 200)], {1: "needs 200B, 100B free"}),
    "behind the head": (
        ONE, [holds("a", 2)], [job(1, 4), job(2), job(3, 3)],
        {1: "needs 4 cpus, 2 free", 2: "behind job 1, which needs 4 cpus, 2 free", 3: "needs 3 cpus, 2 free"},
    ),
    "what starts now is taken from what is free": (
        ONE, [], [job(1, 3), job(2, 2)], {1: "next", 2: "needs 2 cpus, 1 free"},
    ),
    "in a hole": (
        ONE, [holds("a", 3, ends=100)], [job(1, 4), job(2, limit=90)], {1: "needs 4 cpus, 0 free", 2: "next"},
    ),
    "never here": (ONE, [], [job(1, 5), job(2)], {1: "needs 5 cpus, 4 in all", 2: "next"}),
    "never on one node": (TWO, [], [job(1, 5)], {1: "needs 5 cpus on one node, at most 4 in all"}),
    "an array of which some start": (ONE, [], [job(1, tasks=9), job(2)], {1: "next", 2: "needs 1 cpu, 0 free"}),
    "a spread job": (
        TWO, [holds("a", 3)], [job(1, 4, spread="fill-nodes")], {1: "needs 4 cpus, 3 free"},
    ),
    "cpus here, memory there": (
        (Node("a", 4, 1000), Node("b", 4, 1000)), [holds("a", 1, memory=900), holds("b", 3)], [job(1, 2, 500)],
        {1: "needs 2 cpus and 500B on one node: a has 3 cpus and 100B free, b has 1 cpu and 1000B free"},
    ),
    "no nodes": ((), [], [job(1)], {1: "needs 1 cpu, 0 in all"}),
}  # fmt: skip


@pytest.mark.parametrize("case", WHY)
def test_why_jobs_wait(case: str):
    nodes, holding, waiting, why = WHY[case]
    assert reasons(waiting, nodes, left(nodes, holding), holding, NOW) == why


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        (1, 0),  # the head
        (2, 90),  # it ends with its grace when the head starts
        (3, 0),  # it does not fit anyway
        (4, 0),  # it starts now
        (9, 0),  # nobody knows it
    ],
)
def test_a_shorter_time_limit_lets_a_job_start_before_the_head(number: int, seconds: int):
    holding = [holds("a", 2, ends=100)]
    waiting = [job(1, 4), job(4, limit=1), job(2, limit=3600), job(3, 2)]
    assert shorter(waiting, ONE, left(ONE, holding), holding, NOW, job=number) == seconds


def test_no_time_limit_helps_if_nobody_knows_when_the_head_starts_or_it_starts_too_soon():
    for ends in (math.inf, GRACE):
        holding = [holds("a", 2, ends=ends)]
        assert shorter([job(1, 4), job(2)], ONE, left(ONE, holding), holding, NOW, job=2) == 0


@st.composite
def situations(draw) -> tuple[list[Holding], list[Waiting]]:
    ends = st.sampled_from([50.0, 100.0, 200.0, math.inf])
    holding: list[Holding] = []
    for cpus, end in draw(st.lists(st.tuples(st.integers(1, 3), ends), max_size=4)):
        node = next((node for node in left(TWO, holding) if node.cpus >= cpus), None)
        holding += [holds(node.name, cpus, ends=end)] if node else []
    shapes = st.tuples(st.integers(1, 5), st.sampled_from([0, 30, 90]), st.sampled_from(["", "fill-nodes"]))
    waiting = [
        job(number, cpus, limit=limit, spread=spread)
        for number, (cpus, limit, spread) in enumerate(draw(st.lists(shapes, max_size=6)), start=1)
    ]
    return holding, waiting


@given(situations())
def test_what_is_told_agrees_with_what_is_decided(situation: tuple[list[Holding], list[Waiting]]):
    holding, waiting = situation
    now = {start.job for start in step(waiting, TWO, left(TWO, holding), holding, NOW)}
    told = forecast(waiting, TWO, left(TWO, holding), holding, NOW)
    said = reasons(waiting, TWO, left(TWO, holding), holding, NOW)
    assert {number for number, moment in told.items() if moment == NOW} == now
    assert {number for number, why in said.items() if why == "next"} == now
    assert said.keys() == {each.job for each in waiting}


@given(situations())
def test_a_job_with_the_limit_that_is_told_starts_now(situation: tuple[list[Holding], list[Waiting]]):
    holding, waiting = situation
    for at, each in enumerate(waiting):
        seconds = shorter(waiting, TWO, left(TWO, holding), holding, NOW, job=each.job)
        if seconds:
            changed = [*waiting[:at], job(each.job, each.wanted.cpus, limit=seconds, spread=each.wanted.paradigm)]
            starts = step([*changed, *waiting[at + 1 :]], TWO, left(TWO, holding), holding, NOW)
            assert each.job in {start.job for start in starts}
