"""The files a formulation names: whether they are there, and whether CFE reads in them what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmod.hydro.findings import Finding, Severity
from dmod.hydro.modules import interface
from dmod.hydro.realization import ID
from dmod.layout import DMOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.hydro.realization import Formulation, Scope
    from dmod.hydro.realization_check import Case

ENDINGS = ("", ".so", ".dylib")  # ngen adds what is missing
NOWHERE = ("", "/dev/null")
FRACTIONS = ("gw_storage", "soil_storage")  # of CFE, both a share of what the store can hold


def in_image(text: str) -> bool:
    """Whether it lies in a worker's image, where a check cannot look."""
    return text.startswith(f"{DMOD}/") and not Path(DMOD).exists()


def check(case: Case, scope: Scope, leaf: Formulation) -> None:
    """Library and init_config of one model."""
    library = str(leaf.params.get("library_file", ""))
    if library and not in_image(library):
        found = [case.resolve(library + ending) for ending in ENDINGS]
        if not any(path.is_file() for path in found):
            strange = "; .dylib is a macOS library" if library.endswith(".dylib") else ""
            message = f"no library {found[0]}{'' if found[0].suffix else ', with or without .so'}{strange}"
            case.findings.error(f"{leaf.where}.params.library_file", message, "give its path, or --root DIR")
    init = str(leaf.params.get("init_config", ""))
    if init not in NOWHERE and not in_image(init):
        check_init(case, scope, leaf, init)


def check_init(case: Case, scope: Scope, leaf: Formulation, init: str) -> None:
    """The init_config of each catchment."""
    where = f"{leaf.where}.params.init_config"
    known = interface(leaf)
    catchments = case.served(scope)
    if catchments is None and ID in init:
        # without a hydrofabric no catchment is known: one file that fits must do
        pattern = case.resolve(init)
        paths = sorted(pattern.parent.glob(pattern.name.replace(ID, "*"))) if ID not in str(pattern.parent) else []
        if not paths:
            case.findings.error(where, f"no file like {pattern}", "give its path, or --root DIR")
        files = [(path.name, path) for path in paths]
    else:
        files = [(name, case.resolve(init.replace(ID, name))) for name in (catchments or ("",))]
        files = files if ID in init else files[:1]
    for name, path in files:
        if not path.is_file():
            message = f"no file {path}"
            fix = "give its path, or --root DIR"
            case.findings.each("missing", name, Finding(where, Severity.ERROR, message, fix))
        elif known is not None and known.name == "CFE":
            check_fractions(case, where, name, path)


def check_fractions(case: Case, where: str, catchment: str, path: Path) -> None:
    """CFE's stores: a share from 0 to 1; `50%` is read as 50, and the catchment starts with fifty times its water."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or key not in FRACTIONS:
            continue
        percent = value.endswith("%")
        try:
            share = float(value.split("[")[0].rstrip("%"))
        except ValueError:
            message = f"{path.name}:{number}: {key}={value} is not a number"
            case.findings.each(key, catchment, Finding(where, Severity.ERROR, message))
            continue
        if percent or not 0 <= share <= 1:
            read = f"CFE reads {share:g} times what the store holds"
            message = f"{path.name}:{number}: {key}={value}: {read}"
            fix = f"{key}={share / 100:g}" if percent or share <= 100 else f"{key} from 0 to 1"
            case.findings.each(key, catchment, Finding(where, Severity.ERROR, message, fix))


def check_routing(case: Case) -> None:
    """The files that routing names."""
    routing = case.document.get("routing")
    if routing is None:
        return
    table: Mapping[str, object] = routing if isinstance(routing, dict) else {}
    config = table.get("t_route_config_file_with_path")
    if not isinstance(config, str) or not config:
        case.findings.error("routing.t_route_config_file_with_path", "it is missing")
    elif not in_image(config) and not case.resolve(config).is_file():
        message = f"no file {case.resolve(config)}"
        case.findings.error("routing.t_route_config_file_with_path", message, "give its path, or --root DIR")
