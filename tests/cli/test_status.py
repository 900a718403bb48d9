"""`dmod status` sums up what there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from dmod.cli import settings, status
from dmod.cli.settings import Settings

NOW = datetime.now(UTC)


class Job(NamedTuple):
    id: int
    name: str
    status: str
    ended: datetime | None = None
    reason: str = ""


class File(NamedTuple):
    size: int


class Dataset(NamedTuple):
    category: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


JOBS: list[Any] = [
    Job(1, "leaf", "completed", NOW),
    Job(2, "saumon", "failed", NOW - timedelta(hours=3), "exit 71 rank 1"),
    Job(3, "baskatong", "failed", NOW - timedelta(hours=1), "canceled by the system"),
    Job(4, "leaf", "running"),
    Job(5, "noop", "queued"),
]
DATASETS: list[Any] = [
    Dataset("forcing", (File(2**20), File(2**20))),
    Dataset("output", (File(0),)),
    Dataset("forcing", ()),
]


def summary(jobs: list[Any], datasets: list[Any], scheduler: dict[str, Any]) -> dict[str, Any]:
    return {
        "project": "rivers",
        "root": "/home/me/rivers",
        "scheduler": scheduler,
        **status.of_jobs(jobs),
        "datasets": status.of_datasets(datasets),
    }


@pytest.fixture(autouse=True)
def ascii_only():
    settings.use(Settings(ascii=True))


def test_one_screen_says_it_all():
    assert status.lines(summary(JOBS, DATASETS, {"state": "running", "pid": 42})) == [
        "project    rivers  /home/me/rivers",
        "scheduler  * running pid 42",
        "jobs       o queued 1  * running 1  + completed 1  x failed 2",
        "datasets   3 (2 forcing, 1 output), 2MiB",
        "           * running  4 leaf",
        "           x failed  3 baskatong, 1h ago: canceled by the system",
        "           x failed  2 saumon, 3h ago: exit 71 rank 1",
        "           next: dmod job explain 3",
    ]


def test_an_empty_project_says_what_to_type():
    assert status.lines(summary([], [], {"state": "stopped", "pid": None})) == [
        "project    rivers  /home/me/rivers",
        "scheduler  o stopped; it starts with the next job",
        "jobs       none yet; dmod job submit job.toml",
        "datasets   none yet; dmod dataset create NAME --category forcing --from PATH",
    ]


def test_the_last_failures_come_first_and_are_three_at_most():
    jobs: list[Any] = [Job(at, "x", "failed", NOW + timedelta(seconds=at)) for at in range(10)]
    assert [job["id"] for job in status.of_jobs(jobs)["failures"]] == [9, 8, 7]
    assert status.of_jobs(jobs)["jobs"]["failed"] == 10


def test_status_in_a_project(dmod):
    pytest.importorskip("dmod.cli.scheduler", reason="this version has no scheduler")
    dmod("init", "--name", "rivers")
    said = dmod("status", "-o", "json")
    assert said.code == 0, said.err
    assert set(said.json) == set(status.RECORD["required"])
    assert said.json["jobs"]["queued"] == 0


def test_a_long_reason_fits_the_terminal_and_is_whole_where_nobody_looks(monkeypatch: pytest.MonkeyPatch):
    long: list[Any] = [Job(7, "sim", "failed", NOW, "rank 0: " + "no gauge can be scored " * 20)]
    told = summary(long, [], {"state": "stopped"})
    assert max(map(len, status.lines(told))) > 400
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    settings.use(Settings(ascii=True, color="never"))
    line = next(line for line in status.lines(told) if "7 sim" in line)
    assert (len(line), line[-1]) == (80, "~")
