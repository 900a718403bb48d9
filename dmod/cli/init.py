"""`dmod init`: make a folder a project."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from dmod import project
from dmod.cli import settings
from dmod.cli.output import confirm, say, show_record
from dmod.errors import UsageError
from dmod.nearest import nearest
from dmod.paths import shown


def command(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="made if it does not exist")] = None,
    name: Annotated[str, typer.Option(help="of the project; by default the folder's")] = "",
    parts: Annotated[
        str, typer.Option("--with", metavar="stacks,images", help="copy dmod's own into it, to change them there")
    ] = "",
) -> None:
    """Make a folder a project: write dmod.toml, with every key, its default and what it means, and .dmod/.

    Nothing that is there is overwritten.

      dmod init                  this folder
      dmod init rivers --yes     a new folder, without questions
      dmod init --with images    copy what dmod builds, to change it; also later
    """
    place = folder or settings.current().directory or Path()
    wanted, is_project = _parts(parts), (place / project.FILE).exists()
    if settings.current().dry_run:
        if not (wanted and is_project):
            say(f"would write {shown(place / 'dmod.toml')}, {shown(place / '.dmod')}/ and a line in .gitignore")
        _copied(wanted, place)
        return
    if not is_project and place.is_dir() and any(place.iterdir()):
        confirm(f"{place.absolute()} is not empty; make it a project?")
    made = project.Project.find(place) if wanted and is_project else project.create(place, name)
    record: dict[str, Any] = {"name": made.name, "root": made.root, "file": made.file}
    copied = _copied(wanted, made.root)
    if wanted:
        record["copied"] = copied
    lines = ([] if wanted and is_project else [made.file]) + copied
    show_record(record, table=lambda _: [shown(each) for each in lines])
    if wanted:
        say("next: change them, then dmod image build, or dmod stack up")
        return
    go = "" if made.root == Path.cwd() else f"cd {shlex.quote(shown(made.root))} && "
    say(f"next: {go}dmod dataset create NAME --category forcing --from PATH, or dmod demo")


def _parts(text: str) -> list[str]:
    """The folders of `--with`. Raises UsageError."""
    from dmod.docker.template import FOLDERS

    names = [each.strip() for each in text.split(",") if each.strip()]
    for name in names:
        if name not in FOLDERS:
            near = nearest(name, FOLDERS) or FOLDERS[0]
            raise UsageError(
                f'--with cannot be "{name}"', why=f"it is one of {', '.join(FOLDERS)}, or both", fix=f"--with {near}"
            )
    return names


def _copied(folders: list[str], root: Path) -> list[Path]:
    """Copy dmod's own folders, and say what stays as it is; the files that are new."""
    from dmod.docker import template

    new: list[Path] = []
    for folder in folders:
        plan = template.copies(folder, root)
        if settings.current().dry_run:
            for _, there in plan.new:
                say(f"would write {shown(there)}")
        else:
            template.copy(plan)
        for own, there in plan.kept:
            say(f"kept {shown(there)}, which is not as dmod has it: diff {shown(own)} {shown(there)}")
        if not plan.new:
            say(f"{shown(root / folder)}/ has every file of dmod's already")
        new += [there for _, there in plan.new]
    return new
