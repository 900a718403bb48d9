"""`dmod dataset move`: from the folder to the object store and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.cli.dataset_copying import Copying
from dmod.cli.output import say
from dmod.cli.settings import current
from dmod.errors import UsageError
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.data.stores import Stores, Where


def where(text: str) -> Where:
    """The store that is meant. Raises UsageError."""
    from dmod.data.stores import Where

    try:
        return Where(text)
    except ValueError as error:
        near = nearest(text, list(Where)) or Where.OBJECTS
        raise UsageError(f'there is no store "{text}"', why=f"it is {' or '.join(Where)}", fix=near) from error


def run(names: Sequence[str], to: Where, stores: Stores, unused: Callable[[str], None]) -> None:
    """Move datasets one after the other; `unused` raises where a job needs one."""
    from dmod.data.move import move
    from dmod.data.stores import Where

    for name in names:
        at = stores.find(name).where
        if at is to and not (to is Where.FOLDER and stores.shared and name in stores.objects.names()):
            say(f"{name} lies in the {to} already")
            continue
        if current().dry_run:
            say(f"would move {name} to the {to}")
            continue
        unused(name)
        with Copying(f"sending {name}" if to is Where.OBJECTS else f"fetching {name}") as report:
            made = move(name, to, stores, before=lambda name=name: unused(name), report=report)  # type: ignore[misc]
        say(f"moved {name} to the {to}: {len(made.files):,} file{'s' if len(made.files) != 1 else ''}")
