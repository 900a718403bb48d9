"""`dmod dataset`: keep forcing, hydrofabrics, configs, observations and outputs by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod import json_schema
from dmod.cli import dataset_cut, dataset_list, dataset_move, dataset_run, dataset_show, dataset_tidy
from dmod.cli.dataset_copying import Copying
from dmod.cli.dataset_use import require_unused
from dmod.cli.output import Column, confirm, glyph, say, show_list, show_record, write
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.errors import DmodError, UsageError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from dmod.data.stores import Stores

app = group("Keep forcing, hydrofabrics, configs, observations and outputs by name.")

RECORD = json_schema.record(
    "`dmod dataset show`",
    name=("string", "3 to 63 lower-case letters, digits, hyphens and dots"),
    category=("string", "config, forcing, hydrofabric, observation or output"),
    format=("string", "how the files are laid out: aorc-csv, geojson-hydrofabric, ..."),
    description=("string", "as its maker says"),
    created=("time", "when it was made"),
    derived_from=("array", "names of the datasets it was made from"),
    job=("integer|null", "the job whose output it is"),
    linked=("boolean", "whether its files are links to originals"),
    store=("string", "where it lies: folder or object-store"),
    size=("integer", "bytes"),
    digest=("string", "SHA-256 over the names and checksums of all files"),
    domain=(
        "object",
        "what it covers: catchments (null: any), nexuses, gauges, time, step, variables, blocks, details",
    ),
    files=("array", "path, size in bytes and sha256 of each"),
)
NAME = Annotated[str, typer.Argument(metavar="NAME", help="a dataset")]
FROM = Annotated[list[Path] | None, typer.Option("--from", metavar="PATH...", help="files, and folders of files")]
STORE = Annotated[str, typer.Option("--store", metavar="STORE", help="folder, or object-store")]
PATHS = Annotated[list[Path] | None, typer.Argument(metavar="[PATH...]", help="as --from")]
PROBLEMS = (
    Column("dataset", "DATASET"),
    Column("fault", "FAULT"),
    Column("path", "FILE"),
    Column("message", "WHAT"),
)


@app.command()
def create(  # noqa: PLR0913, PLR0917 - what people say of a dataset
    name: Annotated[str, typer.Argument(metavar="NAME", help="lower-case letters, digits, hyphens and dots")],
    paths: PATHS = None,
    sources: FROM = None,
    category: Annotated[
        str | None,
        typer.Option(metavar="CATEGORY", help="config, forcing, hydrofabric, observation or output; found if left out"),
    ] = None,
    format: Annotated[  # noqa: A002 - the word of the domain
        str | None, typer.Option(metavar="FORMAT", help="found if left out; generic is any")
    ] = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="for those who find it later")] = "",
    derived_from: Annotated[
        list[str] | None, typer.Option("--derived-from", metavar="NAME", help="a dataset it was made from")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="no copy, links: the originals must stay as they are")] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="no copy where that can be: the originals may go")] = False,
    to: STORE = "folder",
) -> None:
    """Keep files as a dataset: copy them, take their checksums, and find out what they cover.

    Of a folder all files are taken but hidden ones. The dataset is there whole or not at all. A NextGen run folder
    becomes three: NAME-hydrofabric, NAME-forcing and NAME-config.

      dmod dataset create vpu09 --category hydrofabric --from nextgen_09.gpkg
      dmod dataset create aorc-2015 --category forcing --from forcing/2015 --link
      dmod dataset create gauges --from observed.csv crosswalk.json
      dmod dataset create run --from ngen-run
      dmod dataset create aorc-2016 --from forcing/2016 --store object-store
    """
    if link and adopt:
        raise UsageError("--link leaves the files to you, --adopt takes them over: it is one or the other")
    stores, given = _stores(), [*(sources or ()), *(paths or ())]
    if len(given) == 1 and category is None and format is None and dataset_run.is_run(given[0]):
        dataset_run.create(name, given[0], to, link=link)
        return
    origins = [stores.find(each).dataset.name for each in derived_from or ()]
    store = stores.at(dataset_move.where(to))
    if current().dry_run:
        say(f"would make {dataset_show.line(stores.folder.preview(name, category, given, format=format))}")
        return
    with Copying("copying") as report:
        made = store.create(
            name,
            category,
            given,
            format=format,
            description=description,
            link=link,
            adopt=adopt,
            derived_from=origins,
            report=report,
        )
    show_record({**made.record(), "store": to}, table=lambda _: [dataset_show.line(made)])


@app.command()
def add(
    name: NAME,
    paths: PATHS = None,
    sources: FROM = None,
    replace: Annotated[bool, typer.Option("--replace", help="put them in the place of files of the same name")] = False,
) -> None:
    """Add files to a dataset: what it covers is found out anew, and it changes as a whole or not at all.

    dmod dataset add aorc-2015 forcing/2016-01
    """
    given = [*(sources or ()), *(paths or ())]
    before, where, store = _stores().find(name)
    if current().dry_run:
        from dmod.data.source import gather

        say(f"would add {len(gather(given)):,} files to {name}")
        return
    require_unused([name], "changed")
    with Copying("copying") as report:
        made = store.add(name, given, replace=replace, report=report)
    show_record({**made.record(), "store": where}, table=lambda _: [dataset_show.line(made)])
    if made == before:
        say("nothing new: it has these files already")


@app.command()
def get(
    name: NAME,
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE...]", help="files, folders or patterns; all if left out")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="made if need be; by default ./NAME")] = None,
) -> None:
    """Copy the files of a dataset to a folder, each held against its checksum.

    dmod dataset get aorc-2015 'cat-12*' --to here
    """
    from dmod.cli.dataset_get import fetch
    from dmod.data.export import chosen

    found, target = _stores().find(name), to or Path(name)
    dataset = found.dataset
    if current().dry_run:
        say(f"would write {len(chosen(dataset, items or ())):,} files to {shown(target)}")
        return
    with Copying("copying") as report:
        placed = fetch(found, target, items or (), report)
    if current().output in ("table", "wide"):
        size = format_memory(sum(path.stat().st_size for path in placed))
        write(f"{shown(target)}: {len(placed):,} file{'s' if len(placed) > 1 else ''}, {size}")
    else:
        show_list([{"path": path} for path in placed], (), name_key="path")


@app.command(name="list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="only these; a pattern too")] = None,
    category: Annotated[str | None, typer.Option(metavar="CATEGORY", help="only of this one")] = None,
) -> None:
    """List datasets, and what they cover.

    dmod dataset list --category forcing
    """
    dataset_list.show(words, category)


@app.command()
def show(name: NAME) -> None:
    """Show all about a dataset: what it covers, where it comes from, its files.

    dmod dataset show aorc-2015
    dmod dataset show aorc-2015 -o json | jq .domain.time
    """
    dataset, where, _ = _stores().find(name)
    wide = current().output == "wide"
    show_record({**dataset.record(), "store": where}, table=lambda _: dataset_show.page(dataset, where, wide=wide))


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="all datasets if left out")] = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="ask what is missing from here on")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="up to here, the start of the last step")] = None,
    catchments: Annotated[
        str | None, typer.Option(metavar="ID,...|NAME", help="for these, or all of a hydrofabric dataset")
    ] = None,
    variables: Annotated[str | None, typer.Option(metavar="NAME,...", help="of these variables")] = None,
) -> None:
    """Hold each file against its checksum; or ask what datasets together do not cover. Exit code 1 with findings.

    dmod dataset check
    dmod dataset check december january --end 2016-01-31T23:00
    """
    stores = _stores()
    if start or end or catchments or variables:
        from dmod.cli import dataset_coverage

        dataset_coverage.check(stores, names or [], dataset_coverage.Asked(start, end, catchments, variables))
        return
    wanted, findings = names or stores.names(), []
    for name in wanted:
        store = stores.where(name)
        with Copying(f"reading {name}") as report:
            findings += [{"dataset": name, **each._asdict()} for each in store.check(name, report=report)]
    if findings or current().output not in ("table", "wide"):
        show_list(findings, PROBLEMS, name_key="path")
    if findings:
        many = "files are" if len(findings) > 1 else "file is"
        raise DmodError(f"{len(findings):,} {many} not as the manifest says", fix=_mend(stores, findings[0]))
    more = ", ..." if len(wanted) > 6 else ""
    say(
        f"{glyph('ok')} {', '.join(wanted[:6])}{more}: every file is as the manifest says"
        if wanted
        else dataset_list.EMPTY
    )


app.command(name="subset")(dataset_cut.subset)
app.command(name="tidy")(dataset_tidy.tidy)


@app.command()
def delete(names: Annotated[list[str], typer.Argument(metavar="NAME...", help="datasets")]) -> None:
    """Delete datasets and their files, after asking for each name; refused while a job needs one.

    dmod dataset delete aorc-2015
    dmod dataset delete old-1 old-2 --yes
    """
    stores = _stores()
    where = {name: stores.where(name) for name in names}  # all of them, before one of them is gone
    require_unused(names, "deleted")
    for name in names:
        if current().dry_run:
            say(f"would delete {name}")
            continue
        confirm(f"delete dataset {name} and its files?", name=name)
        require_unused([name], "deleted")  # answering may have taken a while
        where[name].delete(name)
        say(f"deleted {name}")


@app.command()
def move(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="datasets")],
    to: Annotated[str, typer.Option("--to", metavar="STORE", help="object-store, or folder")] = "",
) -> None:
    """Bring datasets from the folder to the object store, or back; refused while a job needs one.

    Each file is held against its checksum before it is forgotten where it was. A move that was cut off goes on with
    the same command.

      dmod dataset move aorc-2015 --to object-store
      dmod dataset move aorc-2015 --to folder
    """
    if not to:
        raise UsageError("--to says which store", fix=f"dmod dataset move {names[0]} --to object-store")
    dataset_move.run(names, dataset_move.where(to), _stores(), lambda name: require_unused([name], "moved"))


def _stores() -> Stores:
    from dmod.data.stores import Stores

    return Stores(project())


def _mend(stores: Stores, finding: dict[str, object]) -> str:
    name, path = str(finding["dataset"]), str(finding["path"])
    if finding["fault"] == "extra" and stores.where(name) is stores.folder:
        where = shown(stores.folder.path(name) / path)
        return f"dmod dataset add {name} {where}, or: rm {where}"
    return f"dmod dataset add {name} PATH/{path} --replace"
