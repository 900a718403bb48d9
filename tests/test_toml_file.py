"""A TOML file knows where each of its keys stands."""

from __future__ import annotations

import math
import string
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod import toml_file
from dmod.errors import ConflictError, NotFoundError, UsageError

TEXT = '''
kind = "simulation" # with a [comment]

[resources]
  cpus = 2
"odd key".'inner' = """two
lines = 'no key' """

[simulation]
start = 2015-12-01 00:00:00
catchments = [
  "cat-1", # a comment with ]
  "cat-2",
]
model = { name = "gr4j", params = [1, { x1 = 3 }] }

[[step]]
name = 'a\\'
[[step]]
name = "b\\" ]"
[step.more]
deep.er = 1
'''


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (("kind",), "2:1"),
        (("resources",), "4:1"),
        (("resources", "cpus"), "5:3"),
        (("resources", "odd key", "inner"), "6:1"),
        (("simulation", "catchments", 1), "13:3"),
        (("simulation", "model", "params"), "15:26"),
        (("simulation", "model", "params", 1, "x1"), "15:41"),
        (("step", 0, "name"), "18:1"),
        (("step", 1), "19:1"),
        (("step", 1, "name"), "20:1"),
        (("step", 1, "more", "deep", "er"), "22:1"),
    ],
)
def test_every_key_has_its_line_and_column(keys: tuple[str | int, ...], place: str):
    assert toml_file.parse(TEXT, Path("job.toml")).where(*keys) == f"job.toml:{place}"


def test_a_key_that_is_not_there_is_where_its_table_is():
    located = toml_file.parse(TEXT, Path("job.toml"))
    assert located.where("resources", "memory") == "job.toml:4:1"
    assert located.where("nothing") == "job.toml"


def paths(value: object, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, each in items for path in [(*above, key), *paths(each, (*above, key))]]


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(key)} = {as_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


TEXTS = st.text(string.ascii_letters + "[]{}=,.#'\"\\ é", max_size=8)
SCALARS = st.booleans() | st.integers(-9, 9) | st.floats(-9, 9).filter(math.isfinite) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_every_key_of_any_document_is_found_where_it_stands(document: dict[str, Any]):
    text = "".join(f"{as_toml(key)} = {as_toml(value)}\n" for key, value in document.items())
    located = toml_file.parse(text, Path("any.toml"))
    lines = text.split("\n")
    assert set(located.places) == set(paths(located.data))
    for keys, (line, column) in located.places.items():  # type: ignore[misc]
        if isinstance(keys[-1], str):
            assert lines[line - 1][column - 1 :].startswith(as_toml(keys[-1]))  # type: ignore[operator]


def test_windows_line_ends_do_not_move_keys():
    assert toml_file.parse("a = 1\r\n\r\n[b]\r\nc = 2\r\n", Path("x.toml")).where("b", "c") == "x.toml:4:1"


def test_what_is_not_toml_is_refused_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("job.toml").write_text('kind = "command"\ncpus = = 2\n')
    with pytest.raises(UsageError, match=r"^job.toml:2:8 is not TOML: invalid value$"):
        toml_file.read(Path("job.toml"))


def test_what_is_not_text_is_refused_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("job.toml").write_bytes(b'a = 1\nb = "\xff"\n')
    with pytest.raises(UsageError, match=r"^job\.toml:2:6 is not UTF-8 text"):
        toml_file.read(Path("job.toml"))


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path):
    with pytest.raises(NotFoundError, match="there is no file"):
        toml_file.read(tmp_path / "job.toml")
    with pytest.raises(ConflictError, match="is a directory"):
        toml_file.read(tmp_path)


def test_a_value_from_the_command_line_says_so():
    located = toml_file.parse(TEXT, Path("job.toml"))
    changed = located.with_value("resources.cpus", 4, "--set resources.cpus")
    assert changed.data["resources"]["cpus"] == 4
    assert changed.where("resources", "cpus") == "--set resources.cpus"
    assert located.data["resources"]["cpus"] == 2


def test_a_value_cannot_become_a_table():
    located = toml_file.parse(TEXT, Path("job.toml"))
    with pytest.raises(UsageError, match=r"--set kind\.name: kind is a value, not a table"):
        located.with_value("kind.name", 4, "--set kind.name")
    with pytest.raises(UsageError, match="is not a key"):
        located.with_value("kind..name", 4, "--set kind..name")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("true", True),
        ("leaf", "leaf"),
        ("[1, 2]", [1, 2]),
        ('"4"', "4"),
        ("2015-12-01", date(2015, 12, 1)),
        ("a\nb = 1", "a\nb = 1"),
        ("1\nb = 1", "1\nb = 1"),
        ("", ""),
    ],
)
def test_words_are_toml_where_they_can_be(text: str, value: object):
    assert toml_file.value(text) == value
