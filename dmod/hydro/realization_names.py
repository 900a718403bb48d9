"""Names of variables in a formulation against those that its models have."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from dmod.hydro.findings import below
from dmod.hydro.ids import some
from dmod.hydro.modules import SERIES, SLOTH_KEY, Interface, interface, is_sloth
from dmod.hydro.realization import MULTI
from dmod.hydro.variables import VARIABLES
from dmod.hydro.wiring import open_inputs, outputs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dmod.hydro.findings import Findings
    from dmod.hydro.realization import Formulation
    from dmod.hydro.wiring import Input


def is_series(formulation: Formulation) -> bool:
    """Whether it is one of our own whole-series models."""
    return str(formulation.params.get("python_type", "")).startswith(SERIES)


def nearest(name: str, names: Iterable[str]) -> str:
    """`use "x"` for the name that comes nearest, or "" where none is near."""
    near = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f'use "{near[0]}"' if near else ""


def check(findings: Findings, formulation: Formulation) -> None:
    """The names in one module's map, main output and listed outputs."""
    where = f"{formulation.where}.params"
    lengths(findings, formulation)
    if formulation.name == MULTI:
        return
    known = interface(formulation)
    if known is None:
        message = f'the model "{formulation.model}" is not known here: its variables are not checked'
        findings.warning(where, message)
        return
    strangers(findings, formulation, known)
    listed(findings, formulation, known)
    if is_sloth(formulation):
        for key in formulation.model_params:
            if not SLOTH_KEY.match(key):
                message = "SLoTH cannot read it"
                findings.error(below(f"{where}.model_params", key), message, 'as "name(1,double,m,node)"')


def strangers(findings: Findings, formulation: Formulation, known: Interface) -> None:
    """Names in the map that the model does not have: ngen passes over them, and what they meant goes without."""
    where = f"{formulation.where}.params.variables_names_map"
    has = [*known.inputs, *known.outputs]
    unknown = [name for name in formulation.map if name not in has]
    slips = [name for name in unknown if nearest(name, has)]
    for name in slips:
        findings.warning(below(where, name), f'{known.name} has no variable "{name}"', nearest(name, has))
    rest = [name for name in unknown if name not in slips]
    if rest:
        message = f"{known.name} has no variable {some(rest)}: ngen passes over {'it' if len(rest) == 1 else 'them'}"
        findings.warning(where, message, "delete what it does not have")


def listed(findings: Findings, formulation: Formulation, known: Interface) -> None:
    """The names that are said to be outputs of one known model."""
    where = f"{formulation.where}.params"
    own = set(known.outputs) | {formulation.map.get(name, name) for name in known.outputs}
    main = formulation.params.get("main_output_variable")
    if isinstance(main, str) and main and main not in own:
        message = f'{known.name} has no output "{main}": {some(known.outputs, 4)}'
        findings.error(f"{where}.main_output_variable", message, nearest(main, known.outputs))
    asked = formulation.params.get("output_variables")
    for at, name in enumerate(asked if isinstance(asked, list) else ()):
        if name not in own and name not in known.inputs:
            message = f'{known.name} has no variable "{name}"'
            findings.error(f"{where}.output_variables[{at}]", message, nearest(str(name), [*own, *known.inputs]))


def lengths(findings: Findings, formulation: Formulation) -> None:
    """One header for each output, where both are given."""
    variables, headers = (formulation.params.get(key) for key in ("output_variables", "output_header_fields"))
    if isinstance(variables, list) and isinstance(headers, list) and len(variables) != len(headers):
        message = f"{len(headers)} headers for {len(variables)} output_variables"
        findings.warning(f"{formulation.where}.params.output_header_fields", message)


def check_main(findings: Findings, formulation: Formulation) -> None:
    """The main output of bmi_multi, which must be one of its modules', and so with its other outputs."""
    if formulation.name != MULTI:
        return
    leaves = formulation.leaves()
    provided = {name for leaf in leaves for pair in outputs(leaf).items() for name in pair}
    everything = provided | {name for leaf in leaves for pair in leaf.map.items() for name in pair}
    if any(interface(leaf) is None for leaf in leaves):
        return  # what an unknown model gives out cannot be known
    where, main = f"{formulation.where}.params", formulation.params.get("main_output_variable")
    if isinstance(main, str) and main and main not in provided:
        message = f'no module has an output "{main}"'
        findings.error(f"{where}.main_output_variable", message, nearest(main, provided))
    asked = formulation.params.get("output_variables")
    for at, name in enumerate(asked if isinstance(asked, list) else ()):
        if name not in everything:
            message = f'no module has a variable "{name}"'
            findings.error(f"{where}.output_variables[{at}]", message, nearest(str(name), everything))


def check_inputs(findings: Findings, formulation: Formulation, available: tuple[str, ...] | None) -> None:
    """Every input must come from another module or from forcing; where that is not known, from AORC's variables."""
    provided = sorted({name for leaf in formulation.leaves() for name in outputs(leaf)})
    for item in open_inputs(formulation):
        if not item.met_by(VARIABLES if available is None else available):
            unmet(findings, item, provided, known=available is not None)


def unmet(findings: Findings, item: Input, provided: list[str], *, known: bool) -> None:
    """Tell of one input that nothing provides."""
    where = f"{item.module.where}.params.variables_names_map"
    mapped = item.name in item.module.map
    called = f'"{item.name}"' + (f', called "{item.alias}"' if item.alias != item.name else "")
    known_as = interface(item.module)
    has = [*known_as.inputs, *known_as.outputs] if known_as else []
    wrong = [name for name in item.module.map if name not in has and nearest(name, [item.name])]
    near = nearest(item.alias, provided)
    fix = (
        f'"{item.name}": {near.removeprefix("use ")}' if near else f'map "{item.name}" to the name of what provides it'
    )
    if wrong and not mapped:
        fix = f'rename "{wrong[0]}" to "{item.name}"'
    message = f"neither a module nor the forcing provides {called}"
    if not known:
        message = f"no module provides {called}, and AORC forcing has no such variable"
    findings.error(below(where, item.name) if mapped else where, message, fix)
