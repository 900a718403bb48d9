from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from dmod.docker.client import Probe, _refusal, probe

pytest.importorskip("docker", reason="pip install 'dmod[docker]'")


@pytest.fixture
def door(monkeypatch):
    """Where an engine is expected: a short path, since a socket's may have 107 bytes only."""
    path = Path(f"/tmp/dmod-{os.getpid()}.sock")  # noqa: S108 - a socket, gone with the test
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    yield path
    path.unlink(missing_ok=True)


def test_no_socket_means_that_no_engine_listens(door):
    said = probe()
    assert not said.available
    assert said.detail == f"no engine listens at {door}"
    assert said.fix
    assert said.swarm == said.version == ""


def test_a_socket_that_a_dead_engine_left_behind(door):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(door))
    assert probe().detail == f"the engine of {door} is not running"


def test_an_engine_that_hangs_is_not_waited_for_long(door):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(door))
        silent.listen()
        said = probe(timeout=0.2)
    assert said == Probe(available=False, detail=f"no answer from unix://{door} in time", fix="docker info")


def test_something_that_is_no_engine(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "nonsense")
    said = probe()
    assert said.detail.startswith("nonsense cannot be used: ")
    assert "DOCKER_HOST" in said.fix


def test_permission_is_named_however_deep_it_lies():
    deep = ConnectionError(("Connection aborted.", PermissionError(13, "Permission denied")))
    deep.__cause__ = PermissionError(13, "Permission denied")
    said = _refusal(RuntimeError(deep), "unix:///run/docker.sock")
    assert said.detail == "you may not open /run/docker.sock"
    assert "usermod" in said.fix


def test_without_the_python_package_the_fix_is_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)
    said = probe()
    assert said == Probe(
        available=False, detail="the Python package docker is not installed", fix="pip install 'dmod[docker]'"
    )


@pytest.mark.live
def test_a_real_engine_says_what_it_is(missing):
    said = probe()
    if not said.available:
        missing(f"no Docker Engine: {said.detail}")
    assert said.version in said.detail
    assert said.swarm in {"inactive", "pending", "active", "locked", "error"}
    assert said.cpus >= 1
    assert said.memory > 1 << 26
    assert said.fix == ""
