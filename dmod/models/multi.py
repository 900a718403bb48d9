"""Models in a row (`bmi_multi`), and models under other names (`variables_names_map`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.errors import UsageError
from dmod.models.model import Model, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.models.model import Series


class Renamed:
    """A model whose variables the realization calls otherwise."""

    def __init__(self, model: Model, aliases: Mapping[str, str]) -> None:
        self._model = model
        self._aliases = aliases  # the model's own name -> the realization's

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The inputs under the realization's names."""
        return tuple(self._named(variable) for variable in self._model.inputs)

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The outputs under the realization's names."""
        return tuple(self._named(variable) for variable in self._model.outputs)

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Run the model with the names turned both ways."""
        own = {variable.name: forcing[self._named(variable).name] for variable in self._model.inputs}
        return {self._aliases.get(name, name): values for name, values in self._model.run(own).items()}

    def _named(self, variable: Variable) -> Variable:
        return Variable(self._aliases.get(variable.name, variable.name), variable.units)


class Chain:
    """Modules that run one after the other over the whole period; each may use what those before it gave."""

    def __init__(self, modules: Sequence[Model], params: Mapping[str, Any], catchment: str) -> None:
        self._modules = modules
        made = {variable.name: variable for module in modules for variable in module.outputs}
        main = params.get("main_output_variable", modules[-1].outputs[0].name if modules else "")
        wanted = (main, *(params.get("output_variables") or ()))
        for name in wanted:
            if name not in made:
                raise UsageError(f"{catchment}: no module gives {name!r}", why=f"they give {', '.join(made) or 'none'}")
        self._outputs = tuple(made[name] for name in dict.fromkeys(wanted))

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What no earlier module gives, so that the forcing must."""
        needed: dict[str, Variable] = {}
        made: set[str] = set()
        for module in self._modules:
            needed |= {variable.name: variable for variable in module.inputs if variable.name not in made}
            made |= {variable.name for variable in module.outputs}
        return tuple(needed.values())

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The main output first, then `output_variables`."""
        return self._outputs

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Run the modules in their order."""
        known = dict(forcing)
        for module in self._modules:
            known |= module.run({variable.name: known[variable.name] for variable in module.inputs})
        return {variable.name: known[variable.name] for variable in self._outputs}
