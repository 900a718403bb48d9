"""The house rules that a linter does not know."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dmod import errors

ROOT = Path(__file__).parents[2]
MODULES = sorted([*(ROOT / "dmod").rglob("*.py"), *(ROOT / "tui").rglob("*.py")])
ROOMS_WITHOUT_A_NOUN = {"core", "common", "utils", "helpers", "manager", "service", "types"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_file_is_small_and_its_functions_are_short(path: Path):
    text = path.read_text()
    assert text.count("\n") <= 300, "is there a noun missing?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert size <= 50, f"{node.name} has {size} lines"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_has_a_noun_for_its_name_and_leaves_nothing_for_later(path: Path):
    assert path.stem not in ROOMS_WITHOUT_A_NOUN
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text())


def test_every_exit_code_is_that_of_one_error():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DmodError)]
    codes = [kind.exit_code for kind in kinds]
    assert sorted(codes) == list(range(1, 9))
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in kinds)
