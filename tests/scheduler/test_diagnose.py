"""Why a job failed, in one line, from what it left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dmod.scheduler.diagnose import TAIL, diagnose, last_line

if TYPE_CHECKING:
    from pathlib import Path

HYDRA = """
===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID {pid} RUNNING AT river
=   EXIT CODE: {code}
=   CLEANING UP REMAINING PROCESSES
=   YOU CAN IGNORE THE BELOW CLEANUP MESSAGES
===================================================================================
"""


def printed(folder: Path, stderr: str = "", stdout: str = "") -> Path:
    (folder / "stderr.log").write_text(stderr)
    (folder / "stdout.log").write_text(stdout)
    return folder


def test_what_a_rank_told_comes_first(tmp_path: Path):
    story = {"rank": 2, "exit": 65, "message": "cat-12: GR4J: parameter x1 is 1.0", "why": "it is 50 or more"}
    (tmp_path / "failure.json").write_text(json.dumps(story))
    printed(tmp_path, HYDRA.format(pid=7, code=65))
    assert diagnose(tmp_path, 65) == "rank 2: cat-12: GR4J: parameter x1 is 1.0 (it is 50 or more)"


def test_a_story_without_a_why_is_short(tmp_path: Path):
    (tmp_path / "failure.json").write_text(json.dumps({"rank": 0, "message": "out of memory"}))
    assert diagnose(tmp_path, 75) == "rank 0: out of memory"


@pytest.mark.parametrize(
    ("code", "how"), [(9, "killed by SIGKILL, perhaps for want of memory"), (11, "killed by SIGSEGV"), (71, None)]
)
def test_a_rank_that_mpi_found_dead_is_known_by_its_pid(tmp_path: Path, code: int, how: str | None):
    (tmp_path / "ranks").mkdir()
    for rank, pid in enumerate((41, 42, 43)):
        (tmp_path / "ranks" / f"{rank}.pid").write_text(f"{pid}\n")
    printed(tmp_path, stdout=HYDRA.format(pid=42, code=code))
    assert diagnose(tmp_path, 137) == f"rank 1, pid 42 on river: {how or 'a model failed while it ran'}"


def test_a_process_that_is_no_rank_is_not_called_one(tmp_path: Path):
    printed(tmp_path, HYDRA.format(pid=42, code=9) + "nobody knows\n")
    assert diagnose(tmp_path, 9) == "exit code 9: nobody knows"


@pytest.mark.parametrize(
    ("code", "stderr", "said"),
    [
        (3, "", "exit code 3"),
        (3, "warning\nno such river\n\n", "exit code 3: no such river"),
        (1, "Traceback ...\nValueError: no\n=====\n", "exit code 1: ValueError: no"),
        (137, "", "killed by SIGKILL, perhaps for want of memory"),
        (143, "stopping\n", "exit code 143: stopping"),
        (127, "/bin/sh: 1: exec: ./run: not found\n", "exit code 127: /bin/sh: 1: exec: ./run: not found"),
    ],
)
def test_otherwise_the_code_and_the_last_line_of_stderr(tmp_path: Path, code: int, stderr: str, said: str):
    assert diagnose(printed(tmp_path, stderr), code) == said


def test_nothing_left_behind_is_enough(tmp_path: Path):
    assert diagnose(tmp_path / "gone", 3) == "exit code 3"


def test_a_story_cut_short_is_no_story(tmp_path: Path):
    (tmp_path / "failure.json").write_text('{"rank": 0, "mess')
    assert diagnose(printed(tmp_path, "disk full\n"), 74) == "exit code 74: disk full"


def test_a_long_log_is_read_from_its_end_and_a_long_line_is_cut(tmp_path: Path):
    printed(tmp_path, "x" * (3 * TAIL) + "\n" + "y" * 500 + "\n")
    assert last_line(tmp_path) == "y" * 200


def test_what_is_no_text_is_shown_as_well_as_can_be(tmp_path: Path):
    (tmp_path / "stderr.log").write_bytes(b"\xff\xfe broken\n")
    assert diagnose(tmp_path, 2) == "exit code 2: \ufffd\ufffd broken"
