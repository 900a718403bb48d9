"""`dmod dataset tidy`: the object store without what broken-off transfers have left in it."""

from __future__ import annotations

from typing import Annotated

import typer

from dmod.cli.output import Column, confirm, relative_time, say, show_list
from dmod.cli.settings import current, project
from dmod.units import format_memory, parse_duration


def tidy(
    older: Annotated[str, typer.Option("--older", metavar="DURATION", help="that nobody went on with so long")] = "7d",
) -> None:
    """Clear the object store of what broken-off transfers have left; never of what a dataset or a transfer needs.

    dmod dataset tidy --dry-run
    dmod dataset tidy --older 14d
    """
    from datetime import UTC, datetime

    from dmod.data.stores import Stores

    store = Stores(project()).objects
    found = store.leftovers(parse_duration(older))
    rows = [
        {"key": each.key, "kind": "parts" if each.upload else "object", "size": each.size,
         "written": datetime.fromtimestamp(each.written, UTC)} for each in found
    ]  # fmt: skip
    columns = (
        Column("key", "KEY"), Column("kind", "KIND"), Column("size", "SIZE", right=True, show=format_memory),
        Column("written", "WRITTEN", show=relative_time),
    )  # fmt: skip
    show_list(rows, columns, name_key="key", empty=f"nothing was left there for {older} or longer")
    if not found or current().dry_run:
        return
    confirm(f"clear {len(found):,} of these from {store.bucket.place}?")
    store.clear(found)
    say(f"cleared {len(found):,}, {format_memory(sum(each.size for each in found))} and the parts of unfinished files")
