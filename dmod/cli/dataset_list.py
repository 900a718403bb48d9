"""`dmod dataset list`, without typer."""

from __future__ import annotations

from dmod.cli.output import say, show_list
from dmod.cli.settings import project
from dmod.errors import DmodError, PartialError

EMPTY = "no datasets yet; make one: dmod dataset create NAME --category forcing --from PATH, or: dmod demo"


def show(words: list[str] | None = None, category: str | None = None) -> None:
    """List datasets: all, those whose names fit, or those of a category."""
    from fnmatch import fnmatchcase

    from dmod.cli.dataset_show import COLUMNS, row
    from dmod.data.format import Category
    from dmod.data.stores import Found, Stores

    wanted = None if category is None else Category.parse(category)
    damaged: list[str] = []
    found: list[Found] = []
    failed: DmodError | None = None
    try:
        for each in Stores(project()).list(lambda error: damaged.append(error.message)):
            found.append(each)  # noqa: PERF402 - those of the folder are shown when the object store fails
    except DmodError as error:
        failed = error
    rows = [
        row(each.dataset, each.where)
        for each in found
        if wanted in (None, each.dataset.category)
        and (not words or any(fnmatchcase(each.dataset.name, word) for word in words))
    ]
    show_list(rows, COLUMNS, empty=EMPTY if not found else "no dataset fits; all of them: dmod dataset list")
    for message in damaged:
        say(f"warning: {message}")
    if failed:
        raise PartialError(
            f"those of the object store are not listed: {failed.message}", why=failed.why, fix=failed.fix
        ) from failed
