"""`dmod dataset list`, without typer."""

from __future__ import annotations

from dmod.cli.output import say, show_list
from dmod.cli.settings import project

EMPTY = "no datasets yet; make one: dmod dataset create NAME --category forcing --from PATH, or: dmod demo"


def show(words: list[str] | None = None, category: str | None = None) -> None:
    """List datasets: all, those whose names fit, or those of a category."""
    from fnmatch import fnmatchcase

    from dmod.cli.dataset_show import COLUMNS, row
    from dmod.data.folder import FolderStore
    from dmod.data.format import Category

    wanted = None if category is None else Category.parse(category)
    damaged: list[str] = []
    found = FolderStore(project().datasets).list(lambda error: damaged.append(error.message))
    rows = [
        row(each)
        for each in found
        if wanted in (None, each.category) and (not words or any(fnmatchcase(each.name, word) for word in words))
    ]
    show_list(rows, COLUMNS, empty=EMPTY if not found else "no dataset fits; all of them: dmod dataset list")
    for message in damaged:
        say(f"warning: {message}")
