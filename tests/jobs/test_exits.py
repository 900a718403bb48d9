"""Exit codes as sentences."""

from __future__ import annotations

import pytest

from dmod.jobs.exits import Exit, explain


@pytest.mark.parametrize("code", Exit)
def test_every_code_of_a_worker_has_a_sentence(code: Exit):
    assert explain(int(code)) == code.sentence
    assert not code.sentence.endswith(".")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "exit code 1"),
        (137, "killed by SIGKILL, perhaps for want of memory"),
        (-9, "killed by SIGKILL, perhaps for want of memory"),
        (139, "killed by SIGSEGV"),
        (-15, "killed by SIGTERM"),
        (255, "exit code 255"),
        (-1000, "exit code -1000"),
    ],
)
def test_any_other_code_is_said_as_it_is(code: int, said: str):
    assert explain(code) == said
