"""Every scheduling decision, as a table of nodes, who holds them and who waits, and what starts."""

from __future__ import annotations

import math

import pytest

from dmod.jobs.allocate import free
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.step import GRACE, Decision, Holding, Start, Waiting, ending, impossible, shortage, step

NOW = 1000.0
ONE = (Node("a", 4, 1000),)
TWO = (Node("a", 4, 1000), Node("b", 2, 500))
THREE = (*TWO, Node("c", 4, 1000))


def job(number: int, cpus: int = 1, memory: int = 0, *, limit: int = 0, tasks: int = 1, spread: str = "") -> Waiting:
    return Waiting(number, Resources(cpus, memory, spread or "single-node", limit), tasks)


def holds(node: str, cpus: int, *, ends: float = math.inf, memory: int = 0) -> Holding:
    """A task that holds cpus of one node and ends so many seconds from now at the latest."""
    return Holding(99, (Allocation(node, cpus, memory),), NOW + ends)


def decide(nodes: tuple[Node, ...], holding: list[Holding], waiting: list[Waiting], **more: float) -> list[str]:
    """What starts, as `job: cpus on each node`."""
    left = free(nodes, [each for task in holding for each in task.held])
    return [
        f"{start.job}: " + "+".join(f"{each.cpus}{each.node}" for each in granted)
        for start in step(waiting, nodes, left, holding, NOW, **more)
        for granted in start.allocations
    ]


