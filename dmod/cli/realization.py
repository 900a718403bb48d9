"""`dmod realization`: read and check a NextGen config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli import settings, source
from dmod.cli.output import glyph, paint, say, show_list, show_record, write
from dmod.errors import DmodError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.hydro.findings import Finding
    from dmod.hydro.realization import Formulation, Realization

app = typer.Typer(help="Read and check a NextGen config.", no_args_is_help=True)
FILE = Annotated[str, typer.Argument(metavar="FILE", help="a realization, or a dataset that holds one")]


@app.command()
def check(
    file: FILE,
    hydrofabric: Annotated[
        str, typer.Option("--hydrofabric", metavar="NAME|PATH", help="whose catchments it is for")
    ] = "",
    forcing: Annotated[
        str, typer.Option("--forcing", metavar="NAME|PATH", help="in place of the forcing it names")
    ] = "",
    root: Annotated[
        Path | None, typer.Option("--root", metavar="DIR", help="where its relative paths start; by default here")
    ] = None,
    load: Annotated[
        bool, typer.Option("--load/--no-load", help="ask the modules themselves what they exchange")
    ] = True,
) -> None:
    """Name every problem of a realization by its JSON path; exit code 1 when one of them is an error.

    Nothing is run. Each module is set up for one catchment in a process of its own, and asked for its variables and
    units. Without --hydrofabric the catchments are those that files are named for.

      dmod realization check realization.json --hydrofabric conus.gpkg --root run/
    """
    from dmod.hydro.hydrofabric import Hydrofabric
    from dmod.hydro.realization_check import check as found_in
    from dmod.models import parameters
    from dmod.models.probe import asker

    path = source.find_file(file, "realization", ".json")
    fabric = Hydrofabric.read(source.find(hydrofabric, "hydrofabric")) if hydrofabric else None
    findings = found_in(
        path,
        hydrofabric=fabric,
        forcing=source.find(forcing, "forcing") if forcing else None,
        root=root,
        ask=asker((root or Path(), path.parent)) if load else None,
    )
    findings += parameters.check(path, None if fabric is None else set(fabric.catchments))
    _show_findings(findings)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = _count(len(findings) - errors, "warning")
    if errors:
        raise DmodError(f"{shown(path)}: {_count(errors, 'error')}, {warnings}")
    say(f"{glyph('completed')} {shown(path)}: no errors, {warnings}")


@app.command()
def show(file: FILE) -> None:
    """Show what a realization runs: period, formulations and their models, forcing and what it must hold.

    dmod realization show realization.json
    """
    from dmod.hydro.realization import Realization

    path = source.find_file(file, "realization", ".json")
    show_record(_record(path, Realization.read(path)), name_key="file", table=_lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _show_findings(findings: Sequence[Finding]) -> None:
    if settings.current().output not in ("table", "wide"):
        show_list([finding._asdict() for finding in findings], (), name_key="path")
        return
    for finding in findings:
        style = "red" if finding.severity == "error" else "yellow"
        write(f"{paint(finding.severity, style)} {finding.path}")
        write(f"  {finding.message}")
        if finding.fix:
            write(f"  fix: {finding.fix}")


def _record(path: Path, realization: Realization) -> dict[str, Any]:
    time = realization.time
    return {
        "file": str(path),
        "begin": time.begin,
        "end": time.end,
        "step": time.step,
        "steps": time.steps,
        "catchments": realization.catchments,
        "needs": realization.needs(),
        "scopes": [
            {
                "path": scope.where,
                "formulation": None if scope.formulation is None else _formulation(scope.formulation),
                "forcing": None if scope.forcing is None else scope.forcing._asdict(),
            }
            for scope in realization.scopes.values()
        ],
    }


def _formulation(formulation: Formulation) -> dict[str, Any]:
    from dmod.hydro.modules import interface

    known = interface(formulation)
    return {
        "name": formulation.name,
        "model": formulation.model,
        "known_as": None if known is None else known.name,
        "output": formulation.params.get("main_output_variable"),
        "modules": [_formulation(module) for module in formulation.modules],
    }


def _lines(record: Mapping[str, Any]) -> list[str]:
    """For people: the period, then each scope with its models in the order they run."""
    begin, end = (record[key].strftime("%Y-%m-%d %H:%M") for key in ("begin", "end"))
    named = record["catchments"]
    lines = [
        f"period      {begin} to {end} UTC, {record['steps']:,} steps of {record['step']} s",
        f"catchments  {'all' if named is None else f'{len(named):,} named'}",
        f"needs       {', '.join(record['needs']) or '-'}",
    ]
    for scope in record["scopes"]:
        formulation, forcing = scope["formulation"], scope["forcing"]
        lines += ["", scope["path"]]
        if formulation is not None:
            models = formulation["modules"] or [formulation]
            chain = " > ".join(model["known_as"] or model["model"] for model in models)
            lines.append(f"  {formulation['name']}: {chain}, giving {formulation['output']}")
        if forcing is not None:
            lines.append(f"  forcing: {forcing['provider']} {forcing['path']}{forcing['pattern']}")
    return lines
