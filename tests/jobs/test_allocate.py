"""Allocation keeps its laws, whatever is asked of whatever nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.allocate import allocate, free, rooms
from dmod.jobs.allocate import room as ranks
from dmod.jobs.resources import Allocation, Node, Resources

PARADIGMS = ("single-node", "fill-nodes", "round-robin")
SPREADING = PARADIGMS[1:]
MEMORY = st.integers(0, 12) | st.integers(0, 2**34)  # bytes; small ones meet limits exactly


@st.composite
def pools(draw) -> tuple[Node, ...]:
    sizes = draw(st.lists(st.tuples(st.integers(0, 8), MEMORY), min_size=1, max_size=6))
    return tuple(Node(f"node-{at}", cpus, memory) for at, (cpus, memory) in enumerate(sizes))


def requests(paradigms: tuple[str, ...]) -> st.SearchStrategy[Resources]:
    return st.builds(Resources, st.integers(1, 12), st.just(0) | MEMORY, st.sampled_from(paradigms))


def room(wanted: Resources, node: Node) -> int:
    """How many ranks fit, each with its share rounded up; all of them where the whole request fits."""
    share = -(-wanted.memory // wanted.cpus)
    fitting = max(ranks for ranks in range(node.cpus + 1) if ranks * share <= node.memory)
    whole = node.cpus >= wanted.cpus and node.memory >= wanted.memory
    return max(fitting, wanted.cpus) if whole else fitting


@given(requests(PARADIGMS), pools())
def test_what_is_granted_is_what_was_asked(wanted, nodes):
    granted = allocate(wanted, nodes)
    if granted is not None:
        assert sum(each.cpus for each in granted) == wanted.cpus
        assert sum(each.memory for each in granted) == wanted.memory


@given(requests(PARADIGMS), pools())
def test_no_node_gives_more_than_it_has(wanted, nodes):
    granted = allocate(wanted, nodes) or ()
    have = {node.name: node for node in nodes}
    assert len({each.node for each in granted}) == len(granted)
    for each in granted:
        assert 1 <= each.cpus <= have[each.node].cpus
        assert each.memory <= have[each.node].memory


@given(st.lists(requests(PARADIGMS), max_size=6), pools())
def test_what_is_left_after_many_grants_is_never_less_than_nothing(requests, nodes):
    held: list[Allocation] = []
    for wanted in requests:
        held += allocate(wanted, free(nodes, held)) or ()
    assert all(node.cpus >= 0 and node.memory >= 0 for node in free(nodes, held))


@given(requests(PARADIGMS[:1]), pools())
def test_a_single_node_refuses_only_what_fits_no_node(wanted, nodes):
    fits = any(node.cpus >= wanted.cpus and node.memory >= wanted.memory for node in nodes)
    granted = allocate(wanted, nodes)
    assert (granted is not None) == fits
    assert granted is None or len(granted) == 1


@given(requests(SPREADING), pools())
def test_several_nodes_refuse_only_what_has_no_room_on_all_of_them(wanted, nodes):
    fits = sum(room(wanted, node) for node in nodes) >= wanted.cpus
    assert (allocate(wanted, nodes) is not None) == fits


@given(requests(SPREADING), pools())
def test_how_many_ranks_fit_is_the_same_for_one_node_and_for_many(wanted, nodes):
    expected = [room(wanted, node) for node in nodes]
    assert [ranks(wanted, node.cpus, node.memory) for node in nodes] == expected
    assert rooms(wanted, nodes) == expected


@given(requests(PARADIGMS), pools(), st.integers(1, 9), MEMORY)
def test_a_node_that_gives_less_than_it_has_given_grants_nothing(wanted, nodes, cpus, memory):
    short = Node("short", -cpus, -memory)
    assert allocate(wanted, [short, *nodes]) == allocate(wanted, nodes)


@given(requests(("fill-nodes",)), pools())
def test_filling_takes_as_few_nodes_as_can_be(wanted, nodes):
    granted = allocate(wanted, nodes)
    if granted is not None:
        roomiest = sorted((room(wanted, node) for node in nodes), reverse=True)
        assert sum(roomiest[: len(granted) - 1]) < wanted.cpus


@given(requests(("round-robin",)), pools())
def test_taking_turns_is_even_as_far_as_there_is_room(wanted, nodes):
    granted = allocate(wanted, nodes)
    if granted is not None:
        counts = {each.node: each.cpus for each in granted}
        has_room = [node.name for node in nodes if counts.get(node.name, 0) < room(wanted, node)]
        most = max(counts.values())
        assert all(counts.get(name, 0) >= most - 1 for name in has_room)


@given(pools(), st.integers(1, 8))
def test_memory_that_nobody_asked_for_is_no_limit(nodes, cpus):
    granted = allocate(Resources(cpus), nodes)
    assert granted is None or [each.memory for each in granted] == [0]


@given(requests(PARADIGMS), pools())
def test_ranks_have_shares_that_differ_by_a_byte_at_most(wanted, nodes):
    for each in allocate(wanted, nodes) or ():
        share = wanted.memory // wanted.cpus
        assert share * each.cpus <= each.memory <= (share + 1) * each.cpus


TWO = (Node("one", 4, 100), Node("two", 2, 100))


@pytest.mark.parametrize(
    ("paradigm", "cpus", "granted"),
    [
        ("single-node", 2, {"two": 2}),  # the hole it fills best
        ("single-node", 3, {"one": 3}),
        ("single-node", 5, None),
        ("fill-nodes", 5, {"one": 4, "two": 1}),
        ("fill-nodes", 4, {"one": 4}),
        ("round-robin", 3, {"one": 2, "two": 1}),
        ("round-robin", 6, {"one": 4, "two": 2}),
        ("round-robin", 7, None),
    ],
)
def test_each_paradigm_on_two_nodes(paradigm: str, cpus: int, granted: dict[str, int] | None):
    found = allocate(Resources(cpus, 0, paradigm), TWO)
    assert (None if found is None else {each.node: each.cpus for each in found}) == granted


def test_memory_that_does_not_divide_by_the_ranks_fits_a_node_that_has_just_enough():
    assert allocate(Resources(3, 2**30), [Node("here", 4, 2**30)]) == (Allocation("here", 3, 2**30),)


def test_what_is_held_of_a_node_that_has_gone_counts_for_nothing():
    assert free(TWO, [Allocation("three", 1, 1), Allocation("two", 1, 40)]) == (TWO[0], Node("two", 1, 60))
