"""Typer, made to speak our way: plain help, unwrapped examples, and usage errors that name the nearest word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer._click.exceptions import BadParameter, ClickException, MissingParameter, NoSuchOption

from dmod.errors import DmodError, UsageError
from dmod.tables import nearest

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
    try:
        result = command.main(list(words) or (["--help"] if verbs else []), prog_name=name, standalone_mode=False)
    except typer.Abort as error:
        raise DmodError("not confirmed; nothing was changed") from error
    except ClickException as error:
        raise _translated(error, name) from error
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


def _translated(error: ClickException, name: str) -> UsageError:
    context: Any = getattr(error, "ctx", None)
    command = context.command_path if context else name
    fix = f"{command} --help"
    if isinstance(error, NoSuchOption):
        known = [option for each in context.command.params for option in getattr(each, "opts", ())] if context else []
        near = nearest(error.option_name, [option for option in known if option.startswith("--")])
        said = f'; the option is "{near}"' if near else ""
        return UsageError(f'{command} has no option "{error.option_name}"{said}', fix=fix)
    if isinstance(error, MissingParameter) and error.param is not None:
        kind = "option" if error.param.param_type_name == "option" else "word"
        names = error.param.opts[0] if kind == "option" else error.param.make_metavar(ctx=context)
        return UsageError(f"{command} needs {names}", fix=fix)
    said = error.format_message()
    if isinstance(error, BadParameter) and error.param is not None:
        said = f"{error.param.opts[0] if error.param.opts[0].startswith('-') else error.param.name}: {error.message}"
    said = said[:1].lower() + said[1:].rstrip(".")
    return UsageError(f"{command}: {said}", fix=fix)
