"""What the tab key offers: commands and verbs from the registry, job ids and dataset names from the project."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dmod.cli import settings
from dmod.cli.nouns import NOUNS
from dmod.cli.options import BY_NAME, OPTIONS
from dmod.cli.output import write
from dmod.errors import DmodError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.project import Project

_AFTER = ("--after", "--after-any")  # options of submit that want a job
_FRESH = 60  # seconds for which a listing of the object store is new enough
_NEWEST = 1000  # jobs that are offered


def complete(words: Sequence[str]) -> int:
    """Write one offer a line for the last of the words, which may be empty; what precedes it has been typed."""
    *before, begun = words or [""]
    try:
        given, typed = settings.split(before)
        settings.use(given)
    except DmodError:  # a command line in the making may be wrong, or end with an option that wants a value
        typed = before
    for offer in sorted(set(offers(before, typed, begun))):
        write(offer)
    return 0


def offers(before: Sequence[str], words: Sequence[str], begun: str) -> Iterable[str]:
    """Whatever could follow `before` and begins with `begun`; `words` is `before` without its global options."""
    last = before[-1] if before else ""
    if last in BY_NAME and BY_NAME[last].metavar:
        return _begun(BY_NAME[last].choices, begun)
    typed = [word for word in words if not word.startswith("-")]
    if begun.startswith("-"):
        return _begun([*_options(typed), *(name for each in OPTIONS for name in each.names)], begun)
    if not typed:
        return _begun([*NOUNS, "help"], begun)
    noun = NOUNS.get(typed[0])
    if typed == ["help"]:
        return _begun(NOUNS, begun)
    if noun and noun.verbs and len(typed) == 1:
        return _begun(noun.verbs, begun)
    return _begun(_names(typed, last), begun)


def _begun(words: Iterable[str], begun: str) -> list[str]:
    return [word for word in words if word.startswith(begun)]


def _options(typed: Sequence[str]) -> list[str]:
    """The options of a command, from its own parser."""
    import importlib

    from dmod.cli.parser import built

    noun = NOUNS.get(typed[0]) if typed else None
    if not noun:
        return ["--help", "--version"]
    try:
        module = importlib.import_module(noun.module)
    except ImportError:
        return []
    command = built(getattr(module, noun.attribute))
    verbs = getattr(command, "commands", {})
    chosen = verbs.get(typed[1]) if verbs and len(typed) > 1 else command
    names = [name for each in getattr(chosen, "params", ()) for name in (*each.opts, *each.secondary_opts)]
    return ["--help", *(name for name in names if name.startswith("-"))]


def _names(typed: Sequence[str], last: str) -> list[str]:
    """Jobs, datasets or nodes; outside of a project there are none."""
    project = settings.project
    try:
        if typed[0] == "dataset":
            return _datasets()
        if typed[0] == "job" and (typed[1] != "submit" or last in _AFTER):
            return _jobs()
        if typed[0] == "node" and typed[1] != "list":
            from dmod.scheduler.nodes import nodes

            return [node.name for node in nodes(project().config)]
    except DmodError:
        return []
    return []


def _datasets() -> list[str]:
    """Those of the folder, and of the object store those of its last listing; nobody waits for a new one."""
    from dmod.data.stores import Stores

    here = settings.project()
    names = {each.parent.name for each in here.datasets.glob("*/dataset.json")}
    stores = Stores(here)
    listing = stores.listing()
    if stores.shared and (listing is None or (datetime.now(UTC) - listing.taken).total_seconds() > _FRESH):
        _look(here)
    return sorted(names | {each.name for each in listing.datasets} if listing else names)


def _look(here: Project) -> None:
    """Have the listing made anew by a process of its own, at most once in a while."""
    asked = here.cache / ".listing.asked"
    try:
        if asked.exists() and time.time() - asked.stat().st_mtime < _FRESH:
            return
        here.cache.mkdir(parents=True, exist_ok=True)
        asked.touch()
    except OSError:
        return
    subprocess.Popen(
        [sys.executable, "-m", "dmod.cli", "-C", str(here.root), "dataset", "list", "-o", "name"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _jobs() -> list[str]:
    """Ids and names of the newest."""
    from dmod.scheduler.queue import Queue

    queue = settings.project().queue
    if not queue.exists():
        return []
    heads = Queue(queue).heads()[-_NEWEST:]
    return ["last", *(str(head.id) for head in heads), *(head.name for head in heads)]
