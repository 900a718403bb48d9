"""`dmod image` where there is no engine: what is wrong, and what mends it."""

from __future__ import annotations

import pytest

pytest.importorskip("docker", reason="pip install 'dmod[docker]'")


@pytest.mark.parametrize(
    "words", [["build"], ["list"], ["show", "worker"], ["push"], ["delete", "--unused"]], ids=" ".join
)
def test_without_an_engine_the_error_says_how_to_have_one(dmod, monkeypatch, tmp_path, words):
    dmod("init", "--yes")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    said = dmod("image", *words)
    assert said.code == 5
    assert said.err.startswith(
        f"error: no Docker Engine answers\n  why: no engine listens at {tmp_path}/no.sock\n  fix: "
    )


def test_what_to_delete_must_be_said(dmod):
    dmod("init", "--yes")
    said = dmod("image", "delete")
    assert said.code == 2
    assert "dmod image delete --unused" in said.err
