"""The small files that tell of a running worker."""

from __future__ import annotations

import errno
import json
import os

import pytest

from dmod.worker.files import Progress, discard, write_first, write_pid


def test_the_first_story_of_a_failure_stays(tmp_path):
    assert write_first(tmp_path / "failure.json", {"rank": 1})
    assert not write_first(tmp_path / "failure.json", {"rank": 0})
    assert json.loads((tmp_path / "failure.json").read_text()) == {"rank": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["failure.json"]


def test_the_story_of_an_earlier_attempt_makes_room(tmp_path):
    story = tmp_path / "failure.json"
    write_first(story, {"rank": 1})
    assert write_first(story, {"rank": 0}, since=story.stat().st_mtime + 1)
    assert json.loads(story.read_text()) == {"rank": 0}


def test_a_story_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_source, _target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space"):
        write_first(tmp_path / "failure.json", {})
    assert list(tmp_path.iterdir()) == []


def test_the_room_of_an_output_is_given_back_though_its_file_is_open(tmp_path):
    (tmp_path / "partial" / "deep").mkdir(parents=True)
    with (tmp_path / "partial" / "deep" / "rows.nc").open("wb") as file:
        file.write(b"0" * 1_000_000)
        file.flush()
        discard(tmp_path / "partial")
        assert not (tmp_path / "partial").exists()
        assert os.fstat(file.fileno()).st_blocks == 0
    discard(tmp_path / "partial")  # nothing is there


def test_a_rank_says_which_process_it_is(tmp_path):
    write_pid(tmp_path, 3)
    assert int((tmp_path / "ranks" / "3.pid").read_text()) == os.getpid()


def test_progress_is_written_five_times_a_second_at_each_phase_and_at_the_end(tmp_path):
    clock = iter([0.0, 0.1, 0.25, 0.3, 0.31])

    def done(phase: str, more: int) -> int:
        progress.update(phase, more)
        return json.loads((tmp_path / "progress.json").read_text())["done"]

    progress = Progress(tmp_path, 10, "catchments", now=lambda: next(clock))
    assert [done("simulating", 1), done("simulating", 1), done("simulating", 1)] == [1, 1, 3]
    assert done("writing", 1) == 4
    assert done("writing", 6) == 10
    told = json.loads((tmp_path / "progress.json").read_text())
    assert told == {"done": 10, "total": 10, "unit": "catchments", "phase": "writing"}