TABLE = {
    "nobody waits": (ONE, [], [], []),
    "one fits": (ONE, [], [job(1, 4)], ["1: 4a"]),
    "in their order while there is room": (ONE, [], [job(1, 2), job(2), job(3), job(4)], ["1: 2a", "2: 1a", "3: 1a"]),
    "the order given counts, not the number": (ONE, [], [job(7, 3), job(2), job(1)], ["7: 3a", "2: 1a"]),
    "what is held is not given twice": (ONE, [holds("a", 3)], [job(1), job(2)], ["1: 1a"]),
    "full": (ONE, [holds("a", 4)], [job(1)], []),
    "memory holds back as cpus do": (ONE, [holds("a", 1, memory=700)], [job(1, 1, 301)], []),
    "memory that just fits": (ONE, [holds("a", 1, memory=700)], [job(1, 1, 300)], ["1: 1a"]),
    "many tasks of one job": (ONE, [], [job(1, 1, tasks=3), job(2)], ["1: 1a", "1: 1a", "1: 1a", "2: 1a"]),
    "more tasks than room": (ONE, [], [job(1, 2, tasks=1000)], ["1: 2a", "1: 2a"]),
    "tasks of an array are not overtaken by what comes after": (
        ONE, [holds("a", 1)], [job(1, 2, tasks=5), job(2)], ["1: 2a"],
    ),
    "a job whose limit leaves no task": (ONE, [], [job(1, tasks=0), job(2)], ["2: 1a"]),
    "what never fits holds nobody up": (ONE, [], [job(1, 5), job(2, 1, 1001), job(3)], ["3: 1a"]),
    "no nodes": ((), [], [job(1)], []),
    "the node it fills best": (TWO, [], [job(1, 2)], ["1: 2b"]),
    "large holes stay for large jobs": (TWO, [], [job(1), job(2), job(3, 4)], ["1: 1b", "2: 1b", "3: 4a"]),
    "fill-nodes on as few nodes as can be": (TWO, [], [job(1, 5, spread="fill-nodes")], ["1: 4a+1b"]),
    "round-robin on all": (TWO, [], [job(1, 4, spread="round-robin")], ["1: 2a+2b"]),
    "a spread job gets its memory where it runs": (
        TWO, [holds("a", 0, memory=900)], [job(1, 2, 500, spread="round-robin")], ["1: 2b"],
    ),
    # The head waits without a known end: nothing behind takes of a node that could serve it.
    "a large head is not starved by small ones": (ONE, [holds("a", 1)], [job(1, 4), job(2), job(3)], []),
    "nor by short ones, if nobody knows when it starts": (ONE, [holds("a", 1)], [job(1, 4), job(2, limit=1)], []),
    "a node that could never serve the head is free": (
        TWO, [holds("a", 1)], [job(1, 4), job(2), job(3, 2)], ["2: 1b"],
    ),
    "any node that could serve a spread head waits": (
        TWO, [holds("a", 1)], [job(1, 6, spread="fill-nodes"), job(2)], [],
    ),
    "a node with too little memory for a rank serves none": (
        TWO, [holds("a", 1)], [job(1, 1, 900), job(2, 1, 900), job(3, 4, 600), job(4)], ["1: 1a", "4: 1b"],
    ),
    # The head has a reservation: 100 s from now.
    "a task that ends before the reservation": (
        ONE, [holds("a", 3, ends=100)], [job(1, 4), job(2, limit=90)], ["2: 1a"],
    ),
    "a task that may end after it": (ONE, [holds("a", 3, ends=100)], [job(1, 4), job(2, limit=91)], []),
    "a task without a limit": (ONE, [holds("a", 3, ends=100)], [job(1, 4), job(2)], []),
    "a long task beside the head": (ONE, [holds("a", 3, ends=100)], [job(1, 3), job(2)], ["2: 1a"]),
    "no more long tasks than fit beside the head": (
        ONE, [holds("a", 2, ends=100)], [job(1, 3), job(2, tasks=2), job(3)], ["2: 1a"],
    ),
    "a short task where a long one has no room": (
        ONE, [holds("a", 2, ends=100)], [job(1, 3), job(2), job(3), job(4, limit=90)], ["2: 1a", "4: 1a"],
    ),
    "a short task first leaves no room for a long one": (
        ONE, [holds("a", 2, ends=100)], [job(1, 3), job(2, limit=90, tasks=2), job(3)], ["2: 1a", "2: 1a"],
    ),
    "memory beside the head": (
        ONE, [holds("a", 1, ends=100, memory=900)],
        [job(1, 1, 800), job(2, 1, 90), job(3, 2, 10)], ["2: 1a", "3: 2a"],
    ),
    "memory that the head needs": (
        ONE, [holds("a", 1, ends=100, memory=500)], [job(1, 1, 900), job(2, 1, 101), job(3, 1, 100)], ["3: 1a"],
    ),
    "the reservation is the first moment that is enough": (
        ONE, [holds("a", 1, ends=50), holds("a", 2, ends=100)],
        [job(1, 2), job(2, limit=40), job(3, limit=41)], ["2: 1a"],
    ),
    "an end that is not enough is no reservation": (
        ONE, [holds("a", 1, ends=50), holds("a", 2, ends=100)], [job(1, 4), job(2, limit=90)], ["2: 1a"],
    ),
    "the head waits for the node that is free first": (
        (ONE[0], Node("b", 4, 1000)), [holds("a", 3, ends=100), holds("b", 2, ends=200)], [job(1, 4), job(2, tasks=3)],
        ["2: 1b", "2: 1b"],
    ),
    "a task without an end on one node, an end on the other": (
        (ONE[0], Node("b", 4, 1000)), [holds("a", 3), holds("b", 3, ends=100)], [job(1, 4), job(2, tasks=3)], ["2: 1a"],
    ),
    "a spread head keeps its share of each node": (
        THREE, [holds("a", 3, ends=100), holds("c", 4, ends=100)],
        [job(1, 8, spread="fill-nodes"), job(2, tasks=4)], ["2: 1b", "2: 1b"],
    ),
    "a spread job in the holes": (
        TWO, [holds("a", 3, ends=100)], [job(1, 4), job(2, 3, limit=80, spread="fill-nodes")], ["2: 1a+2b"],
    ),
    "a spread job that would keep the head waiting": (
        TWO, [holds("a", 3, ends=100)], [job(1, 4), job(2, 3, spread="fill-nodes"), job(3)], ["3: 1b"],
    ),
    "who is late ends now or later, nobody knows": (
        ONE, [holds("a", 3, ends=-5)], [job(1, 4), job(2, limit=1), job(3)], [],
    ),
    "what starts now ends as its limit says": (ONE, [], [job(1, 3, limit=60), job(2, 4), job(3, limit=60)], [
        "1: 3a", "3: 1a",
    ]),
    "what starts now without a limit has no end": (ONE, [], [job(1, 3), job(2, 4), job(3, limit=60)], ["1: 3a"]),
    "only the first that does not fit is the head": (
        ONE, [holds("a", 3, ends=100)], [job(1, 2), job(2, 4), job(3)], ["3: 1a"],
    ),
    "an impossible one is no head": (ONE, [holds("a", 3)], [job(1, 9), job(2, 1)], ["2: 1a"]),
    "what runs on a node that is drained counts for nothing": (
        ONE, [holds("gone", 4, ends=10)], [job(1, 3), job(2, 2), job(3, limit=5)], ["1: 3a"],
    ),
    "a node that gives less than it has given": (
        (Node("a", 2, 1000), Node("b", 1, 10)), [holds("a", 4, ends=100)], [job(1, 2), job(2)], ["2: 1b"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_what_starts(case: str):
    nodes, holding, waiting, starts = TABLE[case]
    assert decide(nodes, holding, waiting) == starts


def test_a_start_says_the_job_and_the_allocations_of_its_tasks():
    held = (Allocation("a", 2, 300),)
    assert step([job(1, 2, 300, tasks=9)], ONE, ONE, [], NOW) == [Start(1, [held, held])]


def test_no_more_start_at_once_than_asked_for_and_the_rest_is_for_the_next_call():
    assert decide(ONE, [], [job(1, tasks=2), job(2, tasks=9)], most=3) == ["1: 1a", "1: 1a", "2: 1a"]
    assert decide(ONE, [], [job(1)], most=0) == []


def test_a_longer_grace_ends_later():
    cluster = (ONE, [holds("a", 3, ends=100)], [job(1, 4), job(2, limit=50)])
    assert decide(*cluster, grace=50) == ["2: 1a"]
    assert decide(*cluster, grace=51) == []
    assert ending(Resources(time_limit=50), NOW) == NOW + 50 + GRACE
    assert ending(Resources(), NOW) == math.inf


def test_the_queue_is_read_only_as_far_as_there_is_room():
    def waiting():
        yield job(1, 3)
        yield job(2)
        pytest.fail("nothing is free any more")

    assert len(step(waiting(), ONE, ONE, [], NOW)) == 2


def test_the_queue_is_read_no_further_if_nothing_behind_the_head_may_start():
    def waiting():
        yield job(1, 4)
        yield job(2)
        pytest.fail("the head may need all that is free")

    assert step(waiting(), ONE, free(ONE, [Allocation("a", 1, 0)]), [holds("a", 1)], NOW) == []


def test_who_holds_what_is_not_asked_if_nobody_is_behind_the_head():
    def holding():
        pytest.fail("no reservation is needed")
        yield

    left = free(ONE, [Allocation("a", 2, 0)])
    assert step([job(1, 4), job(2, 3)], ONE, left, holding(), NOW) == []


def test_one_that_fits_is_found_behind_thousands_that_do_not():
    many = [job(number, 2) for number in range(1, 5000)]
    assert decide(ONE, [holds("a", 3, ends=100)], [*many, job(5000, limit=60)]) == ["5000: 1a"]


def test_long_ones_that_must_wait_hide_no_short_one_behind_them():
    many = [job(number, 1, number % 100) for number in range(2, 5000)]
    assert decide(ONE, [holds("a", 3, ends=100)], [job(1, 4), *many, job(5000, limit=60)]) == ["5000: 1a"]


def test_nothing_is_reserved_while_all_fit():
    with pytest.raises(LookupError):
        Decision(ONE, ONE, [], NOW, GRACE).reserved()


APART = (Node("a", 6, 100), Node("b", 1, 2**30))


@pytest.mark.parametrize(
    ("wanted", "nodes", "lack"),
    [
        (Resources(4, 1000), ONE, ""),
        (Resources(5), ONE, "needs 5 cpus, 4 free"),
        (Resources(1), (Node("a", 0, 9),), "needs 1 cpu, 0 free"),
        (Resources(1), (Node("a", -2, 9),), "needs 1 cpu, 0 free"),
        (Resources(1), (), "needs 1 cpu, 0 free"),
        (Resources(1, 2**30), ONE, "needs 1GiB, 1000B free"),
        (Resources(5), TWO, "needs 5 cpus on one node, at most 4 free"),
        (Resources(1, 1200), TWO, "needs 1.2KiB on one node, at most 1000B free"),
        (Resources(7, 0, "fill-nodes"), TWO, "needs 7 cpus, 6 free"),
        (Resources(6, 1501, "round-robin"), TWO, "needs 1501B, 1500B free"),
        (Resources(2, 1200, "fill-nodes"), TWO, "needs 2 cpus with 600B each, 1 such free"),
        (
            Resources(4, 2**29),
            APART,
            "needs 4 cpus and 512MiB on one node: a has 6 cpus and 100B free, b has 1 cpu and 1GiB free",
        ),
    ],
)
def test_what_lacks_is_said_in_numbers(wanted: Resources, nodes: tuple[Node, ...], lack: str):
    assert shortage(wanted, nodes) == lack
    assert impossible(wanted, nodes) == lack.replace("free", "in all")
