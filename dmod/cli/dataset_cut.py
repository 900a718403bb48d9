"""`dmod dataset subset`, as it is typed."""

from __future__ import annotations

from typing import Annotated

import typer

from dmod.cli.settings import project


def subset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="a hydrofabric")],
    upstream_of: Annotated[
        str | None, typer.Option(metavar="NEXUS", help="all catchments whose water passes it; a catchment or gauge too")
    ] = None,
    catchments: Annotated[list[str] | None, typer.Option(metavar="ID,...", help="these catchments alone")] = None,
    new: Annotated[str | None, typer.Option("--as", metavar="NEWNAME", help="by default NAME-NEXUS")] = None,
    along: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME,...", help="forcing and config to cut alike")
    ] = None,
) -> None:
    """Make a dataset of a part of a hydrofabric; and of the forcing and configs that go with it, all of them or none.

    dmod dataset subset conus --upstream-of nex-11225 --as creek
    dmod dataset subset conus --catchments cat-1,cat-2 --with aorc-2015,cfe
    """
    from dmod.cli import dataset_subset
    from dmod.data.folder import FolderStore

    asked = dataset_subset.Asked(upstream_of, catchments or (), new, along or ())
    dataset_subset.run(FolderStore(project().datasets), name, asked)
