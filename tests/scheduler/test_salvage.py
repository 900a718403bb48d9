"""A damaged queue: what can be read of it is saved, the damaged file is kept, and nothing is made up."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import toml_file
from dmod.config import Defaults
from dmod.errors import ConflictError
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order, line_item
from dmod.jobs.status import Status
from dmod.scheduler import database
from dmod.scheduler.queue import Queue
from dmod.scheduler.salvage import damage, salvage

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.jobs.spec import Spec

JOBS = 300
PAGE = 4096


def spec(name: str) -> Spec:
    data = {"kind": "command", "name": name, "command": {"argv": ["/bin/echo", name, "x" * 200]}}
    return kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three hundred jobs, the last an array of 500 lines."""
    queue = Queue(tmp_path / "queue.db")
    queue.submit_all([Order(spec(f"job-{number}"), Path("/")) for number in range(1, JOBS)])
    lines = [line_item(f"line {number}") for number in range(500)]
    queue.submit(Order(spec("array"), Path("/"), numbers=Numbers.parse("1-500"), items=lines))
    for number in range(1, 100):
        queue.cancel(number)
    queue.close()
    return tmp_path / "queue.db"


def pages(path: Path, table: str) -> list[int]:
    """The leaf pages of a table, found by the type in their first byte."""
    raw = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()[0]
    found, todo = [], [root]
    while todo:
        number = todo.pop()
        page = raw[(number - 1) * PAGE : number * PAGE]
        if page[0] in {0x0D, 0x0A}:
            found.append(number)
            continue
        cells = int.from_bytes(page[3:5], "big")
        starts = [int.from_bytes(page[12 + 2 * at : 14 + 2 * at], "big") for at in range(cells)]
        todo += [int.from_bytes(page[at : at + 4], "big") for at in starts] + [int.from_bytes(page[8:12], "big")]
    return sorted(found)


def overwrite(path: Path, numbers: list[int], with_: Callable[[int], bytes] = os.urandom) -> None:
    with path.open("r+b") as file:
        for number in numbers:
            file.seek((number - 1) * PAGE)
            file.write(with_(PAGE))


def names(path: Path) -> dict[int, str]:
    queue = Queue(path)
    found = {job.id: job.name for job in queue.jobs()}
    queue.close()
    return found


def test_a_sound_queue_has_no_damage(path: Path):
    assert damage(path) == ""


@pytest.mark.parametrize("noise", [os.urandom, bytes, lambda size: b"\xff" * size], ids=["random", "zeros", "ones"])
def test_what_lies_on_other_pages_is_saved(path: Path, noise: Callable[[int], bytes]):
    leaves = pages(path, "job")
    overwrite(path, leaves[2:11:4], noise)
    assert damage(path)
    done = salvage(path)
    left = names(path)
    assert len(left) == done.jobs
    assert JOBS - 3 * 20 <= done.jobs < JOBS
    assert all(name == ("array" if number == JOBS else f"job-{number}") for number, name in left.items())
    assert sorted([*left, *done.lost]) == list(range(1, JOBS + 1))  # each is saved, or told of
    assert damage(path) == ""


@pytest.mark.parametrize("seed", range(6))
def test_wherever_single_bytes_are_wrong_something_is_saved_and_can_be_used(path: Path, seed: int):
    raw = bytearray(path.read_bytes())
    for at in range(200):
        noise = sha256(f"{seed} {at}".encode()).digest()
        raw[int.from_bytes(noise[:4], "big") % len(raw)] = noise[4]
    path.write_bytes(raw)
    assert damage(path)
    assert salvage(path).jobs > 100
    assert damage(path) == ""
    queue = Queue(path)
    assert len(queue.jobs()) > 100
    assert all(queue.tasks(job.id) for job in queue.jobs(limit=20))
    queue.submit(Order(spec("next"), Path("/")))
    queue.close()


def test_what_was_damaged_is_kept_as_it_was(path: Path):
    overwrite(path, pages(path, "job")[:2])
    before = path.read_bytes()
    kept = salvage(path).kept
    assert kept is not None
    assert kept.name.startswith("queue.db.damaged-2")
    assert kept.read_bytes() == before
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, kept.name]


def test_a_look_changes_nothing(path: Path):
    overwrite(path, pages(path, "job")[:2])
    before = path.read_bytes()
    done = salvage(path, replace=False)
    assert done.kept is None
    assert 0 < done.jobs < JOBS
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_jobs_to_which_no_page_leads_are_saved_but_do_not_start(path: Path):
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("select rootpage from sqlite_master where name = 'job'").fetchone()[0]
    before = names(path)
    overwrite(path, [root])
    done = salvage(path)
    assert (names(path), done.lost) == (before, ())
    queue = Queue(path)
    assert queue.get(50).status is Status.CANCELED
    assert queue.get(200).held
    assert "may have run since" in queue.events(200)[-1].note
    assert done.mended.held == tuple(range(100, JOBS + 1))


