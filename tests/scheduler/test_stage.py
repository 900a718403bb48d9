"""A job's folder as its worker finds it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dmod.data.folder import FolderStore
from dmod.errors import ConflictError, NotFoundError
from dmod.hydro.period import TimeRange
from dmod.jobs.prepared import Prepared
from dmod.scheduler.stage import stage
from dmod.worker.order import Order

if TYPE_CHECKING:
    from pathlib import Path

PREPARED = Prepared(
    datasets={"realization": ("settings",), "hydrofabric": ("sugar",), "forcing": ("rain", "snow")},
    digests={"rain": "1f"},
    period=TimeRange.parse("2015-12-01", "2015-12-01 23:00"),
    step=3600,
    catchments=("cat-1", "cat-2"),
    size=2,
)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Datasets of which nothing is known but their files."""
    made = FolderStore(tmp_path / "datasets")
    for name, category in (("settings", "config"), ("sugar", "hydrofabric"), ("rain", "forcing"), ("snow", "forcing")):
        (tmp_path / f"{name}.txt").write_text(name)
        made.create(name, category, [tmp_path / f"{name}.txt"], format="generic")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "jobs" / "1"


def test_the_worker_reads_what_the_job_is(make, store: FolderStore, folder: Path):
    job = make.job(make.simulation("leaf", cpus=4, format="csv", start="2015-12-01"), PREPARED)
    stage(job, folder, store)
    order = Order.read(folder)
    assert (order.name, order.kind, order.ranks, order.output_format) == ("leaf", "simulation", 2, "csv")
    assert order.catchments == ("cat-1", "cat-2")
    assert order.clock.steps == 24
    assert order.spec["realization"] == "settings"
    assert [source.name for source in order.datasets["forcing"]] == ["rain", "snow"]
    assert order.the("hydrofabric").category == "hydrofabric"
    for role in ("hydrofabric", "realization"):
        name = order.the(role).name
        assert (order.the(role).path / f"{name}.txt").read_text() == name


def test_it_says_what_output_and_digests_it_has_for_the_record(make, store: FolderStore, folder: Path):
    job = make.job(make.simulation("leaf"), PREPARED)
    stage(job, folder, store)
    said = json.loads((folder / "job.json").read_text())
    assert said["output"] == {"format": "auto", "dataset": "leaf-1"}
    assert said["id"] == 1
    assert said["digests"] == {name: store.get(name).digest for name in ("rain", "snow", "settings", "sugar")}
    assert said["period"] == {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-01T23:00:00Z", "step": 3600}


def test_a_dataset_that_was_changed_since_the_job_was_submitted_is_named(make, store: FolderStore, folder: Path):
    digests = {name: store.get(name).digest for name in PREPARED.names}
    job = make.job(make.simulation("leaf"), replace(PREPARED, digests={**digests, "rain": "1f"}))
    assert stage(job, folder, store) == ["rain"]


def test_a_job_does_not_run_for_an_output_whose_name_was_taken(make, store: FolderStore, folder: Path, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    store.create("leaf-1", "config", [tmp_path / "notes.txt"], format="generic")
    with pytest.raises(ConflictError, match='"leaf-1", is taken'):
        stage(make.job(make.simulation("leaf"), PREPARED), folder, store)


def test_the_tree_below_dmod_leads_to_the_store_through_the_volumes(make, store: FolderStore, folder: Path):
    stage(make.job(make.simulation(), PREPARED), folder, store)
    seen = folder / "dmod" / "datasets" / "forcing" / "rain"
    volume = folder / "dmod" / "cluster_volumes" / "forcing" / "rain"
    assert seen.is_symlink()
    assert not seen.readlink().is_absolute()  # the tree can be seen at /dmod in a container
    assert volume.is_symlink()
    assert seen.resolve() == volume.resolve() == store.path("rain").resolve()
    said = json.loads((folder / "job.json").read_text())["datasets"]["forcing"][0]
    assert said == {"name": "rain", "category": "forcing", "format": "generic", "path": "/dmod/datasets/forcing/rain"}


def test_it_may_be_done_again_and_takes_away_what_an_earlier_attempt_left(make, store: FolderStore, folder: Path):
    job = make.job(make.simulation(), PREPARED)
    stage(job, folder, store)
    for left in ("output", "output.partial", "ranks"):
        (folder / left).mkdir()
        (folder / left / "old").touch()
    for left in ("failure.json", "progress.json", "stdout.log", "stderr.log"):
        (folder / left).write_text("old")
    (folder / "7").mkdir()  # the folder of a task
    stage(job, folder, store)
    assert sorted(path.name for path in folder.iterdir()) == ["7", "dmod", "job.json"]
    assert (folder / "dmod" / "datasets" / "forcing" / "rain" / "rain.txt").exists()


def test_a_command_needs_a_folder_and_nothing_in_it(make, store: FolderStore, folder: Path):
    stage(make.job(), folder, store)
    assert list(folder.iterdir()) == []


def test_a_dataset_that_has_gone_is_named(make, store: FolderStore, folder: Path):
    store.delete("snow")
    with pytest.raises(NotFoundError, match='there is no dataset "snow"'):
        stage(make.job(make.simulation(), PREPARED), folder, store)
    assert not (folder / "job.json").exists()


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(make, store: FolderStore, folder: Path):
    folder.parent.write_text("in the way")
    with pytest.raises(OSError, match="jobs"):
        stage(make.job(), folder, store)
