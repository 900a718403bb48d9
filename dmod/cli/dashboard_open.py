"""Opening the dashboard, without typer, whose import people would wait for."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dmod.cli.output import write
from dmod.cli.settings import current, project
from dmod.cli.terminal import plain
from dmod.errors import DmodError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = ("textual", "rich", "textual_serve", "aiohttp", "aiohttp_jinja2", "jinja2")  # of the extras


def show(  # noqa: PLR0913, PLR0917 - the options of the command
    screen: str = "",
    filter: str = "",  # noqa: A002 - as in the dashboard
    read_only: bool = False,
    fps: float = 5,
    theme: str = "",
    no_mouse: bool = False,
    web: bool = False,
    allow_changes: bool = False,
    port: int = 0,
) -> None:
    """Open it in this terminal, or serve it to browsers."""
    here = project()
    if not web:
        _need_terminal()
    with _needing("dashboard"):
        from tui.app import THEMED
        from tui.options import SCREENS, Options
        from tui.start import run
    _known("screen", screen, SCREENS)
    _known("theme", theme, THEMED)
    if not 0 <= port <= 65_535:
        raise UsageError(f"there is no port {port}", why="they go from 1 to 65535; 0: a free one", fix="--port 0")
    if web:
        with _needing("web"):
            from tui.web import serve
        given = {"--screen": screen, "--filter": filter, "--theme": theme, "--fps": str(fps)}
        words = [word for name, value in given.items() if value for word in (name, value)]
        protect = read_only or not allow_changes
        serve(here.root, here.name, [*words, "--read-only"] if protect else words, port, write)
        return
    ascii_only = current().ascii or plain(sys.stderr)
    run(here, Options(screen, filter, read_only, fps, ascii_only, theme, not no_mouse))


@contextmanager
def _needing(extra: str) -> Iterator[None]:
    """Say what to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _OURS:
            raise
        raise DmodError(
            f"the dashboard needs the Python package {error.name}", fix=f"pip install 'dmod[{extra}]'"
        ) from error


def _need_terminal() -> None:
    """Textual draws on stderr and reads keys from stdin."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return  # a server draws for us
    for name, stream in (("stderr", sys.stderr), ("stdin", sys.stdin)):
        if not stream.isatty():
            raise UsageError(
                f"the dashboard needs a terminal, and {name} is none",
                why="it draws on stderr and reads keys from stdin",
                fix="dmod status, or dmod job list",
            )


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    from dmod.nearest import nearest

    if name and name not in names:
        near = nearest(name, names)
        fix = f"dmod dashboard --{what} {near}" if near else ""
        raise UsageError(f'there is no {what} "{name}"', why=f"they are {', '.join(names)}", fix=fix)
