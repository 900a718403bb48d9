"""`dmod job cancel`, `retry`, `hold` and `release`: what may be done to jobs, and to tasks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from dmod.cli import job_list
from dmod.cli.job_words import Picked, picked
from dmod.cli.output import say, show_list, write
from dmod.cli.settings import current, project
from dmod.errors import ConflictError, PartialError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.scheduler.queue import Queue

NOTE = "canceled by user"
AT_ONCE = 500  # tasks that are canceled in one transaction: others wait no longer for their turn
JOBS = Annotated[list[str], typer.Argument(metavar="JOB...", help="42, 40-45, last, a name, or a pattern: 'demo-*'")]
TASKS = Annotated[list[str], typer.Argument(metavar="JOB...", help="42, 40-45, last, a name, 'demo-*'; 42/7, 42/1-10")]


class Done(NamedTuple):
    """What came of it for one job."""

    picked: Picked
    said: str


def cancel(words: TASKS) -> int:
    """Cancel jobs or tasks: waiting ones at once, running ones are asked to end, and ended after scheduler.grace (10s).

    dmod job cancel 42 44-46
    dmod job cancel 42/7         one task of an array
    """
    return _each(words, "cancel", _cancel)


def retry(
    words: TASKS,
    failed: Annotated[bool, typer.Option("--failed", help="not what was canceled")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="only if data and versions are what they were")] = False,
) -> int:
    """Queue jobs again under their ids: of an array the tasks that failed or were canceled, or those that are named.

    dmod job retry last
    dmod job retry 42 --failed
    dmod job retry 42/7
    """
    return _each(words, "retry", lambda queue, one: _retry(queue, one, failed=failed, exact=exact))


def hold(words: JOBS) -> int:
    """Hold jobs: no more of their tasks start until they are released; what runs goes on.

    dmod job hold 42
    """
    return _each(words, "hold", _hold)


def release(words: JOBS) -> int:
    """Let jobs that are held take their turn.

    dmod job release 42
    """
    return _each(words, "release", _release)


def _cancel(queue: Queue, one: Picked) -> str:
    from dmod.jobs.status import Status

    if one.numbers is None:
        before = [queue.cancel(one.job.id, note=NOTE)]
        asked = len(before) if one.job.running else 0
    else:
        before, refused = _cancel_tasks(queue, one)
        asked = sum(each is not Status.QUEUED for each in before)
        if refused and not before:
            raise refused[0]
    gone = len(before) - asked
    if len(before) == 1:
        return "asked to end" if asked else "canceled"
    parts = [f"{gone:,} canceled" if gone else "", f"{asked:,} asked to end" if asked else ""]
    over = len(one.numbers or ()) - len(before)
    return ", ".join(filter(None, [*parts, f"{over:,} had ended" if over else ""]))


def _cancel_tasks(queue: Queue, one: Picked) -> tuple[list[Any], list[ConflictError]]:
    """Cancel tasks, many in a transaction: their statuses before, and why the others were refused."""
    from itertools import islice

    from dmod.scheduler import changes

    before, refused = list[Any](), list[ConflictError]()
    numbers = iter(one.numbers or ())
    while some := list(islice(numbers, AT_ONCE)):
        with queue.transaction() as write:
            for number in some:
                try:
                    before.append(changes.cancel(write, one.job.id, number, NOTE))
                except ConflictError as error:
                    refused.append(error)
    return before, refused


def _retry(queue: Queue, one: Picked, *, failed: bool, exact: bool) -> str:
    if exact:
        from dmod.cli.job_same import require_unchanged
        from dmod.data.cache import CachedStore

        require_unchanged(one.job, CachedStore(project().datasets, project().cache))
    count = queue.retry(one.job.id, list(one.numbers or ()), failed=failed)
    whole = not one.job.array or (one.numbers is not None and len(one.numbers) == 1)
    return "queued again" if whole else f"{count:,} task{'s' * (count != 1)} queued again"


def _hold(queue: Queue, one: Picked) -> str:
    queue.hold(one.job.id)
    return f"held until dmod job release {one.job.id}"


def _release(queue: Queue, one: Picked) -> str:
    queue.release(one.job.id)
    return "released"


def _each(words: Sequence[str], verb: str, act: Callable[[Queue, Picked], str]) -> int:
    """Do it to each job; those that refuse are named, the others are done."""
    from dmod.scheduler import lock

    queue = job_list.opened()
    chosen = picked(words, queue)
    if verb in {"hold", "release"}:
        _whole(chosen, verb)
    if current().dry_run:
        _show([Done(one, f"would {verb}") for one in chosen], dry=True)
        return 0
    here, done, refused = project(), list[Done](), list[ConflictError]()
    for one in chosen:
        try:
            done.append(Done(one, act(queue, one)))
        except ConflictError as error:
            refused.append(error)
            continue
        if not current().machine:
            _show(done[-1:])
    if not done:
        raise refused[0]
    if current().machine:
        _show(done)
    lock.ensure(here.root, here.state)
    if refused:
        raise PartialError(f"{len(refused)} of {len(chosen)} jobs refused", why=refused[0].message, fix=refused[0].fix)
    return 0


def _whole(chosen: Sequence[Picked], verb: str) -> None:
    """Refuse tasks where only a job can be meant."""
    for one in chosen:
        if one.numbers is not None:
            raise UsageError(f"{one.said}: only a whole job can be held", fix=f"dmod job {verb} {one.job.id}")


def _show(done: Sequence[Done], *, dry: bool = False) -> None:
    if current().machine:
        rows = [
            {"id": one.job.id, "tasks": str(one.numbers or ""), "name": one.job.name, "done": said}
            for one, said in done
        ]
        show_list(rows, ())
        return
    for one, said in done:
        if current().output == "name":
            write(one.name)
        else:
            say(f"{said} {one.said}, {one.job.status}" if dry else f"{one.said}: {said}")
