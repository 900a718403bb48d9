"""The files a formulation names: whether they are there, and whether CFE reads in them what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmod.hydro.findings import Finding, Severity
from dmod.hydro.modules import interface, is_sloth
from dmod.hydro.realization import ID, NOWHERE
from dmod.hydro.run_paths import libraries
from dmod.layout import DMOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.hydro.realization import Formulation, Scope
    from dmod.hydro.realization_check import Case

FRACTIONS = ("gw_storage", "soil_storage")  # of CFE, both a share of what the store can hold


def in_image(text: str) -> bool:
    """Whether it lies in a worker's image, where a check cannot look."""
    return text.startswith(f"{DMOD}/") and not Path(DMOD).exists()


def library(case: Case, leaf: Formulation) -> Path | None:
    """The file of a module's library under any of its names; None where there is none, or it is in an image."""
    text = str(leaf.params.get("library_file", ""))
    if not text or in_image(text):
        return None
    paths = (case.resolve(name) for name in libraries(text))
    return next((path for path in paths if path.is_file()), None)


def check(case: Case, scope: Scope, leaf: Formulation) -> None:
    """Library and init_config of one model."""
    text = str(leaf.params.get("library_file", ""))
    if text and not in_image(text) and library(case, leaf) is None:
        found = case.resolve(text)
        strange = "; .dylib is a macOS library" if text.endswith(".dylib") else ""
        message = f"no library {found}{'' if found.suffix else ', with or without .so'}{strange}"
        if is_sloth(leaf):
            message += ": dmod does without it, ngen does not"
            case.findings.warning(f"{leaf.where}.params.library_file", message, "give its path, or --root DIR")
        else:
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
