"""Typer, made to speak our way: plain help, unwrapped examples, and usage errors that name the nearest word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer._click.exceptions import BadParameter, ClickException, MissingParameter, NoSuchOption

from dmod.errors import DmodError, UsageError
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from typer._click.core import Command


def group(text: str = "") -> typer.Typer:
    """A command with verbs, without what makes typer slow or loud."""
    return typer.Typer(
        help=text,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def built(target: typer.Typer | Callable[..., Any]) -> Command:
    """The parser of a command: of a group, or of a function that is a command by itself."""
    app = target
    if not isinstance(app, typer.Typer):
        app = group()
        app.command()(target)
    app.rich_markup_mode = None
    app._add_completion = False  # noqa: SLF001 - apps made without `group` get our manners too
    command: Any = typer.main.get_command(app)
    _mannered(command)
    return command  # type: ignore[no-any-return]


def call(name: str, target: typer.Typer | Callable[..., Any], words: Sequence[str]) -> int:
    """Run a command with its words and return its exit code; a number that it returns is the code."""
    command = built(target)
    verbs: dict[str, Command] = getattr(command, "commands", {})
    if verbs:
        _known_verb(name, verbs, words)
    chosen = verbs.get(words[0], command) if words else command
    path = f"{name} {words[0]}" if chosen is not command else name
    try:
        # not command.main, which answers a closed pipe and Ctrl-C in its own way
        with command.make_context(name, list(words) or (["--help"] if verbs else [])) as context:
            result = command.invoke(context)
    except typer.Exit as error:
        return error.exit_code
    except typer.Abort as error:
        raise DmodError("not confirmed; nothing was changed") from error
    except ClickException as error:
        raise _translated(error, chosen, path) from error
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _mannered(command: Any) -> None:  # noqa: ANN401 - a command or a group of typer's own click
    """-h everywhere, whole sentences in the list of verbs, and examples that are not wrapped into a paragraph."""
    command.context_settings.setdefault("help_option_names", ["-h", "--help"])
    if command.help:
        paragraphs = command.help.split("\n\n")
        command.short_help = paragraphs[0].replace("\n", " ").partition(": ")[0].rstrip(".")
        command.help = "\n\n".join(map(_kept, paragraphs))
    command.epilog = command.epilog or "For -o, -C, -q, -n and the other options of every command: dmod --help"
    for child in getattr(command, "commands", {}).values():
        _mannered(child)


def _kept(paragraph: str) -> str:
    """The paragraph; if it is an example, indented or a command line in each line, kept from being wrapped."""
    lines = paragraph.split("\n")
    if not all(line.startswith((" ", "dmod ")) for line in lines):
        return paragraph
    indent = "" if all(line.startswith(" ") for line in lines) else "  "
    return "\n".join(["\b", *(indent + line for line in lines)])


def _known_verb(name: str, verbs: Collection[str], words: Sequence[str]) -> None:
    if not words or words[0].startswith("-") or words[0] in verbs:
        return
    near = nearest(words[0], verbs)
    if not near:
        raise UsageError(
            f'{name} has no verb "{words[0]}"', why=f"its verbs are {', '.join(verbs)}", fix=f"{name} --help"
        )
    raise UsageError(f'{name} has no verb "{words[0]}"; the verb is "{near}"', fix=" ".join([name, near, *words[1:]]))


def _translated(error: ClickException, command: Command, path: str) -> UsageError:
    fix = f"{path} --help"
    parameter: Any = getattr(error, "param", None)
    if isinstance(error, NoSuchOption):
        known = [option for each in command.params for option in each.opts if option.startswith("--")]
        near = nearest(error.option_name, known)
        said = f'; the option is "{near}"' if near else ""
        return UsageError(f'{path} has no option "{error.option_name}"{said}', fix=fix)
    if isinstance(error, MissingParameter) and parameter is not None:
        return UsageError(
            f"{path} needs {_called(parameter)}{f': {parameter.help}' if parameter.help else ''}", fix=fix
        )
    said = error.message if isinstance(error, BadParameter) and parameter is not None else error.format_message()
    said = said.replace("a valid int", "a whole number").replace("a valid float", "a number")
    where = f"{path} {_called(parameter)}" if isinstance(error, BadParameter) and parameter is not None else path
    return UsageError(f"{where}: {said[:1].lower()}{said[1:].rstrip('.')}", fix=fix)


def _called(parameter: Any) -> str:  # noqa: ANN401 - a parameter of typer's own click
    """What a person calls a parameter: `--name`, `FILE`."""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper()).strip("[]{}.")