def test_what_was_pruned_does_not_come_back(path: Path):
    queue = Queue(path)
    assert len(queue.prune(time.time() + 1)) == 99
    queue.close()
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("select rootpage from sqlite_master where name = 'job'").fetchone()[0]
    overwrite(path, [root])
    assert salvage(path).jobs == JOBS - 99
    assert min(names(path)) == 100


def test_of_a_file_that_was_cut_the_rest_is_saved(path: Path):
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(int(size * 0.6) + 100)
    assert damage(path)
    done = salvage(path)
    assert 0 < done.jobs <= JOBS
    assert min([*names(path), *done.lost]) == 1


def test_without_its_first_page_all_jobs_are_saved(path: Path):
    overwrite(path, [1], bytes)
    assert damage(path) == "file is not a database"
    done = salvage(path)
    assert (done.jobs, done.lost) == (JOBS, ())
    assert Queue(path).items(JOBS, [7]) == {7: line_item("line 6")}


def test_a_file_of_nothing_saves_nothing_and_says_so_of_the_folders(path: Path):
    path.write_bytes(bytes(path.stat().st_size))
    for number in (3, 41):
        (path.parent / "jobs" / str(number)).mkdir(parents=True)
    done = salvage(path)
    assert (done.jobs, done.lost) == (0, (3, 41))
    assert Queue(path).submit(Order(spec("next"), Path("/"))) == 42  # no folder is given twice


def test_the_lines_on_other_pages_are_saved(path: Path):
    overwrite(path, pages(path, "item")[1:2])
    assert damage(path)
    done = salvage(path)
    assert done.jobs == JOBS
    assert 350 <= done.rows["item"] < 500


def test_what_was_committed_but_not_yet_in_the_file_is_saved(path: Path):
    queue = Queue(path)
    number = queue.submit(Order(spec("late"), Path("/")))
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{path.parent}/copy.db{end}")
    queue.close()
    copy = path.parent / "copy.db"
    overwrite(copy, [pages(path, "job")[4]])
    done = salvage(copy)
    assert names(copy)[number] == "late"
    assert done.kept is not None
    assert Path(f"{done.kept}-wal").exists()


def test_what_is_submitted_meanwhile_is_saved_too(path: Path):
    overwrite(path, pages(path, "job")[3:4])

    def submit() -> int:
        while not list(path.parent.glob(".salvage-*/fresh.db")):
            time.sleep(0.001)
        queue = Queue(path)
        late = queue.submit(Order(spec("late"), Path("/")))
        queue.close()
        return late

    with ThreadPoolExecutor() as pool:
        late = pool.submit(submit)
        salvage(path)
    assert names(path)[late.result()] == "late"


def test_a_job_that_waits_for_a_lost_one_is_held(path: Path):
    queue = Queue(path)
    after = queue.submit(Order(spec("after"), Path("/"), after=[150]))
    queue.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("delete from job where id = 150")
        connection.commit()
    done = salvage(path)
    assert (done.mended.held, done.lost) == ((after,), (150,))
    queue = Queue(path)
    assert queue.get(after).held
    assert "was lost" in queue.events(after)[-1].note
    queue.release(after)


def test_running_tasks_that_are_lost_have_failed(path: Path, advance: Callable[..., None]):
    queue = Queue(path)
    advance(queue, 120, Status.RUNNING)
    for task in (1, 2, 3):
        advance(queue, JOBS, Status.RUNNING, task=task)
    advance(queue, JOBS, Status.COMPLETED, task=1)
    queue.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("delete from task where job = 120 or number = 3")
        connection.commit()
    assert salvage(path).mended.failed == (120, JOBS)
    queue = Queue(path)
    assert queue.get(120).status is Status.FAILED
    assert "was lost" in queue.get(120).reason
    array = queue.get(JOBS)
    assert (array.status, array.running, array.completed, array.failed) == (Status.RUNNING, 1, 1, 1)
    assert queue.retry(120) == 1


def test_a_large_queue_is_saved_in_seconds(tmp_path: Path):
    path = tmp_path / "queue.db"
    queue = Queue(path)
    queue.submit_all([Order(spec("many"), Path("/"))] * 5_000)
    queue.close()
    leaves = pages(path, "job")
    overwrite(path, leaves[::20])
    began = time.process_time()
    done = salvage(path)
    assert 4_000 < done.jobs < 5_000
    assert time.process_time() - began < 20


def test_damage_that_is_told_in_noise_is_damage(path: Path):
    raw = path.read_bytes()
    at = raw.index(b"integer primary key")
    path.write_bytes(raw[:at] + b"int\xfbger" + raw[at + 7 :])
    assert damage(path)
    with pytest.raises(ConflictError, match="is damaged"):
        database.check(path)
    assert salvage(path).jobs == JOBS
