"""Which exit code an exception is."""

from __future__ import annotations

import errno
import json
import subprocess
import sys

import pytest

from dmod.errors import NotFoundError, UnmetError, UnreachableError, UsageError
from dmod.jobs.exits import Exit, explain
from dmod.models.model import ModelError
from dmod.worker.failure import OutputError, TerminatedError, code, terminate


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UsageError("x"), Exit.BAD_DATA),
        (NotFoundError("x"), Exit.MISSING_INPUT),
        (UnmetError("x"), Exit.MISSING_INPUT),
        (FileNotFoundError(errno.ENOENT, "gone"), Exit.MISSING_INPUT),
        (UnreachableError("x"), Exit.MPI_UNAVAILABLE),
        (ModelError("x"), Exit.MODEL_FAILED),
        (OutputError("x"), Exit.OUTPUT_FAILED),
        (OSError(errno.ENOSPC, "full"), Exit.OUTPUT_FAILED),
        (MemoryError(), Exit.OUT_OF_MEMORY),
        (TerminatedError(), Exit.TERMINATED),
        (ZeroDivisionError(), Exit.BUG),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_every_failure_has_its_code(error, expected):
    assert code(error) is expected


def test_every_code_has_a_sentence_without_a_full_stop():
    assert all(exit_code.sentence and not exit_code.sentence.endswith(".") for exit_code in Exit)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (71, "a model failed while it ran"),
        (-9, "killed by SIGKILL, perhaps for want of memory"),
        (137, "killed by SIGKILL, perhaps for want of memory"),
        (139, "killed by SIGSEGV"),
        (3, "exit code 3"),
        (300, "exit code 300"),
    ],
)
def test_any_exit_code_is_explained(number, said):
    assert explain(number) == said


def test_a_request_to_stop_gets_past_whoever_catches_exceptions():
    def model() -> None:
        try:
            terminate(15, None)
        except Exception:  # noqa: BLE001 - as models do it
            pytest.fail("the model swallowed it")

    with pytest.raises(SystemExit) as stop:
        model()
    assert stop.value.code == 143


LIMITED = """
import resource, sys
from pathlib import Path
from dmod.errors import UsageError
from dmod.worker.failure import tell

resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[2]), int(sys.argv[2])))
sys.exit(tell(UsageError("Time cannot be read", why="NetCDF: HDF error"), Path(sys.argv[1]), 1))
"""


@pytest.mark.parametrize(("limit", "short"), [(1, True), (2**40, False)])
def test_near_the_limit_of_memory_odd_failures_say_so(tmp_path, limit, short):
    told = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path), str(limit)], check=False, capture_output=True)
    story = json.loads((tmp_path / "failure.json").read_text())
    assert (told.returncode, story["message"]) == (Exit.BAD_DATA, "Time cannot be read")
    assert story["why"].startswith("NetCDF: HDF error")
    assert ("want of memory" in story["why"], "more [resources] memory" in story["fix"]) == (short, short)
