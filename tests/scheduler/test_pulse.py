"""What the scheduler tells of itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dmod.scheduler import pulse
from dmod.scheduler.pulse import Pulse, Tally

if TYPE_CHECKING:
    from pathlib import Path


def test_it_tells_how_long_decisions_take(tmp_path: Path):
    tally = Tally()
    for seconds in (0.001, 0.004, 0.002):
        tally.decided(seconds, started=2)
    Pulse(tmp_path, tally).beat()
    said = pulse.read(tmp_path)
    assert said["decision_ms"] == {"median": 2.0, "longest": 4.0}
    assert (said["turns"], said["started"], said["ended"], said["last_error"]) == (3, 6, 0, None)


def test_it_writes_once_a_second_and_only_what_has_changed(tmp_path: Path):
    tally = Tally()
    told = Pulse(tmp_path, tally)
    told.beat()
    tally.decided(0.001, started=1)
    told.beat()
    assert pulse.read(tmp_path)["turns"] == 0
    (tmp_path / pulse.FILE).unlink()
    told._next = 0.0  # a second later
    told.beat()
    assert pulse.read(tmp_path)["turns"] == 1
    (tmp_path / pulse.FILE).unlink()
    told._next = 0.0  # and another
    told.beat()
    assert pulse.read(tmp_path) == {}


def test_the_last_error_is_kept_also_by_the_next_scheduler(tmp_path: Path):
    log = logging.getLogger("dmod.test.pulse")
    log.addHandler(Pulse(tmp_path, Tally()))
    log.error("the disk\nis full")
    assert pulse.read(tmp_path)["last_error"]["text"] == "the disk is full"
    Pulse(tmp_path, Tally()).write()
    assert pulse.read(tmp_path)["last_error"]["text"] == "the disk is full"


def test_a_file_that_is_none_of_its_own_tells_nothing(tmp_path: Path):
    assert pulse.read(tmp_path) == {}
    (tmp_path / pulse.FILE).write_text("[1")
    assert pulse.read(tmp_path) == {}


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path):
    Pulse(tmp_path / "gone", Tally()).write()
