"""Looking after the queue: `dmod scheduler prune` and `dmod scheduler recover`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.cli.output import confirm, say, write
from dmod.cli.settings import current, project
from dmod.errors import ConflictError, NotFoundError, PartialError
from dmod.jobs.numbers import Numbers
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.scheduler.salvage import Salvaged
    from dmod.scheduler.upkeep import Pruned


def prune(text: str) -> int:
    """Forget jobs that ended before a time, and their folders."""
    from dmod.cli.job_list import opened
    from dmod.cli.when import moment
    from dmod.scheduler import upkeep

    before, here = moment(text), project()
    if not here.queue.exists():
        say("there are no jobs yet")
        return 0
    queue = opened()
    would = upkeep.prunable(queue, here.jobs, before.timestamp())
    when = f"{before:%Y-%m-%d %H:%M} UTC"
    if not would.jobs or current().dry_run:
        _told(
            would,
            f"would forget {_amount(would)} that ended before {when}" if would.jobs else f"no job ended before {when}",
        )
        return 0
    confirm(f"forget {_amount(would)} that ended before {when}?")
    done = upkeep.prune(queue, here.jobs, before.timestamp())
    _told(done, f"forgot {_amount(done)}")
    if done.stuck:
        first = shown(done.stuck[0])
        raise PartialError(f"{len(done.stuck)} folders could not be removed", why=str(first), fix=f"rm -r {first}")
    return 0


def _amount(pruned: Pruned) -> str:
    jobs = f"{len(pruned.jobs):,} job{'s' * (len(pruned.jobs) != 1)} ({_ids(pruned.jobs)})"
    return f"{jobs} and {format_memory(pruned.size)} of their files"


def _told(pruned: Pruned, text: str) -> None:
    """The ids for a script, a sentence for people."""
    from dmod.cli.output import show_record

    if current().machine:
        show_record({"jobs": pruned.jobs, "bytes": pruned.size, "dry_run": current().dry_run})
    elif current().output == "name":
        for number in pruned.jobs:
            write(str(number))
    else:
        say(text)


def _ids(numbers: list[int] | tuple[int, ...]) -> str:
    """Ids, so many as fit in a line."""
    text = str(Numbers.of(numbers)).replace(",", ", ")
    return text if len(text) <= 40 else f"{text[:40].rpartition(',')[0]}, ..."


def recover() -> None:
    """Save what can be read of a damaged queue."""
    from dmod.scheduler import salvage
    from dmod.scheduler.lock import Lock

    here = project()
    if not here.queue.exists():
        raise NotFoundError("there is no queue to recover", fix="dmod job submit job.toml")
    lock = Lock(here.state)
    try:
        lock.take()
    except ConflictError as error:
        raise ConflictError("the scheduler is running: it must not, meanwhile", fix="dmod scheduler stop") from error
    try:
        wrong = salvage.damage(here.queue)
        if not wrong:
            say(f"{shown(here.queue)} is not damaged; nothing was changed")
            return
        _tell(salvage.salvage(here.queue, replace=not current().dry_run), wrong, here.queue)
    finally:
        lock.give()


def _tell(done: Salvaged, wrong: str, path: Path) -> None:
    """What was saved, and what was not."""
    if current().machine:
        from dmod.cli.output import show_record

        lost = {"lost": list(done.lost), "held": list(done.mended.held), "failed": list(done.mended.failed)}
        show_record({"damage": wrong, "jobs": done.jobs, **lost, "rows": done.rows, "kept": done.kept})
        return
    can = "can be saved" if done.kept is None else "saved"
    said = [f"{shown(path)} was damaged: {wrong}", f"{done.jobs:,} job{'s' * (done.jobs != 1)} {can}"]
    said[-1] += f", {len(done.lost):,} lost ({_ids(done.lost)})" if done.lost else ", none is known to be lost"
    unread = [table for table, times in done.unread.items() if times and table != "job"]
    said += [f"also damaged: rows of {', '.join(unread)}"] if unread else []
    if done.mended.failed:
        said.append(f"running tasks were lost of {_ids(done.mended.failed)}: dmod job retry JOB --failed")
    if done.mended.held:
        said.append(f"held, for nobody knows whether they may start: {_ids(done.mended.held)}; dmod job release JOB")
    said.append(f"the damaged file is kept: {shown(done.kept)}" if done.kept else "to do it: dmod scheduler recover")
    for line in said:
        say(line)
