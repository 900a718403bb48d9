"""Units of what modules take against those of what feeds them, and of the main output against a depth of water."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.errors import UsageError
from dmod.hydro.dimensions import conversion, depth, known
from dmod.hydro.findings import below
from dmod.hydro.modules import interface
from dmod.hydro.variables import VARIABLES, canonical, to_model
from dmod.hydro.wiring import inputs, outputs

if TYPE_CHECKING:
    from dmod.hydro.findings import Findings
    from dmod.hydro.realization import Formulation

HOUR = 3600  # seconds of a step where the file does not say


def check(findings: Findings, formulation: Formulation, step: int = HOUR) -> None:
    """Every input of every module, and the main output."""
    leaves = formulation.leaves()
    for at, leaf in enumerate(leaves):
        taken = interface(leaf)
        if taken is None:
            continue
        for name, alias in inputs(leaf).items():
            giver = _giver(leaves, alias, at)
            if giver is not None:
                _between(findings, leaf, name, giver)
            elif canonical(alias) in VARIABLES and not str(leaf.params.get("python_type", "")).startswith("dmod."):
                _forced(findings, leaf, name, canonical(alias), step)
    _main(findings, formulation, step)


def _giver(leaves: tuple[Formulation, ...], alias: str, at: int) -> tuple[Formulation, str, str] | None:
    """The module that gives what is called so, its own name and unit: one in front, else one behind."""
    for index in sorted(range(len(leaves)), key=lambda index: (index > at, index)):
        own = outputs(leaves[index]).get(alias)
        gives = interface(leaves[index])
        if own is not None and gives is not None and index != at:
            return leaves[index], own, gives.outputs.get(own, "")
    return None


def _between(findings: Findings, leaf: Formulation, name: str, giver: tuple[Formulation, str, str]) -> None:
    taken = interface(leaf)
    module, own, given = giver
    wanted = taken.inputs[name] if taken else ""
    where = _where(leaf, name)
    if conversion(given, wanted) is None:
        message = f'{leaf.model} takes "{name}" in {wanted!r}, and {module.model} gives "{own}" in {given!r}'
        findings.error(where, message, "these are units of different things: map another variable to it")
    elif given != wanted and not (known(given) and known(wanted)):
        strange = given if not known(given) else wanted
        message = f'the unit {strange!r} is not known here: "{own}" goes into "{name}" as it is'
        findings.warning(where, message)


def _forced(findings: Findings, leaf: Formulation, name: str, variable: str, step: int) -> None:
    taken = interface(leaf)
    wanted = taken.inputs[name] if taken else ""
    try:
        to_model(variable, VARIABLES[variable].units, wanted, step)
    except UsageError:
        message = f'{leaf.model} takes "{name}" in {wanted!r}, and the forcing has {variable} in '
        message += repr(VARIABLES[variable].units)
        findings.error(_where(leaf, name), message, "map another variable to it")


def _main(findings: Findings, formulation: Formulation, step: int) -> None:
    main = formulation.params.get("main_output_variable")
    for leaf in reversed(formulation.leaves()):
        gives = interface(leaf)
        own = next((own for alias, own in outputs(leaf).items() if main in (alias, own)), None)
        if gives is None or own is None or own not in gives.outputs:
            continue
        if depth(gives.outputs[own], step) is None:
            message = f'"{main}" is in {gives.outputs[own]!r}, which is no depth of water'
            fix = "choose one in m or mm, per step or per s, h or d"
            findings.error(f"{formulation.where}.params.main_output_variable", message, fix)
        return


def _where(leaf: Formulation, name: str) -> str:
    where = f"{leaf.where}.params.variables_names_map"
    return below(where, name) if name in leaf.map else f"{leaf.where}.params"
