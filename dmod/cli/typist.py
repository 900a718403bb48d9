"""Commands typed for the user: each is shown as it could be typed by hand, and run by the same door."""

from __future__ import annotations

import os
import shlex
import sys
import time
from contextlib import chdir, contextmanager, redirect_stdout
from typing import TYPE_CHECKING

import typer

from dmod.cli import settings
from dmod.cli.main import run
from dmod.cli.output import paint, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = "DMOD_PROJECT"  # would lead the commands to another project


class Typist:
    """Types commands in a folder, one after the other, and remembers how long each took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}  # what was done -> how long it took
        self._mine = settings.current()

    def type(self, what: str, *words: str, quietly: bool = False) -> None:
        """Show `$ dmod WORDS` and run it; what it writes goes to stderr, because the answer of the whole comes later.

        `quietly` leaves out what the command says beside its answer. Raises typer.Exit with the command's own code if
        it fails; it has said why.
        """
        say(paint(f"$ {shlex.join(['dmod', *words])}", "bold", sys.stderr))
        if self._mine.dry_run:
            return
        with self.timed(what), self._there():
            code = run([*words, *self._manners(), *(["--quiet"] if quietly else [])])
        settings.use(self._mine)
        if code:
            raise typer.Exit(code)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Remember how long something took."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = round(time.perf_counter() - began, 3)

    @contextmanager
    def _there(self) -> Iterator[None]:
        """In the folder, and in no other project."""
        other = os.environ.pop(PROJECT, None)
        try:
            with chdir(self.folder), redirect_stdout(sys.stderr):
                yield
        finally:
            if other is not None:
                os.environ[PROJECT] = other

    def _manners(self) -> list[str]:
        """The global options that were given to the whole."""
        mine = self._mine
        switches = {"--quiet": mine.quiet, "--yes": mine.yes, "--no-input": mine.no_input, "--ascii": mine.ascii}
        return ["--output", "table", "--color", mine.color, *(name for name, on in switches.items() if on)]
