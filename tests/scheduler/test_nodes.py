"""Nodes: those that dmod.toml declares, or this machine; and which cpus are theirs."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.config import Config, NodeTable, Scheduler
from dmod.jobs.resources import Node
from dmod.scheduler.nodes import cpu_numbers, cpus, memory, nodes

if TYPE_CHECKING:
    from pathlib import Path

HERE = len(os.sched_getaffinity(0))
WHOLE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_without_a_word_it_is_this_machine():
    assert nodes(Config()) == (Node(platform.node() or "localhost", cpus(), memory()),)


def test_the_scheduler_may_have_less_of_it():
    (node,) = nodes(Config(scheduler=Scheduler(cpus=3, memory=2**30)))
    assert (node.cpus, node.memory) == (3, 2**30)


def test_declared_nodes_stand_in_its_place_in_the_order_of_the_file():
    declared = {"large": NodeTable(64, 2**40), "a.small-one": NodeTable(1, 2**20)}
    assert nodes(Config(nodes=declared)) == (Node("large", 64, 2**40), Node("a.small-one", 1, 2**20))


def test_nodes_that_say_no_memory_share_by_cpus_what_the_others_leave():
    declared = {"a": NodeTable(1), "b": NodeTable(3), "c": NodeTable(1, memory() // 2)}
    a, b, c = nodes(Config(nodes=declared))
    left = memory() - c.memory
    assert (a.memory, b.memory) == (left // 4, left * 3 // 4)
    assert nodes(Config(nodes={"a": NodeTable(1), "b": NodeTable(1, 2 * WHOLE)}))[0].memory == 0


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ([4], [(0, 1, 4, 5)]),
        ([1, 2], [(0,), (1, 4)]),
        ([1, 2, 1, 1], [(0,), (1, 4), (5,), ()]),
        ([3, 2, 1], [(0, 1, 4), (), (5,)]),
        ([64], [()]),
        ([], []),
    ],
)
def test_cpus_are_given_out_in_order_while_there_are_enough(wanted: list[int], numbers: list[tuple[int, ...]]):
    named = [Node(f"n{at}", count, 0) for at, count in enumerate(wanted)]
    assert list(cpu_numbers(named, (0, 1, 4, 5)).values()) == numbers


@given(st.lists(st.integers(1, 9)), st.lists(st.integers(0, 99), unique=True))
def test_no_cpu_is_given_out_twice(wanted: list[int], available: list[int]):
    named = [Node(f"n{at}", count, 0) for at, count in enumerate(wanted)]
    given_out = cpu_numbers(named, available)
    numbers = [number for each in given_out.values() for number in each]
    assert numbers == available[: len(numbers)]
    assert all(len(given_out[node.name]) in {0, node.cpus} for node in named)
    assert all(node.cpus > len(available) - len(numbers) for node in named if not given_out[node.name])


@pytest.mark.parametrize(
    ("mine", "files", "cpu", "size"),
    [
        ("0::/\n", {}, HERE, WHOLE),
        ("", {}, HERE, WHOLE),
        ("0::/\n", {"cpu.max": "100000 100000", "memory.max": "1048576"}, 1, 2**20),
        ("0::/\n", {"cpu.max": "50000 100000", "memory.max": "max"}, 1, WHOLE),
        ("0::/\n", {"cpu.max": "max 100000"}, HERE, WHOLE),
        ("0::/a/b\n", {"a/memory.max": "2048", "a/b/memory.max": "max", "a/cpu.max": "100000 100000"}, 1, 2048),
        ("0::/../../b\n", {"memory.max": "4096"}, HERE, 4096),
        ("4:memory:/x\n0::/\n", {"memory/x/memory.limit_in_bytes": "1024"}, HERE, 1024),
        ("4:memory:/gone\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, HERE, WHOLE),
        ("1:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1, WHOLE),
        ("1:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, HERE, WHOLE),
    ],
)
def test_a_cgroup_makes_the_machine_smaller(tmp_path: Path, mine: str, files: dict[str, str], cpu: int, size: int):
    (tmp_path / "mine").write_text(mine)
    for name, text in files.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    where = (tmp_path / "groups", tmp_path / "mine")
    assert (cpus(*where), memory(*where)) == (cpu, size)
