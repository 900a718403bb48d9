"""Outputs that go to the object store: not while a job needs them, and none is lost on the way."""

from __future__ import annotations

import os
import time

import pytest

pytest.importorskip("minio", reason="pip install 'dmod[objects]'")

from dmod.config import Config
from dmod.data.objects import bucket
from dmod.data.stores import Stores
from dmod.project import Project
from dmod.scheduler import outgoing
from dmod.scheduler.outgoing import Outgoing
from dmod.scheduler.queue import Queue


@pytest.fixture
def project(tmp_path, weed, monkeypatch):
    import weed as weed_

    monkeypatch.setenv("DMOD_OBJECT_STORE_ACCESS_KEY", weed_.KEYS.access_key)
    monkeypatch.setenv("DMOD_OBJECT_STORE_SECRET_KEY", weed_.KEYS.secret_key)
    monkeypatch.setattr(bucket, "_ATTEMPTS", 1)
    monkeypatch.setattr(outgoing, "_PAUSE", 0.1)
    return Project(tmp_path, config(tmp_path, weed.endpoint))


def config(folder, endpoint, outputs="object-store"):
    (folder / "dmod.toml").write_text(
        f'[data]\noutputs = "{outputs}"\n'
        f'[object_store]\nendpoint = "{endpoint}"\nsecure = false\nbucket = "t-{os.urandom(6).hex()}"\n'
    )
    return Config.read(folder / "dmod.toml", {})


def made(project, name="leaf"):
    (project.root / "flow.txt").write_text("12.5")
    return Stores(project).folder.create(name, "output", [project.root / "flow.txt"], format="generic")


def gone(project, name="leaf"):
    """Wait until the folder has let go of it."""
    until = time.monotonic() + 20
    while name in Stores(project).folder.names() or any((project.datasets / ".outgoing").glob("*")):
        assert time.monotonic() < until
        time.sleep(0.05)
    return Stores(project).objects


def test_an_output_goes_and_is_the_same_there(project):
    dataset = made(project)
    Outgoing(project).put("leaf")
    store = gone(project)
    assert store.get("leaf") == dataset
    assert store.check("leaf") == []


def test_where_outputs_stay_in_the_folder_nothing_is_marked(project, tmp_path, weed):
    made(project)
    Outgoing(Project(tmp_path, config(tmp_path, weed.endpoint, "folder"))).put("leaf")
    assert not (project.datasets / ".outgoing").exists()


@pytest.mark.usefixtures("project")
def test_a_store_that_is_down_loses_nothing_and_the_next_scheduler_sends_it(tmp_path, weed):
    down = Project(tmp_path, config(tmp_path, "127.0.0.1:1"))
    made(down)
    later = Outgoing(down)
    later._begin = lambda: None  # the scheduler was killed before it began
    later.put("leaf")
    assert Stores(down).folder.get("leaf")
    with pytest.raises(Exception, match="does not answer"):
        later._send("leaf")
    assert Stores(down).folder.get("leaf")
    Outgoing(up := Project(tmp_path, config(tmp_path, weed.endpoint)))
    assert gone(up).names() == ["leaf"]


def test_an_output_that_a_job_needs_stays_until_that_has_ended(project, monkeypatch):
    made(project)
    needing = [type("Job", (), {"id": 7, "datasets": ("leaf",), "output": None})]
    monkeypatch.setattr(Queue, "jobs", lambda *_, **__: needing)
    Outgoing(project).put("leaf")
    time.sleep(0.5)
    assert Stores(project).folder.names() == ["leaf"]
    needing.clear()
    assert gone(project).names() == ["leaf"]
