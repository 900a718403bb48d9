"""A NextGen run folder on the command line: its parts become datasets, and a job runs them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmod.cli import dataset_show
from dmod.cli.dataset_copying import Copying
from dmod.cli.output import say
from dmod.cli.settings import current, project
from dmod.data.folder import FolderStore
from dmod.data.format import Category
from dmod.data.name import slug
from dmod.data.run_folder import Registered, parts, register
from dmod.hydro.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.data.dataset import Dataset
    from dmod.toml_file import Located


def registered(run: RunFolder, name: str, *, link: bool = False) -> list[Registered]:
    """The datasets of a run folder, each new one told; with --dry-run none is made."""
    store, found = FolderStore(project().datasets), []
    for part in parts(run):
        if current().dry_run:
            files = "1 file" if len(part.entries) == 1 else f"{len(part.entries):,} files"
            say(f"would register {files} as {part.category}, unless a dataset has them")
            continue
        with Copying(f"registering {part.category}") as report:
            found.append(register(store, part, name, link=link, report=report))
        if found[-1].new:
            say(f"registered {dataset_show.line(found[-1].dataset)}")
        else:
            say(f"{found[-1].dataset.name} has the {part.category} already")
    return found


def job(path: Path, name: str = "") -> tuple[Located, Path]:
    """The job file that would run a folder, and the folder itself; its parts are datasets then.

    Raises NotFoundError, UsageError, UnmetError naming what the realization names and is not there.
    """
    from dmod.toml_file import Located

    run = RunFolder.read(path)
    called = name or run.root.name or "run"
    made = registered(run, called)
    if run.routed and not current().dry_run:
        say("its routing is t-route's: here it is Muskingum's method; --set simulation.routing=none does without")
    table = _table([each.dataset for each in made])
    return Located(Path(f"{called}.toml"), {"kind": "simulation", "name": called, "simulation": table}, {}), run.root


def datasets(path: Path, name: str, *, link: bool) -> list[Registered]:
    """The parts of a run folder under names that begin with `name`."""
    return registered(RunFolder.read(path), slug(name), link=link)


def _table(found: Sequence[Dataset]) -> Mapping[str, object]:
    named = {category: [each.name for each in found if each.category is category] for category in Category}
    forcing = {"forcing": named[Category.FORCING]} if named[Category.FORCING] else {}
    roles = {"realization": Category.CONFIG, "hydrofabric": Category.HYDROFABRIC}
    return {**{role: named[category][0] for role, category in roles.items() if named[category]}, **forcing}
