"""Small files: there as a whole or not at all."""

from __future__ import annotations

import os

import pytest

from dmod.paths import keep


@pytest.fixture(autouse=True)
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize(("how", "mode"), [((), 0o644), ((0o600,), 0o600), ((0o666,), 0o644)])
def test_a_file_is_replaced_as_a_whole_and_readable_by_whom_it_is_for(tmp_path, how, mode):
    file = tmp_path / "small.json"
    file.write_text("before")
    file.chmod(0o640)
    (tmp_path / f".small.json.{os.getpid()}").write_text("left by an earlier one of this number, and longer")
    keep(file, "é\n".encode(), *how)
    assert [each.name for each in tmp_path.iterdir()] == ["small.json"]
    assert (file.read_text("utf-8"), file.stat().st_mode & 0o777) == ("é\n", mode)


def test_a_folder_that_is_gone_is_not_made_again(tmp_path):
    with pytest.raises(FileNotFoundError):
        keep(tmp_path / "gone" / "small.json", b"{}")
    assert not list(tmp_path.iterdir())
