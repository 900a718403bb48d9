"""What is not JSON is named by line and column, in words for the mistake."""

from pathlib import Path

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import json_file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n "a": [1, 2,]\n}', r"f\.json:2:12 is not JSON: a comma before ']'"),
        ('{\n "a": 1,\n}', r"f\.json:2:8 is not JSON: a comma before '}'"),
        ('{"a": 1', r"f\.json:1:8 is not JSON: it ends in the middle"),
        ("", r"f\.json:1:1 is not JSON: it is empty"),
        ('{\n// note\n"a": 1}', r"f\.json:2:1 is not JSON: JSON has no comments"),
        ('{"a" 1}', r"f\.json:1:6 is not JSON: expecting ':' delimiter"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_the_place_and_the_mistake(tmp_path: Path, text: str, message: str):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UsageError, match=message):
        json_file.read(tmp_path / "f.json")


def test_what_is_no_text_or_no_file(tmp_path: Path):
    (tmp_path / "f.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(UsageError, match="byte 7 is not UTF-8"):
        json_file.read(tmp_path / "f.json")
    with pytest.raises(NotFoundError, match=r"no file .*g\.json"):
        json_file.read(tmp_path / "g.json")
    with pytest.raises(NotFoundError, match="cannot be read: Is a directory"):
        json_file.read(tmp_path)


def test_a_mark_of_byte_order_is_no_mistake_and_a_list_is_no_object(tmp_path: Path):
    (tmp_path / "f.json").write_bytes(b"\xef\xbb\xbf[1]")
    assert json_file.read(tmp_path / "f.json") == [1]
    with pytest.raises(UsageError, match="holds a list, not a JSON object"):
        json_file.read_object(tmp_path / "f.json")
