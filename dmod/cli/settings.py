"""Settings: the global options of this command line, taken out of it wherever they stand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.cli.nouns import NOUNS
from dmod.cli.options import BY_NAME, COLORS, OPTIONS, Option
from dmod.errors import UsageError
from dmod.project import Project
from dmod.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_EXAMPLES = {"directory": ".", "timeout": "90s"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The global options."""

    output: str = "table"
    directory: Path | None = None  # None: the working directory
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    yes: bool = False
    no_input: bool = False
    dry_run: bool = False
    timeout: int | None = None  # seconds
    ascii: bool = False

    @property
    def machine(self) -> bool:
        """Whether a program reads stdout."""
        return self.output in {"json", "jsonl", "yaml"}


_now: Settings = Settings()
_project: Project | None = None


def current() -> Settings:
    """The settings of the command that runs."""
    return _now


def project() -> Project:
    """The project of the command that runs: of -C, of DMOD_PROJECT, or of the working directory."""
    global _project  # noqa: PLW0603 - one command line is one process, and dmod.toml is read once
    if _project is None:
        _project = Project.find(_now.directory)
    return _project


def use(settings: Settings) -> None:
    """Make these the settings of the command that runs."""
    global _now, _project
    _now, _project = settings, None


def split(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Settings, list[str]]:
    """The settings and the rest of the words; what follows `--` is left alone. UsageError for a bad value."""
    given = _of_environment(os.environ if environment is None else environment)
    rest: list[str] = []
    keeps: tuple[str, ...] = ()
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
            break
        taken = None if word in keeps else _taken(word, words)
        if taken is not None:
            given |= taken
            continue
        if not word.startswith("-") and not rest:
            keeps = NOUNS[word].keeps if word in NOUNS else ()
        rest.append(word)
    return Settings(**given), rest


def _taken(word: str, words: Iterator[str]) -> dict[str, Any] | None:
    """What a word sets, with its value from the words that follow; None if it is not a global option."""
    name, equals, text = word.partition("=")
    if word == "--no-color":
        return {"color": "never"}
    if option := BY_NAME.get(name):
        if not option.metavar:
            if equals:
                raise UsageError(f"{name} takes no value", fix=f"write {name} alone")
            return {option.field: True}
        text = text if equals else next(words, "")
        return {option.field: _value(option, text, name)}
    if name[:2] in BY_NAME and not word.startswith("--") and len(word) > 2:
        return _short(word, equals)
    return None


def _short(word: str, equals: str) -> dict[str, Any] | None:
    """`-ojson`, `-o=json`, `-qy`."""
    option = BY_NAME[word[:2]]
    if option.metavar:
        return {option.field: _value(option, word[3:] if word[2:3] == "=" else word[2:], word[:2])}
    switches = [BY_NAME.get(f"-{letter}") for letter in word[1:]]
    if equals or not all(switches) or any(each and each.metavar for each in switches):
        return None
    return {each.field: True for each in switches if each}


def _value(option: Option, text: str, name: str) -> str | int | Path:
    if not text:
        raise UsageError(
            f"{name} needs a value: {option.metavar}", fix=f"{name} {_EXAMPLES.get(option.field) or option.choices[0]}"
        )
    if option.choices and text not in option.choices:
        from dmod.nearest import nearest

        near = nearest(text, option.choices) or option.choices[0]
        fix = f"export {name}={near}" if name == option.variable else f"{name} {near}"
        raise UsageError(f'{name} cannot be "{text}"', why=f"it is one of {', '.join(option.choices)}", fix=fix)
    if option.field == "timeout":
        try:
            return parse_duration(text)
        except UsageError as error:
            raise UsageError(f"{name}: {error.message}", why=error.why) from None
    return Path(text).expanduser() if option.field == "directory" else text


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for option in OPTIONS:
        text = environment.get(option.variable, "")
        if text and option.metavar:
            given[option.field] = _value(option, text, option.variable)
        elif text:
            given[option.field] = text.lower() not in {"0", "no", "false", "off"}
    if environment.get("NO_COLOR") and "color" not in given:
        given["color"] = COLORS[-1]
    return given
