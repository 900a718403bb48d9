"""`dmod dataset`: keep forcing, hydrofabrics, configs, observations and outputs by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod import json_schema
from dmod.cli import dataset_list
from dmod.cli.output import Column, confirm, glyph, say, show_list, show_record
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.errors import ConflictError, DmodError, UsageError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from dmod.data.dataset import Dataset
    from dmod.data.folder import FolderStore
    from dmod.data.store import Report

app = group("Forcing, hydrofabrics, configs, observations and outputs, by name.")

RECORD = json_schema.record(
    "`dmod dataset show`",
    name=("string", "3 to 63 lower-case letters, digits, hyphens and dots"),
    category=("string", "config, forcing, hydrofabric, observation or output"),
    format=("string", "how the files are laid out: aorc-csv, geojson-hydrofabric, ..."),
    description=("string", "what whoever made it says"),
    created=("time", "when it was made"),
    derived_from=("array", "names of the datasets it was made from"),
    job=("integer|null", "the job whose output it is"),
    linked=("boolean", "whether the files are links to originals"),
    size=("integer", "bytes"),
    digest=("string", "SHA-256 over the names and checksums of all files"),
    domain=("object", "what it covers: catchments, nexuses, gauges, time, step (seconds), variables, blocks, details"),
    files=("array", "path, size in bytes and sha256 of each"),
)
NAME = Annotated[str, typer.Argument(metavar="NAME", help="a dataset")]
NAMES = Annotated[list[str], typer.Argument(metavar="NAME...", help="datasets")]
PATHS = Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="files, and folders of files")]
_LARGE = 64 << 20  # bytes: what takes long enough for its progress to be shown


@app.command()
def create(  # noqa: PLR0913 - what a dataset is made of
    name: Annotated[str, typer.Argument(metavar="NAME", help="3 to 63 letters a-z, digits, hyphens and dots")],
    more: PATHS = None,
    *,
    sources: Annotated[
        list[Path] | None, typer.Option("--from", metavar="PATH...", help="files, and folders of files")
    ] = None,
    category: Annotated[
        str | None, typer.Option(metavar="CATEGORY", help="config, forcing, hydrofabric, observation, output")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="where the files leave it open")
    ] = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="what people should know about it")] = "",
    derived_from: Annotated[
        list[str] | None, typer.Option("--derived-from", metavar="NAME", help="a dataset it was made from")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="link the files: they must stay as they are")] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="take the files over, without a copy where that can be")
    ] = False,
) -> None:
    """Keep files as a dataset: copied, hashed, and read for what they cover.

    Category and format are found from the files where they leave no doubt.

    dmod dataset create sugar --from catchments.geojson nexus.geojson
    dmod dataset create aorc-2015 --category forcing --from forcing/2015
    """
    store, paths = _store(), [*(sources or ()), *(more or ())]
    if link and adopt:
        raise UsageError("--link leaves the files to you and --adopt takes them over: it is one or the other")
    if current().dry_run:
        from dmod.cli.dataset_show import line

        say(f"would create {line(store.preview(name, category, paths, format=form))}")
        return
    known = [store.get(each).name for each in derived_from or ()]
    with _Reporting(f"dataset {name}") as report:
        made = store.create(
            name,
            category,
            paths,
            format=form,
            description=description,
            link=link,
            adopt=adopt,
            derived_from=known,
            report=report,
        )
    _tell(made)


@app.command()
def add(
    name: NAME,
    sources: Annotated[list[Path], typer.Argument(metavar="PATH...", help="files, and folders of files")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="in the place of files of the same name")] = False,
) -> None:
    """Add files to a dataset; it changes as a whole or not at all.

    dmod dataset add aorc-2015 forcing/2016-01
    """
    store = _store()
    store.get(name)
    _require_idle(name, "change")
    if current().dry_run:
        from dmod.data.source import gather

        say(f"would add {_count(len(gather(sources)), 'file')} to {name}")
        return
    with _Reporting(f"dataset {name}") as report:
        made = store.add(name, sources, replace=replace, report=report)
    _tell(made)


@app.command()
def get(
    name: NAME,
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="these alone: paths or patterns")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="by default ./NAME")] = None,
) -> None:
    """Copy the files of a dataset to a folder, each held against its checksum.

    dmod dataset get aorc-2015 --to forcing
    dmod dataset get aorc-2015 'cat-27*.csv'
    """
    from dmod.data.export import chosen, export

    store = _store()
    dataset, target = store.get(name), to or Path(name)
    if current().dry_run:
        say(f"would copy {_count(len(chosen(dataset, items or ())), 'file')} to {shown(target)}")
        return
    with _Reporting(f"copying {name}") as report:
        placed = export(dataset, store.path(name), target, items or (), report=report)
    say(f"{glyph('completed')} {name}: {_count(len(placed), 'file')} in {shown(target)}")


@app.command("list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="names or patterns")] = None,
    category: Annotated[str | None, typer.Option(metavar="CATEGORY", help="config, forcing, ...")] = None,
) -> None:
    """List datasets and what they cover.

    dmod dataset list
    dmod dataset list 'aorc-*' --category forcing -o name
    """
    dataset_list.show(words, category)


@app.command()
def show(name: NAME) -> None:
    """Show what a dataset is, what it covers, and its files.

    dmod dataset show aorc-2015
    dmod dataset show aorc-2015 -o json | jq .domain.time
    """
    from dmod.cli.dataset_show import page

    dataset = _store().get(name)
    show_record(dataset.record(), table=lambda _: page(dataset, wide=current().output == "wide"))


@app.command()
def check(
    names: NAMES,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="start of a first step to be covered")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="start of the last step to be covered")] = None,
    catchments: Annotated[
        str | None, typer.Option(metavar="ID,...|NAME", help="ids, or a dataset that has them: a hydrofabric")
    ] = None,
    variables: Annotated[str | None, typer.Option(metavar="NAME,...", help="variables to be covered")] = None,
) -> None:
    """Hold files against their checksums, or with --start and its kin: name the gaps.

    Several datasets may complete each other. Exit code 1 when a file has changed, is missing or is not known, or when
    there is a gap.

    dmod dataset check aorc-2015
    dmod dataset check aorc-2015 aorc-2016 --start 2015-12-01 --catchments sugar
    """
    store = _store()
    if any(each is not None for each in (start, end, catchments, variables)):
        from dmod.cli import dataset_coverage

        dataset_coverage.check(store, names, dataset_coverage.Asked(start, end, catchments, variables))
        return
    rows, count = [], 0
    for name in names:
        count += len(store.get(name).files)
        with _Reporting(f"checking {name}") as report:
            problems = store.check(name, report=report)
        rows += [{"dataset": name, **problem._asdict()} for problem in problems]
    columns = [Column("fault", "PROBLEM"), Column("path", "FILE"), Column("message", "WHAT", optional=1)]
    if len(names) > 1:
        columns.insert(0, Column("dataset", "DATASET"))
    as_made = f"{glyph('completed')} {', '.join(names)}: {_count(count, 'file')} as registered"
    show_list(rows, columns, name_key="path", empty=as_made)
    if rows:
        bad = list(dict.fromkeys(row["dataset"] for row in rows))
        raise DmodError(
            f"{_count(len(rows), 'file')} of {', '.join(bad)} not as registered",
            fix=f"dmod dataset add {bad[0]} PATH --replace, with the files as they were",
        )


@app.command()
def delete(names: NAMES) -> None:
    """Delete datasets with their files, after the name of each was typed; --yes in scripts.

    dmod dataset delete aorc-2015
    """
    store = _store()
    for name in names:
        store.path(name)
        _require_idle(name, "be deleted")
    for name in names:
        if current().dry_run:
            say(f"would delete {name}")
            continue
        confirm(f"delete dataset {name} and its files?", name=name)
        _require_idle(name, "be deleted")  # a person takes time to answer
        store.delete(name)
        say(f"{glyph('completed')} deleted {name}")


def _store() -> FolderStore:
    from dmod.data.folder import FolderStore

    return FolderStore(project().datasets)


def _tell(made: Dataset) -> None:
    """What was made: the whole record for programs, one line for people."""
    from dmod.cli.dataset_show import line

    show_record(made.record(), table=lambda _: [f"{glyph('completed')} {line(made)}"])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


class _Reporting:
    """Shows how far a copy is, if it is large."""

    def __init__(self, title: str) -> None:
        from dmod.cli.progress import Progress

        self._bar = Progress(title)

    def __enter__(self) -> Report:
        return self._report

    def __exit__(self, *_: object) -> None:
        self._bar.clear()

    def _report(self, done: int, total: int, _: str) -> None:
        if total >= _LARGE:
            self._bar.update(done / (1 << 20), total / (1 << 20), f"MiB, {format_memory(total)} in all")


def _require_idle(name: str, what: str) -> None:
    """Raise ConflictError while a job that has not ended reads the dataset, or makes it."""
    queue = project().queue
    if not queue.exists():
        return
    from dmod.jobs.status import ACTIVE
    from dmod.scheduler.queue import Queue

    held = [job for job in Queue(queue).jobs(status=ACTIVE) if name in job.datasets or job.output == name]
    if held:
        used = ", ".join(f"{job.id} {job.name}".rstrip() for job in held[:3])
        more = f" and {len(held) - 3} more" if len(held) > 3 else ""
        raise ConflictError(
            f'dataset "{name}" is in use and cannot {what}',
            why=f"{'jobs' if len(held) > 1 else 'job'} {used}{more} {'need' if len(held) > 1 else 'needs'} it",
            fix=f"dmod job wait {held[0].id}, or dmod job cancel {held[0].id}",
        )
