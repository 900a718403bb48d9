from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dmod.errors import UsageError
from tui.entry import Entry, Progress, Tasks
from tui.filter import parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(number, name="leaf", status="failed", kind="simulation", **more: object):
    return Entry(number, name, kind, status, 1, NOW, NOW, None, "", **more)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", [1, 2, 3]),
        ("2", [2]),
        ("2-3", [2, 3]),
        ("1,3", [1, 3]),
        ("last", [3]),
        ("LEAF", [1, 3]),
        ("vpu*", [2]),
        ("name:*9", [2]),
        ("state:failed", [1]),
        ("state:run,fail", [1, 2]),
        ("state:active", [2]),
        ("state:", [1, 2, 3]),
        ("kind:com", [3]),
        ("leaf state:completed", [3]),
    ],
)
def test_words_choose(text, shown):
    jobs = [entry(1), entry(2, "vpu09", "running"), entry(3, "leaf-2", "completed", "command")]
    keep = parse(text, 3)
    assert [job.id for job in jobs if keep is None or keep(job)] == shown


@pytest.mark.parametrize(("text", "said"), [("state:x", "no state x"), ("colour:red", "no filter colour:")])
def test_words_without_sense_are_named(text, said):
    with pytest.raises(UsageError, match=said) as caught:
        parse(text, 3)
    assert caught.value.fix


def test_a_note_says_how_long_it_still_takes():
    running = entry(1, status="running", progress=Progress(25, 100, "catchments", "simulating"))
    later = NOW.replace(second=20)
    assert running.note(later) == "25/100 catchments, 1m left"
    assert running.share() == 0.25
    done = entry(1, status="running", progress=Progress(100, 100, "catchments", "writing"))
    assert done.note(later) == "writing"
    assert entry(1, status="queued", waits="behind job 7").note(later) == "behind job 7"
    assert entry(1, status="running", progress=Progress(0, 0, "", "reading")).share() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"done": "x"}', '{"done": 1, "total": 2, "unit": "a"}'])
def test_progress_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "progress.json").write_text(text)
    assert Progress.read(tmp_path) is None


def array(status="running", *, queued=80, running=2, failed=0, attempt=1, **more: object):
    size = queued + running + failed + 18
    return entry(1, status=status, tasks=Tasks(size, queued, running, 18, failed, 0, attempt), **more)


@pytest.mark.parametrize(
    ("job", "note", "share"),
    [
        (array(), "18/100 tasks, 1m left", 0.18),
        (array(failed=2), "20/102 tasks, 2 failed, 1m left", 20 / 102),
        (array(attempt=2), "18/100 tasks", 0.18),  # nobody knows from when to count
        (array(held=True), "held, 18/100 tasks", 0.18),
        (array("queued", running=0, waits="next"), "next", 18 / 98),
        (array("queued", running=0, failed=3, waits="next"), "3 failed, next", 21 / 101),
        (array("queued", running=0, held=True), "held: dmod job release 1", 18 / 98),
    ],
)
def test_a_note_of_an_array_counts_its_tasks(job, note, share):
    assert job.note(NOW.replace(second=20)) == note
    assert job.share() == share


def test_of_an_array_that_has_ended_the_share_is_what_is_good():
    ended = array("failed", queued=0, running=0, failed=2)
    assert ended.share() == 0.9
    assert not ended.waiting
    assert array().waiting
