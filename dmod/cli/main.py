"""One command line: settings out of it, the command's module in, its errors shown, an exit code back."""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any

from dmod.cli import settings
from dmod.cli.nouns import NOUNS, Noun
from dmod.errors import DmodError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
PIPE_CLOSED = 141  # as a shell reports SIGPIPE


def run(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code; nothing but the code gets out."""
    settings.use(settings.Settings())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        quiet_pipe()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except DmodError as error:
        from dmod.cli.errors import show

        return show(error)
    except Exception as error:  # noqa: BLE001 - the last place where a bug can become one line
        from dmod.cli.errors import crash, refused, show

        told = refused(error)
        return show(told) if told else crash(error, argv)
    return code


def quiet_pipe() -> None:
    """Whoever read stdout has gone: let Python's last flush go nowhere instead of complaining."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _run(argv: Sequence[str]) -> int:
    if argv[:1] == ["__complete"]:
        from dmod.cli.completer import complete

        return complete(argv[1:])
    given, words = settings.split(argv)
    settings.use(given)
    if words[:1] == ["help"]:
        words = [*words[1:3], "--help"]
    if not words or words[0] in {"-h", "--help"}:
        return _page()
    if words[0] == "--version":
        words = ["version"]
    name, *rest = words
    if name not in NOUNS:
        raise unknown(words)
    from dmod.cli.quick import ran

    if ran(NOUNS[name], rest):
        return 0
    return _call(name, _imported(name, NOUNS[name]), rest)


def _page() -> int:
    from dmod.cli.help import page
    from dmod.cli.output import write

    write(page())
    return 0


def _imported(name: str, noun: Noun) -> Any:  # noqa: ANN401 - a typer.Typer or a function
    try:
        module = importlib.import_module(noun.module)
    except ModuleNotFoundError as error:
        if error.name != noun.module:
            raise
        raise UsageError(f'"dmod {name}" is not in this version', fix="dmod --help") from error
    return getattr(module, noun.attribute)


def _call(name: str, target: Any, words: list[str]) -> int:  # noqa: ANN401 - as above
    from dmod.cli.parser import call

    return call(f"dmod {name}", target, words)


def unknown(words: Sequence[str]) -> UsageError:
    """The error for a first word that is no command, with the command that was probably meant."""
    from dmod.nearest import nearest

    word = words[0]
    if word.startswith("-"):
        return UsageError(f'unknown option "{word}"', fix="dmod --help")
    owners = [name for name, noun in NOUNS.items() if word in noun.verbs]
    near = owners[0] if owners else nearest(word.removesuffix("s"), NOUNS)
    if not near:
        return UsageError(f'unknown command "{word}"', why=f"the commands are {', '.join(NOUNS)}", fix="dmod --help")
    meant = [near, *words] if owners else [near, *words[1:]]
    said = f"{near} {word}" if owners else near
    return UsageError(f'unknown command "{word}"; the command is "{said}"', fix=f"dmod {' '.join(meant)}")
