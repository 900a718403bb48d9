"""What a worker made becomes a dataset, once, and never takes the place of another."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from shutil import rmtree
from threading import Event
from typing import TYPE_CHECKING

import pytest

from dmod import __version__
from dmod.data.folder import FolderStore
from dmod.errors import ConflictError, DmodError
from dmod.jobs.prepared import Prepared
from dmod.models.place import Place, note
from dmod.scheduler.collect import collect
from dmod.scheduler.collector import Collector

if TYPE_CHECKING:
    from pathlib import Path

PREPARED = Prepared(datasets={"forcing": ("rain",), "observation": ("rain", "gauges")}, digests={"rain": "1f"})


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "datasets")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A job's folder with an output."""
    made = tmp_path / "jobs" / "1" / "output"
    made.mkdir(parents=True)
    (made / "result.txt").write_text("42\n")
    return made.parent


@pytest.fixture
def job(make):
    return make.job(make.simulation("Leaf River"), PREPARED)


def test_the_output_becomes_a_dataset_that_knows_where_it_comes_from(job, folder: Path, store: FolderStore):
    assert collect(job, folder, store) == "leaf-river-1"
    made = store.get("leaf-river-1")
    assert (made.category, made.format, made.job) == ("output", "generic", 1)
    assert made.derived_from == ("rain", "gauges")
    assert made.description == "simulation Leaf River, job 1"
    assert (store.path("leaf-river-1") / "result.txt").read_text() == "42\n"
    assert not (folder / "output").exists()


def test_its_provenance_is_enough_to_make_it_again(job, folder: Path, store: FolderStore):
    collect(job, folder, store)
    said = store.get("leaf-river-1").domain.details["provenance"]
    assert (said["job"], said["dmod"], said["datasets"]) == (1, __version__, {"rain": "1f"})
    assert json.loads(said["spec"])["simulation"]["realization"] == "settings"
    assert "numpy" in said["packages"]
    assert said["host"]
    assert said["python"].startswith("3.")


def test_it_may_be_repeated_after_a_crash_at_any_line(job, folder: Path, store: FolderStore):
    collect(job, folder, store)
    before = store.get("leaf-river-1")
    assert collect(job, folder, store) == "leaf-river-1"
    (folder / "output").mkdir()  # the dataset was made, and the scheduler killed before it removed the folder
    (folder / "output" / "result.txt").write_text("42\n")
    assert collect(job, folder, store) == "leaf-river-1"
    assert store.get("leaf-river-1") == before
    assert not (folder / "output").exists()


def test_a_name_that_another_took_meanwhile_is_left_to_it(job, folder: Path, store: FolderStore, tmp_path: Path):
    (tmp_path / "other.txt").write_text("other")
    store.create("leaf-river-1", "output", [tmp_path / "other.txt"], format="generic")
    with pytest.raises(ConflictError) as caught:
        collect(job, folder, store)
    assert caught.value.message == 'the name of its output, "leaf-river-1", is taken'
    assert caught.value.why == f"it stays in {folder / 'output'}"
    assert (folder / "output" / "result.txt").exists()
    assert store.get("leaf-river-1").job is None


def test_a_job_that_made_nothing_has_no_dataset(job, store: FolderStore, tmp_path: Path, make):
    assert collect(job, tmp_path / "empty", store) == ""
    assert collect(make.job(), tmp_path / "empty", store) == ""
    assert store.names() == []


@pytest.fixture
def collector(store: FolderStore):
    told = Event()
    made = Collector(store, told.set)
    made.told = told
    return made


def finished(collector: Collector) -> list[tuple[int, str, str]]:
    assert collector.told.wait(10)
    collector.told.clear()
    return [(made.job, made.dataset, made.error.message if made.error else "") for made in collector.done()]


def test_outputs_are_collected_beside_the_scheduler_which_is_told(job, folder: Path, collector: Collector):
    collector.put(job, folder)
    assert collector.working == 1
    assert finished(collector) == [(1, "leaf-river-1", "")]
    assert collector.working == 0


def test_one_that_makes_nothing_is_done_at_once(make, collector: Collector, tmp_path: Path):
    collector.put(make.job(), tmp_path)
    assert finished(collector) == [(1, "", "")]


def test_what_goes_wrong_with_one_is_told_and_the_next_is_collected(
    job, make, folder: Path, collector: Collector, tmp_path: Path
):
    second = make.job(make.simulation("second"))
    broken = tmp_path / "jobs" / "2"
    (broken / "output").mkdir(parents=True)  # empty: no dataset can be made of it
    collector.put(second, broken)
    ((number, name, error),) = finished(collector)
    assert (number, name) == (2, "")
    assert error
    collector.put(job, folder)
    assert finished(collector) == [(1, "leaf-river-1", "")]


def test_a_module_that_ended_its_process_has_made_nothing(job, folder: Path, store: FolderStore):
    rmtree(folder / "output")
    (folder / "ranks").mkdir()
    place = Place(folder / "ranks" / "0.at")
    place.enter(note("cat-7", "CFE (libcfebmi.so)", datetime(2015, 12, 1, tzinfo=UTC), 3600), 30)
    with pytest.raises(DmodError) as failure:
        collect(job, folder, store)
    said = "CFE (libcfebmi.so) of cat-7 at step 30, 2015-12-02T06:00:00Z"
    assert failure.value.message == f"rank 0: {said} ended the whole process"
    place.leave()
    assert collect(job, folder, store) == ""
