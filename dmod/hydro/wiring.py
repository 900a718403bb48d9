"""Which module's output, or which variable of the forcing, feeds which input of a formulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dmod.hydro.meteorology import SOURCES
from dmod.hydro.modules import SERIES, interface
from dmod.hydro.variables import VARIABLES, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dmod.hydro.realization import Formulation


class Input(NamedTuple):
    """One input of one module that no other module provides."""

    module: Formulation
    name: str  # the model's own name
    alias: str  # the name it is looked for, after variables_names_map
    derived: bool  # whether the worker can make it from other variables

    def met_by(self, available: Iterable[str]) -> bool:
        """Whether a forcing with these variables provides it, under any of its names."""
        there = {canonical(name) for name in available} | set(available)
        if canonical(self.alias) in there or self.alias in there:
            return True
        return self.derived and any(name in there for name in SOURCES.get(self.alias, ()))


def outputs(module: Formulation) -> dict[str, str]:
    """What a module provides: the name others know -> its own name.

    Of a model that is not known, only what the file itself calls an output.
    """
    known = interface(module)
    if known is not None:
        return {module.map.get(name, name): name for name in known.outputs}
    listed = module.params.get("output_variables", ())
    names = [module.params.get("main_output_variable"), *(listed if isinstance(listed, list) else ())]
    return {module.map.get(name, name): name for name in names if isinstance(name, str)}


def inputs(module: Formulation) -> dict[str, str]:
    """What a module wants: its own name -> the name it is looked for.

    Of a model that is not known, only what its map ties to a variable of forcing.
    """
    known = interface(module)
    if known is not None:
        return {name: module.map.get(name, name) for name in known.inputs}
    return {name: alias for name, alias in module.map.items() if canonical(alias) in VARIABLES}


def open_inputs(formulation: Formulation) -> list[Input]:
    """The inputs that no other module provides, so that forcing must."""
    modules = formulation.leaves()
    provided = [outputs(module) for module in modules]
    found = []
    for at, module in enumerate(modules):
        others = {alias for index, names in enumerate(provided) if index != at for alias in names}
        derived = str(module.params.get("python_type", "")).startswith(SERIES)
        found += [Input(module, name, alias, derived) for name, alias in inputs(module).items() if alias not in others]
    return found


def needs(formulation: Formulation) -> set[str]:
    """The variables that must come from forcing, as AORC names them where they have such a name."""
    return {canonical(item.alias) for item in open_inputs(formulation)}
