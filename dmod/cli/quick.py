"""The few questions people ask all day, answered without typer, whose import costs as much as all the rest.

A quick function is what the typer command of the same verb calls too; its keyword arguments are `str | None`,
`int | None`, `bool` or `list[str]` (options that may be repeated; `words` takes what has no option).
Whatever this reader does not know, `--help` included, it leaves to typer: there is one place for errors.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.cli.nouns import Noun


def ran(noun: Noun, words: Sequence[str]) -> bool:
    """Run the quick function of the verb, if there is one and its words are simple."""
    verb = "" if "" in noun.quick else next(iter(words), "")
    target = noun.quick.get(verb)
    if not target:
        return False
    module, _, name = target.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return False
    arguments = read(words[bool(verb) :], function.__annotations__)
    if arguments is None:
        return False
    function(**arguments)
    return True


def read(words: Sequence[str], kinds: dict[str, str]) -> dict[str, Any] | None:
    """The arguments that the words give to a function with these annotations; None if they are not simple."""
    arguments: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        name, equals, text = word.removeprefix("--").partition("=")
        key = name.replace("-", "_")
        if not word.startswith("-") and "words" in kinds:
            arguments.setdefault("words", []).append(word)
            continue
        kind = kinds.get(key, "") if word.startswith("--") and key != "return" else ""
        if not kind or (kind == "bool" and equals):
            return None
        value = True if kind == "bool" else _value(kind, text if equals else next(rest, ""))
        if value is None:
            return None
        if kind.startswith("list"):
            arguments.setdefault(key, []).append(value)
        else:
            arguments[key] = value
    return arguments


def _value(kind: str, text: str) -> str | int | None:
    """The value, if it is simple: text that is no option, or a whole number where one is wanted."""
    if not text or text.startswith("-") or kind == "float":
        return None
    if "int" in kind:
        return int(text) if text.isdecimal() else None
    return text
