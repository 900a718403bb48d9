"""`dmod partition`: divide a hydrofabric among ranks, and see how well it is divided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli import settings, source
from dmod.cli.output import Column, say, show_record
from dmod.cli.table import lay_out
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.hydro.hydrofabric import Hydrofabric
    from dmod.hydro.partition import Part

app = typer.Typer(help="Divide a hydrofabric among ranks.", no_args_is_help=True)

COLUMNS = (
    Column("id", "PART", right=True),
    Column("catchments", "CATCHMENTS", right=True),
    Column("nexuses", "NEXUSES", right=True),
    Column("remote", "REMOTE", right=True),
    Column("neighbours", "NEIGHBOURS", right=True, optional=1),
)
FABRIC = Annotated[str, typer.Option("--hydrofabric", metavar="NAME|PATH", help="a dataset, a .gpkg, or a folder")]


@app.command()
def create(
    hydrofabric: FABRIC,
    parts: Annotated[int, typer.Option("-n", "--parts", metavar="N", help="how many: one for each rank")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="ngen's partition file, replaced if it is there")],
    register: Annotated[str, typer.Option(metavar="NAME", help="keep it as a dataset of the project too")] = "",
) -> None:
    """Divide a hydrofabric into N parts of like size with few rivers cut, and write ngen's partition file.

    METIS does the cutting; the same hydrofabric is cut the same way every time.

      dmod partition create --hydrofabric conus.gpkg -n 64 --out partitions.json
    """
    from dmod.hydro import partition
    from dmod.hydro.hydrofabric import Hydrofabric

    fabric = Hydrofabric.read(source.find(hydrofabric, "hydrofabric"))
    made = partition.partition(fabric, parts)
    if settings.current().dry_run:
        say(f"would write {shown(out)}")
    else:
        partition.write(made, out)
        if register:
            _register(register, out, hydrofabric)
    show_record(_record(out, made, fabric), name_key="file", table=_summary)


@app.command()
def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="a partition file, or a dataset that holds one")],
    hydrofabric: FABRIC = "",
) -> None:
    """Show the parts of a partition, their balance, and with the hydrofabric how many rivers it cuts.

    dmod partition show partitions.json --hydrofabric conus.gpkg
    """
    from dmod.hydro import partition
    from dmod.hydro.hydrofabric import Hydrofabric

    path = source.find_file(file, "partition", ".json")
    fabric = Hydrofabric.read(source.find(hydrofabric, "hydrofabric")) if hydrofabric else None
    show_record(_record(path, partition.read(path), fabric), name_key="file", table=_listing)


def _record(path: Path, parts: Sequence[Part], fabric: Hydrofabric | None) -> dict[str, Any]:
    """What -o json shows: rivers and fragments only where the hydrofabric is known."""
    from dmod.hydro.partition import sizes, statistics

    found = sizes(parts) if fabric is None else statistics(fabric, parts)
    rows = [
        {
            "id": part.id,
            "catchments": len(part.catchments),
            "nexuses": len(part.nexuses),
            "remote": len(part.remote),
            "neighbours": len({remote.rank for remote in part.remote}),
        }
        for part in parts
    ]
    return {"file": str(path), "count": len(parts), **found._asdict(), "parts": rows}


def _summary(record: Mapping[str, Any]) -> list[str]:
    """For people: one line on size, one on cuts."""
    few, many = record["smallest"], record["largest"]
    each = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    over = f"largest {100 * (record['balance'] - 1):.1f} % over the mean"
    whole = f"{record['catchments']:,} catchments in {record['count']:,} parts of {each}"
    lines = [f"{shown(Path(record['file']))}: {whole} ({over})"]
    if "cut" in record:
        share = f"{100 * record['cut'] / record['edges']:.2f} %" if record["edges"] else "none"
        lines.append(f"{record['cut']:,} of {record['edges']:,} rivers pass between parts ({share})")
        if record["shared"]:
            lines.append(f"{record['shared']:,} last nexuses get water from several parts")
    return lines


def _listing(record: Mapping[str, Any]) -> list[str]:
    lines, _ = lay_out(record["parts"], COLUMNS, None)
    return [*_summary(record), "", *lines]


def _register(name: str, file: Path, hydrofabric: str) -> None:
    from dmod.data.dataset import Category
    from dmod.data.folder import FolderStore

    store = FolderStore(settings.project().datasets)
    derived = (hydrofabric,) if hydrofabric in store.names() else ()
    store.create(name, Category.CONFIG, [file], format="partition-config", derived_from=derived)
    say(f"dataset {name}")
