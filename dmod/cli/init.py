"""`dmod init`: make a folder a project."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from dmod import project
from dmod.cli import settings
from dmod.cli.output import confirm, say, show_record
from dmod.paths import shown


def command(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="made if it does not exist")] = None,
    name: Annotated[str, typer.Option(help="of the project; by default the folder's")] = "",
) -> None:
    """Make a folder a project: write dmod.toml, with every key, its default and what it means, and .dmod/.

    Nothing that is there is overwritten.

      dmod init                  this folder
      dmod init rivers --yes     a new folder, without questions
    """
    place = folder or settings.current().directory or Path()
    if settings.current().dry_run:
        say(f"would write {shown(place / 'dmod.toml')}, {shown(place / '.dmod')}/ and a line in .gitignore")
        return
    if not (place / "dmod.toml").exists() and place.is_dir() and any(place.iterdir()):
        confirm(f"{place.absolute()} is not empty; make it a project?")
    made = project.create(place, name)
    show_record({"name": made.name, "root": made.root, "file": made.file}, table=lambda _: [shown(made.file)])
    go = "" if made.root == Path.cwd() else f"cd {shlex.quote(shown(made.root))} && "
    say(f"next: {go}dmod dataset create NAME --category forcing --from PATH, or dmod demo")
