from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dmod.errors import UsageError
from tui.entry import Entry, Progress
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
