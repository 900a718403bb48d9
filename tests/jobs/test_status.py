"""Where a job is: one flat list, and three groups of it."""

from __future__ import annotations

import pytest

from dmod.jobs.status import ACTIVE, ENDED, HOLDING, Status


def test_every_status_is_active_or_ended_and_none_is_both():
    assert [*ACTIVE, *ENDED] == list(Status)


def test_those_that_hold_an_allocation_are_active():
    assert HOLDING == (Status.STAGING, Status.RUNNING)
    assert set(HOLDING) < set(ACTIVE)


@pytest.mark.parametrize("status", Status)
def test_a_status_knows_whether_it_is_an_end(status: Status):
    assert status.ended == (status in {"completed", "failed", "canceled"})


def test_a_status_is_its_word():
    assert f"{Status.QUEUED}" == "queued"
    assert Status("running") is Status.RUNNING
