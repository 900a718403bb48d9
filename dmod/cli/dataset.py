"""`dmod dataset`: keep forcing, hydrofabrics, configs, observations and outputs by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli import settings
from dmod.cli.output import Column, confirm, glyph, say, show_list, show_record
from dmod.cli.parser import group
from dmod.errors import ConflictError, DmodError, UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.folder import FolderStore

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
CATEGORY = Annotated[str, typer.Option(metavar="CATEGORY", help="config, forcing, hydrofabric, observation or output")]


@app.command()
def create(  # noqa: PLR0913 - what a dataset is made of
    name: Annotated[str, typer.Argument(metavar="NAME", help="lower-case letters, digits, hyphens and dots")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="as --from", hidden=True)] = None,
    sources: Annotated[
        list[Path] | None, typer.Option("--from", metavar="PATH...", help="files, and folders of files")
    ] = None,
    category: CATEGORY = "",
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="where the files leave it open")] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="what people should know about it")] = "",
    link: Annotated[bool, typer.Option("--link", help="link the files instead of copying them")] = False,  # noqa: FBT002
) -> None:
    """Keep files as a new dataset: they are copied, hashed, and read for what they cover.

    Category and format are found from the files where they leave no doubt.

    dmod dataset create sugar --from catchments.geojson nexus.geojson
    dmod dataset create aorc-2015 --category forcing --from forcing/2015
    """
    store, paths = _store(), [*(sources or ()), *(more or ())]
    if settings.current().dry_run:
        from dmod.cli.dataset_plan import planned

        return say(planned(store, name, category or None, paths, form or None))
    with _copying(f"dataset {name}") as report:
        made = store.create(
            name, category or None, paths, format=form or None, description=description, link=link, report=report
        )
    _show(made)
    return None


@app.command()
def add(
    name: NAME,
    sources: Annotated[list[Path], typer.Argument(metavar="PATH...", help="files, and folders of files")],
    replace: Annotated[bool, typer.Option("--replace", help="put them in the place of files of the same name")] = False,  # noqa: FBT002
) -> None:
    """Add files to a dataset; it changes as a whole or not at all.

    dmod dataset add aorc-2015 forcing/2016-01
    """
    store = _store()
    if settings.current().dry_run:
        from dmod.data.source import gather

        return say(f"would add {len(gather(sources)):,} files to {store.get(name).name}")
    _require_idle(name, "changed")
    with _copying(f"dataset {name}") as report:
        made = store.add(name, sources, replace=replace, report=report)
    _show(made)
    return None


@app.command()
def get(
    name: NAME,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="a new or an empty folder; by default ./NAME")
    ] = None,
) -> None:
    """Copy the files of a dataset to a folder, each held against its checksum.

    dmod dataset get aorc-2015 --to forcing
    """
    from dmod.data.export import export

    store = _store()
    dataset, target = store.get(name), to or Path(name)
    if settings.current().dry_run:
        return say(f"would copy {len(dataset.files):,} files to {shown(target)}")
    with _copying(f"dataset {name}") as report:
        export(dataset, store.path(name), target, report=report)
    say(f"{glyph('completed')} {len(dataset.files):,} files in {shown(target)}")
    return None


@app.command("list")
def list_(category: CATEGORY = "") -> None:
    """List the datasets and what they cover.

    dmod dataset list
    dmod dataset list --category forcing -o name
    """
    from dmod.cli.dataset_view import COLUMNS, row
    from dmod.data.format import Category

    wanted = Category.parse(category) if category else None
    found = _store().list(on_damage=_complain)
    rows = [row(each) for each in found if wanted in (None, each.category)]
    empty = "no datasets; make one: dmod dataset create NAME --from PATH"
    show_list(rows, COLUMNS, empty=empty if not wanted else f"no {wanted} datasets")


@app.command()
def show(name: NAME) -> None:
    """Show what a dataset is, what it covers, and where its files lie.

    dmod dataset show aorc-2015
    dmod dataset show aorc-2015 -o json | jq .domain.time
    """
    _show(_store().get(name))


@app.command()
def check(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="datasets")],
) -> None:
    """Hold each file against its checksum; exit code 1 when one has changed, is missing, or is not known.

    dmod dataset check aorc-2015
    """
    store, rows, count = _store(), [], 0
    for name in names:
        with _copying(f"checking {name}") as report:
            problems = store.check(name, report=report)
        rows += [{"dataset": name, **problem._asdict()} for problem in problems]
        count += len(store.get(name).files)
    columns = (
        *((Column("dataset", "DATASET"),) if len(names) > 1 else ()),
        Column("fault", "PROBLEM"),
        Column("path", "FILE"),
        Column("message", "WHAT", optional=1),
    )
    good = f"{glyph('completed')} {', '.join(names)}: {_count(count, 'file')} as registered"
    show_list(rows, columns, name_key="path", empty=good)
    if rows:
        bad = dict.fromkeys(each["dataset"] for each in rows)
        raise DmodError(
            f"{_count(len(rows), 'file')} of {', '.join(bad)} not as registered",
            fix=f"dmod dataset add {rows[0]['dataset']} PATH --replace, with the file as it should be",
        )


@app.command()
def delete(names: Annotated[list[str], typer.Argument(metavar="NAME...", help="datasets")]) -> None:
    """Delete datasets with their files, after the name of each has been typed; --yes in scripts.

    dmod dataset delete aorc-2015
    """
    store = _store()
    for name in names:
        store.path(name)
        _require_idle(name, "deleted")
    for name in names:
        if settings.current().dry_run:
            say(f"would delete {name}")
            continue
        confirm(f"delete dataset {name} and its files?", name=name)
        _require_idle(name, "deleted")
        store.delete(name)
        say(f"deleted {name}")


@app.command()
def gaps(  # noqa: PLR0913 - what may be asked for
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="datasets, which may complete each other")],
    start: Annotated[str, typer.Option(metavar="TIME", help="by default where the first of them begins")] = "",
    end: Annotated[str, typer.Option(metavar="TIME", help="start of the last step; by default where they end")] = "",
    catchments: Annotated[str, typer.Option(metavar="ID,...", help="by default every one that is in any of them")] = "",
    hydrofabric: Annotated[str, typer.Option(metavar="NAME|PATH", help="every catchment of this one")] = "",
    variables: Annotated[str, typer.Option(metavar="NAME,...", help="by default those that any of them has")] = "",
) -> None:
    """Name what datasets leave open together: which catchments, which hours, which variables; exit code 1 if any.

    dmod dataset gaps aorc-2015 aorc-2016 --hydrofabric sugar
    dmod dataset gaps aorc-2015 --start 2015-12-01 --end "2015-12-30 23:00"
    """
    from dmod.cli import dataset_gaps

    store = _store()
    asked = dataset_gaps.Asked(start, end, _ids(catchments), hydrofabric, _ids(variables))
    dataset_gaps.show([store.get(name) for name in names], asked)


def _store() -> FolderStore:
    from dmod.data.folder import FolderStore

    return FolderStore(settings.project().datasets)


def _show(dataset: Any) -> None:  # noqa: ANN401 - a Dataset, whose module only commands that show one need
    from dmod.cli.dataset_view import lines

    folder = _store().path(dataset.name)
    show_record(dataset.record(), table=lambda _: lines(dataset, folder))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _complain(error: DmodError) -> None:
    for line in error.lines():
        say(line)


def _copying(title: str) -> Any:  # noqa: ANN401 - a context manager
    from dmod.cli.dataset_progress import reporting

    return reporting(title)


def _require_idle(name: str, done: str) -> None:
    """Raise ConflictError while a job that has not ended reads the dataset or makes it."""
    queue = settings.project().queue
    if not queue.exists():
        return
    from dmod.jobs.status import ACTIVE
    from dmod.scheduler.queue import Queue

    held = [job for job in Queue(queue).jobs(status=ACTIVE) if name in job.datasets or job.output == name]
    if held:
        used = ", ".join(f"{job.id} {job.name}".rstrip() for job in held[:3])
        more = f" and {len(held) - 3} more" if len(held) > 3 else ""
        raise ConflictError(
            f'dataset "{name}" is in use and cannot be {done}',
            why=f"{'jobs' if len(held) > 1 else 'job'} {used}{more} {'need' if len(held) > 1 else 'needs'} it",
            fix=f"dmod job wait {held[0].id}, or dmod job cancel {held[0].id}",
        )
