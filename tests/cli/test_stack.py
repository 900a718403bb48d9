"""`dmod stack` where there is no engine, and what it will not do unasked."""

from __future__ import annotations

import pytest

pytest.importorskip("docker", reason="pip install 'dmod[docker]'")


@pytest.fixture
def project(dmod, monkeypatch, tmp_path):
    dmod("init", "--yes")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("words", [["up"], ["down"], ["restart"], ["list"], ["status"], ["logs"]], ids=" ".join)
def test_without_an_engine_the_error_says_how_to_have_one(dmod, words):
    said = dmod("stack", *words)
    assert said.code == 5
    assert said.err.startswith("error: no Docker Engine answers\n  why: no engine listens at ")


@pytest.mark.usefixtures("project")
def test_what_would_come_up_is_told_without_an_engine(dmod):
    said = dmod("stack", "up", "-n")
    assert [line.partition(":")[0] for line in said.lines] == [
        f"would bring up {name}" for name in ("registry", "object-store", "main")
    ]


@pytest.mark.usefixtures("project")
def test_a_stack_that_does_not_exist(dmod):
    said = dmod("stack", "up", "registri")
    assert said.code == 3
    assert "there is no stack registri; did you mean registry?" in said.err


@pytest.mark.usefixtures("project")
def test_volumes_are_deleted_of_named_stacks_only(dmod):
    said = dmod("stack", "down", "--volumes")
    assert said.code == 2
    assert "name the stacks" in said.err
