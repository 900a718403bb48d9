"""The forcing a realization names: the file of each catchment, its period, and whether its rain makes sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dmod.errors import DmodError
from dmod.hydro.findings import Finding, Severity
from dmod.hydro.forcing_pattern import Names
from dmod.hydro.ids import natural, some
from dmod.hydro.meteorology import doubts, precipitation
from dmod.hydro.realization import ID, NO_FORCING
from dmod.hydro.realization_names import nearest
from dmod.hydro.stamps import moment, seconds, text
from dmod.hydro.wiring import needs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.hydro.forcing import Forcing
    from dmod.hydro.realization import ForcingSource, Scope
    from dmod.hydro.realization_check import Case

CSV = ("CsvPerFeature", "")
PROVIDERS = (*CSV, "NetCDF")
ENGINE = "ForcingsEngine"  # its providers make forcing during the run
RAIN = ("precip_rate", "APCP_surface")
SAMPLE = 20  # catchments whose rain is summed
CATCHMENT = re.compile(r"cat-\d+")


class Files(NamedTuple):
    """The forcing that one scope gets."""

    where: str  # JSON path
    path: Path
    by_catchment: dict[str, Path] | None  # CSV files chosen by the pattern; None where `path` is the forcing itself


def check(case: Case, scope: Scope) -> tuple[str, ...] | None:
    """Files, period and rain of the forcing of one scope; gives its variables, None where they cannot be known."""
    source = scope.forcing
    if source is None:
        return None
    if source.provider == NO_FORCING:
        return ()
    if source.provider.startswith(ENGINE):
        case.findings.warning(source.where, f"{source.provider} makes forcing during the run: it is not checked")
        return None
    if source.provider not in PROVIDERS:
        message = f'"{source.provider}" is not known here: the forcing is not checked'
        case.findings.warning(f"{source.where}.provider", message, nearest(source.provider, PROVIDERS[::-1]))
        return None
    files = choose(case, scope, source)
    return None if files is None else examine(case, files, case.served(scope), inputs_of((scope,)))


def check_given(case: Case, path: Path) -> tuple[str, ...] | None:
    """The same of forcing that is given in place of what the file says, for every scope."""
    return examine(case, Files("forcing", path, None), case.catchments, inputs_of(case.scopes))


def choose(case: Case, scope: Scope, source: ForcingSource) -> Files | None:
    """The files, as ngen would choose them; None, after saying why, where there are none."""
    path = case.resolve(source.path)
    where = f"{source.where}.path"
    if not path.exists():
        kind = "folder" if source.pattern else "file"
        case.findings.error(where, f"no {kind} {path}", "give its path, or --root DIR, or --forcing PATH")
        return None
    if source.provider not in CSV or not source.pattern:
        if path.is_dir():
            message = f"{path} is a folder; ngen opens it as a file"
            case.findings.error(where, message, 'add "file_pattern": ".*{{id}}.*.csv", or name the file')
            return None
        return Files(where, path, None)
    if not path.is_dir():
        case.findings.error(where, f"{path} is a file, and file_pattern wants a folder", "name its folder")
        return None
    found = matches(case, scope, source, path)
    return Files(where, path, found) if found else None


def matches(case: Case, scope: Scope, source: ForcingSource, folder: Path) -> dict[str, Path]:
    """The one file for each catchment; none and several are told."""
    where = f"{source.where}.file_pattern"
    names = Names.of(folder)
    catchments: Sequence[str] | None = case.served(scope)
    if catchments is None:  # without a hydrofabric: those that files are named for
        catchments = natural({found for name in names.all for found in CATCHMENT.findall(name)})
    if ID not in source.pattern and len(catchments) > 1:
        message = f"without {ID} every catchment gets the same file"
        case.findings.warning(where, message, f'"file_pattern": ".*{ID}_.*.csv"')
    found = {}
    for catchment in catchments:
        try:
            fitting = names.fitting(source.pattern, catchment)
        except re.error as error:
            case.findings.error(where, f'"{source.pattern}" is not a regular expression: {error}')
            return {}
        if not fitting:
            message = f"no file in {folder} fits {catchment}"
            case.findings.each("none", catchment, Finding(where, Severity.ERROR, message))
        elif len(fitting) > 1:
            message = (
                f"{len(fitting)} files fit {catchment}: {some(fitting)}; ngen takes whichever the disk lists first"
            )
            fix = f'end the id: ".*{ID}[^0-9].*"'
            case.findings.each("several", catchment, Finding(where, Severity.ERROR, message, fix))
        else:
            found[catchment] = folder / fitting[0]
    return found


def opened(files: Files) -> Forcing:
    """The forcing of those files. Raises NotFoundError, UsageError or ConflictError."""
    from dmod.hydro.aorc_csv import CsvForcing
    from dmod.hydro.forcing import open_forcing

    return open_forcing(files.path) if files.by_catchment is None else CsvForcing(files.by_catchment, files.path)


def examine(case: Case, files: Files, asked: tuple[str, ...] | None, used: set[str]) -> tuple[str, ...] | None:
    """Period and rain of forcing for the catchments asked (None = all it has); gives its variables."""
    try:
        with opened(files) as forcing:
            names = wanted(case, files, asked, forcing.catchments)
            period(case, names, forcing)
            rain(case, files, names, forcing, used)
            return forcing.variables
    except DmodError as error:
        case.findings.error(files.where, f"{error.message}{error.why and '; '}{error.why}", error.fix)
        return None


def wanted(case: Case, files: Files, asked: tuple[str, ...] | None, has: tuple[str, ...]) -> list[str]:
    """The catchments asked that the forcing has; those it lacks are told."""
    if asked is None or (len(has) == 1 and files.by_catchment is None and files.path.suffix.lower() == ".csv"):
        return list(has)  # one CSV serves whom it was named for, whatever its name says
    missing = natural(set(asked) - set(has))
    if missing and files.by_catchment is None:
        case.findings.error(files.where, f"{files.path} lacks {some(missing)} of {len(asked):,} catchments")
    return natural(set(asked) & set(has))


def period(case: Case, names: list[str], forcing: Forcing) -> None:
    """The simulated period must lie within the forcing, and steps must be alike."""
    if case.time is None:
        return
    found = forcing.scan()
    begin, end = (seconds(stamp) for stamp in case.time[:2])
    own = set(names)
    for name, first, last in zip(found.catchments, found.begins, found.ends, strict=True):
        if name in own and seconds(first) > begin:
            message = f"the forcing of {name} begins {text(first)}, after start_time {text(begin)}"
            finding = Finding("time.start_time", Severity.ERROR, message, f'"start_time": "{text(first)}"')
            case.findings.each("late", name, finding)
        if name in own and seconds(last) < end:
            message = f"the forcing of {name} ends {text(last)}, before end_time {text(end)}"
            finding = Finding("time.end_time", Severity.ERROR, message, f'"end_time": "{text(last)}"')
            case.findings.each("early", name, finding)
    if found.step != case.time.step:
        message = f"steps of {case.time.step} s, and forcing every {found.step} s"
        case.findings.warning("time.output_interval", message, f'"output_interval": {found.step}')


def rain(case: Case, files: Files, names: list[str], forcing: Forcing, used: set[str]) -> None:
    """What the forcing says of rain and warmth must make sense; of many catchments a sample is read."""
    asked = [name for name in (*RAIN, "TMP_2maboveground") if name in forcing.variables]
    if not asked or not names:
        return
    stamps = forcing.times
    sample = names[:: -(-len(names) // SAMPLE)]
    arrays = forcing.read(asked, sample, moment(stamps[0]), moment(stamps[-1]))
    total = {
        name: float(precipitation({name: arrays[name]}, forcing.step).sum(axis=1).mean())
        for name in RAIN
        if name in arrays
    }
    if len(total) == len(RAIN) and max(total.values()) > 2 * min(total.values()):
        case.findings.found.append(contradiction(files.where, total, used))
        arrays = {name: values for name, values in arrays.items() if name not in RAIN}
    for doubt in doubts(arrays, forcing.step):
        case.findings.warning(files.where, doubt)


def contradiction(where: str, total: dict[str, float], used: set[str]) -> Finding:
    """Two sums of rain over the same steps that cannot both be true; an error where the one in doubt is used."""
    said = ", ".join(f"{name} sums to {value:.4g} mm" for name, value in total.items())
    metres = 500 < total["APCP_surface"] / max(total["precip_rate"], 1e-12) < 2000
    severity = Severity.ERROR if "precip_rate" in used else Severity.WARNING
    fix = (
        "give it its unit, m s^-1: in the CSV's header, precip_rate (m s^-1), or as `units` in NetCDF" if metres else ""
    )
    return Finding(where, severity, said + (": precip_rate is in m/s and read as mm/s" if metres else ""), fix)


def inputs_of(scopes: tuple[Scope, ...]) -> set[str]:
    """What the formulations want of forcing, as AORC names it."""
    return {name for scope in scopes if scope.formulation for name in needs(scope.formulation)}
