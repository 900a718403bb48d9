from __future__ import annotations

import pytest

from tui.memory import Memory


def test_what_was_kept_is_there_again(tmp_path):
    kept = Memory(tmp_path, screen="data", theme="dmod-light", split=44)
    kept.sorts, kept.filters, kept.hidden = {"jobs": "-name"}, {"data": "forcing"}, {"jobs": ["kind"]}
    kept.history["filter"] = [f"word{at}" for at in range(80)]
    kept.write()
    again = Memory.read(tmp_path)
    assert (again.screen, again.theme, again.split) == ("data", "dmod-light", 44)
    assert (again.sorts, again.filters, again.hidden) == (kept.sorts, kept.filters, kept.hidden)
    assert again.history["filter"] == [f"word{at}" for at in range(30, 80)]


@pytest.mark.parametrize("text", ["{", "[1]", '{"screen": 5, "history": 3}', '{"history": {"filter": "x"}}', "\xff"])
def test_a_broken_file_is_an_empty_one(tmp_path, text):
    (tmp_path / "dashboard.json").write_text(text)
    assert Memory.read(tmp_path) == Memory(tmp_path)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    Memory(tmp_path / "missing").write()
    assert not (tmp_path / "missing").exists()
