"""Cgroups limit what the processes of a task hold together, where they may be made."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dmod.executors import cgroup


@pytest.fixture
def tree(tmp_path):
    """A tree of version 2 as files, and what /proc/self/cgroup says."""

    def make(enabled: str = "cpu memory", limit: str = "max", path: str = "/app.slice/terminal.scope"):
        own = tmp_path / "root" / path.lstrip("/")
        own.mkdir(parents=True)
        (own / "cgroup.subtree_control").write_text("")
        (own / "memory.max").write_text(limit + "\n")
        (own.parent / "cgroup.subtree_control").write_text(enabled + "\n")
        (tmp_path / "cgroup").write_text(f"0::{path}\n")
        return tmp_path / "root", tmp_path / "cgroup"

    return make


def test_with_version_2_a_group_lies_beside_that_of_the_scheduler(tree):
    root, own = tree()
    group = cgroup.make("task", 1000, root, own)
    assert group == root / "app.slice" / "task"
    assert (group / "memory.max").read_text() == "1000"
    assert (group / "memory.swap.max").read_text() == "0"
    assert (group / "memory.oom.group").read_text() == "1"


def test_one_whose_children_may_have_limits_holds_it(tree):
    root, own = tree()
    (root / "app.slice" / "terminal.scope" / "cgroup.subtree_control").write_text("memory")
    assert cgroup.make("task", 1000, root, own) == root / "app.slice" / "terminal.scope" / "task"


@pytest.mark.parametrize("changes", [{"enabled": "cpu"}, {"limit": "5000"}])
def test_no_task_escapes_a_limit_of_the_scheduler(tree, changes):
    assert cgroup.make("task", 1000, *tree(**changes)) is None


def test_without_cgroups_there_is_no_group(tmp_path):
    assert cgroup.make("task", 1000, tmp_path, tmp_path / "none") is None
    assert cgroup.measure(tmp_path / "none") is None
    assert cgroup.is_removed(tmp_path / "none")
    assert cgroup.members("") == []


def test_what_version_2_counted_is_read(tmp_path):
    (tmp_path / "memory.peak").write_text("1234\n")
    (tmp_path / "memory.events").write_text("low 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 1\n")
    (tmp_path / "cgroup.procs").write_text("12\n13\n")
    assert cgroup.measure(tmp_path) == (1234, True)
    assert cgroup.members(str(tmp_path)) == [12, 13]


def test_the_kernel_holds_processes_to_it(missing):
    group = cgroup.make("dmod-test", 60 * 2**20)
    if group is None:
        missing("this user may make no cgroups with a memory limit here")
    greedy = "data = bytearray(40 * 2**20); input()"
    both = f"exec 3<&0; echo 0 > {group}/cgroup.procs; for _ in 1 2; do {sys.executable} -c '{greedy}' <&3 & done; wait"
    process = subprocess.Popen(["/bin/sh", "-c", both], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while not (cgroup.measure(group) or (0, True))[1]:
        assert process.poll() is None or cgroup.measure(group)[1]
    process.communicate()
    peak, hit = cgroup.measure(group)
    assert hit
    assert 40 * 2**20 < peak <= 60 * 2**20
    assert cgroup.is_removed(group)
