"""Whether a realization will run, and run rightly: every problem by its JSON path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.hydro import json_file, realization_files, realization_forcing, realization_names, realization_units
from dmod.hydro.findings import Finding, Findings
from dmod.hydro.ids import natural, some
from dmod.hydro.realization import MULTI, Formulation, Scope, scopes_of
from dmod.hydro.realization_keys import KNOWN, keys
from dmod.hydro.realization_modules import learn
from dmod.hydro.realization_output import output_of
from dmod.hydro.realization_time import Time, time_of
from dmod.hydro.run_paths import spellings

if TYPE_CHECKING:
    from dmod.hydro.hydrofabric import Hydrofabric
    from dmod.hydro.realization_modules import Ask

GONE = ("tshirt", "tshirt_c", "simple_lumped", "lstm")  # older ngen had them


@dataclass(frozen=True, slots=True)
class Case:
    """One realization under check, and what is known around it."""

    time: Time | None  # None where the file is at fault
    scopes: tuple[Scope, ...]
    document: Mapping[str, object]
    catchments: tuple[str, ...] | None  # of the hydrofabric; None where none was given
    root: Path  # where relative paths start
    findings: Findings = field(default_factory=Findings)

    def served(self, scope: Scope) -> tuple[str, ...] | None:
        """The catchments a scope is for; None for `global` without a hydrofabric."""
        if scope.catchment:
            return (scope.catchment,)
        if self.catchments is None:
            return None
        own = {other.catchment for other in self.scopes}
        return tuple(name for name in self.catchments if name not in own)

    def resolve(self, text: str) -> Path:
        """A path of the file as it can be opened."""
        found = [self.root / name for name in spellings(text)]
        return next((path for path in found if path.exists()), found[0])


def check(
    path: Path,
    *,
    hydrofabric: Hydrofabric | None = None,
    forcing: Path | None = None,
    root: Path | None = None,
    ask: Ask | None = None,
) -> list[Finding]:
    """Everything found in the realization at `path`, scope by scope.

    `ask` is what asks a module of itself; without it, no module is loaded.
    `forcing` stands in for what the file says. Relative paths start at `root`, else at the working folder, as in ngen.
    Raises NotFoundError or UsageError (with line and column) when there is no JSON object to check.
    """
    document = json_file.read_object(path)
    findings = Findings()
    case = Case(
        time_of(document, findings.error),
        scopes_of(document, findings.error),
        document,
        None if hydrofabric is None else hydrofabric.catchments,
        Path.cwd() if root is None else root,
        findings,
    )
    keys(document, findings.error)
    output_of(document, findings.error)
    coverage(case)
    if ask is not None:
        case = replace(case, scopes=learn(case, ask))
    given = None if forcing is None else realization_forcing.check_given(case, forcing)
    unused = set() if case.catchments is None else {scope.catchment for scope in case.scopes} - {"", *case.catchments}
    for scope in case.scopes:
        if scope.catchment in unused:
            continue
        available = realization_forcing.check(case, scope) if forcing is None else given
        if scope.formulation is not None:
            scope_check(case, scope, scope.formulation, available)
    realization_files.check_routing(case)
    return findings.listed()


def coverage(case: Case) -> None:
    """Which catchments have a formulation, and which formulations have a catchment."""
    named = [scope for scope in case.scopes if scope.catchment]
    everywhere = any(not scope.catchment and scope.formulation for scope in case.scopes)
    if not everywhere and not any(scope.formulation for scope in named):
        if not case.findings.found:
            case.findings.error("global.formulations", "there is no formulation, neither here nor under catchments")
        return
    if case.catchments is None:
        return
    known = set(case.catchments)
    for scope in named:
        if scope.catchment not in known:
            message = f"the hydrofabric has no {scope.catchment}: what stands here is never used"
            case.findings.warning(scope.where, message)
    left = natural(known - {scope.catchment for scope in named})
    if left and not everywhere:
        message = f"{len(left):,} catchments of the hydrofabric have no formulation: {some(left)}"
        case.findings.error("catchments", message, "add a formulation under `global` for all others")


def scope_check(case: Case, scope: Scope, formulation: Formulation, available: tuple[str, ...] | None) -> None:
    """Everything about one scope's formulation; `available` is what its forcing has, None where that is not known."""
    if scope.listed > 1:
        message = f"{scope.listed} formulations, and ngen reads only the first"
        case.findings.warning(f"{scope.where}.formulations", message)
    told = any(finding.path.startswith(f"{scope.where}.forcing") for finding in case.findings.found)
    if scope.catchment and scope.forcing is None and not told:
        message = f"{scope.catchment} has no forcing of its own, and ngen does not fall back on global.forcing"
        case.findings.error(scope.where, message, f'copy "forcing" from global to {scope.where}')
    if not known_name(case, formulation):
        return
    for each in (formulation, *formulation.modules):
        rejected(case, each)
        required(case, each)
        realization_names.check(case.findings, each)
    realization_names.check_main(case.findings, formulation)
    for leaf in formulation.leaves():
        realization_files.check(case, scope, leaf)
    realization_names.check_inputs(case.findings, formulation, available)
    realization_units.check(case.findings, formulation, *([case.time.step] if case.time else []))


def known_name(case: Case, formulation: Formulation) -> bool:
    """Whether ngen has formulations of such names."""
    unknown = [each for each in (formulation, *formulation.modules) if each.name not in KNOWN]
    for each in unknown:
        was = "ngen no longer has it" if each.name in GONE else "ngen has no such formulation"
        case.findings.error(f"{each.where}.name", f'"{each.name}": {was}', f"one of {', '.join(KNOWN)}")
    return not unknown


def rejected(case: Case, formulation: Formulation) -> None:
    """Keys that ngen once had and now refuses."""
    where = f"{formulation.where}.params"
    if str(formulation.params.get("uses_forcing_file", "false")).lower() == "true":
        message = "ngen no longer has it and stops at `true`: models get forcing through BMI alone"
        case.findings.error(f"{where}.uses_forcing_file", message, "delete the key")
    if formulation.params.get("forcing_file"):
        message = f'ngen no longer has it and stops at any name, here "{formulation.params["forcing_file"]}"'
        case.findings.error(f"{where}.forcing_file", message, "delete the key")


def required(case: Case, formulation: Formulation) -> None:
    """Keys without which the model cannot be made."""
    keys = ["model_type_name", "main_output_variable"]
    if formulation.name == "bmi_python":
        keys.append("python_type")
        if realization_names.is_series(formulation):
            keys = ["main_output_variable"]  # our own models have a name, and need no file
    elif formulation.name != MULTI:
        keys += ["library_file"]
    if formulation.name != MULTI and not realization_names.is_series(formulation):
        keys.append("init_config")
    for key in keys:
        if not formulation.params.get(key):
            fix = '"main_output_variable": "Q_OUT"' if realization_names.is_series(formulation) else ""
            case.findings.error(f"{formulation.where}.params.{key}", "it is missing or empty", fix)
