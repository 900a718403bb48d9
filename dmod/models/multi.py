"""Modules in a row (`bmi_multi`), and models under other names (`variables_names_map`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.errors import UsageError
from dmod.models.drive import Driven, together
from dmod.models.model import Model, Variable
from dmod.models.stepped import Stepped
from dmod.models.walk import Feed
from dmod.models.wires import Wire, Wires

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dmod.models.model import Series
    from dmod.models.walk import Walk

    Known = dict[tuple[int | None, str], Series]  # by the module that gives it (None: the forcing) and its name


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

    @property
    def columns(self) -> Mapping[str, str]:
        """What ngen would write of it."""
        return {name: self._aliases.get(own, own) for name, own in self._model.columns.items()}

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Run the model with the names turned both ways."""
        own = {variable.name: forcing[self._named(variable).name] for variable in self._model.inputs}
        return {self._aliases.get(name, name): values for name, values in self._model.run(own).items()}

    def _named(self, variable: Variable) -> Variable:
        return Variable(self._aliases.get(variable.name, variable.name), variable.units)


class Chain:
    """Modules that run one after the other; each may use what another gives, or what the forcing has.

    A module runs over the whole period in one go where it needs nothing of a module behind it. Otherwise all modules
    from the one that needs to the one that gives take each step together, and what is needed is that of the step
    before: at first the value in `default_output_values`, or what stands in the module that gives.
    """

    def __init__(self, modules: Sequence[Model], params: Mapping[str, Any], catchment: str) -> None:
        self._modules = modules
        self._catchment = catchment
        self.columns = {name: name for name in params.get("output_variables") or modules[-1].columns}
        self._wires = Wires(modules, params, catchment, self.columns)
        self._defaults = {str(each["name"]): float(each["value"]) for each in params.get("default_output_values", ())}
        for at, module in enumerate(modules):
            if isinstance(module, Stepped):
                module.keep(self._wires.used(at))

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What no module gives, so that the forcing must."""
        return self._wires.inputs

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The main output first, then `output_variables`."""
        return self._wires.outputs

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Run the modules in their order."""
        known: Known = {(None, name): values for name, values in forcing.items()}
        for first, last in self._wires.groups:
            if first == last:
                self._alone(first, known)
            else:
                self._together(range(first, last + 1), known)
        found = {name: known[source] for name, source in self._wires.sources.items()}
        return {name: values[:, 0] if values.ndim > 1 else values for name, values in found.items()}

    def _alone(self, at: int, known: Known) -> None:
        module = self._modules[at]
        feeds = {wire.name: Feed(known[wire.source], wire.factor, wire.offset) for wire in self._wires.into(at)}
        if isinstance(module, Stepped):
            walk = module.start(feeds)
            module.go(walk, 0, module.clock.steps)
            made = module.finish(walk)
        else:
            made = module.run({name: _plain(feed) for name, feed in feeds.items()})
        known |= {(at, name): values for name, values in made.items()}

    def _together(self, group: range, known: Known) -> None:
        """Take each step with all modules of the group, in their order."""
        modules = {at: module for at in group if isinstance(module := self._modules[at], Stepped)}
        self._whole([at for at in group if at not in modules], known)
        results = {(at, port.alias): port for at, module in modules.items() for port in module.gives}
        for (at, name), port in results.items():
            module = modules[at]
            grown = known[at, name] = np.zeros((module.clock.steps + 1, port.size))
            first = self._defaults.get(name)
            grown[0] = module.initial(port) if first is None else first
        walks: dict[int, Walk | Driven] = {}
        for at, module in modules.items():
            feeds = {wire.name: self._feed(wire, at, known, results) for wire in self._wires.into(at)}
            walks[at] = module.start(feeds, [known[at, port.alias] for port in module.gives])
        _each_step(modules, walks)
        for at, module in modules.items():
            known |= {(at, name): values for name, values in module.finish(walks[at]).items()}

    def _feed(self, wire: Wire, at: int, known: Known, growing: Collection[tuple[int | None, str]]) -> Feed:
        """What grows in the group has in front what was before the first step; what is whole gets it there."""
        values = known[wire.source]
        if wire.source in growing:
            values = values[:-1] if wire.back(at) else values[1:]
        elif wire.back(at):
            values = np.concatenate((values[:1], values[:-1]))
            values[0] = self._defaults.get(wire.name, values[0])
        return Feed(values, wire.factor, wire.offset)

    def _whole(self, models: list[int], known: Known) -> None:
        """Run the models of whole series in such a group, which may need nothing that grows in it."""
        left = list(models)
        while left:
            ready = [at for at in left if all(wire.source in known for wire in self._wires.into(at))]
            if not ready:
                lacking = next(wire for wire in self._wires.into(left[0]) if wire.source not in known)
                raise UsageError(
                    f"{self._catchment}: module {left[0]} runs over whole series, and cannot take {lacking.name} of "
                    f"module {lacking.source[0]} step by step",
                    fix="put it behind the modules that it needs",
                )
            for at in ready:
                self._alone(at, known)
            left = [at for at in left if at not in ready]


def _each_step(modules: Mapping[int, Stepped], walks: Mapping[int, Walk | Driven]) -> None:
    """All steps, each by all modules. Raises ModelError."""
    steps = max((module.clock.steps for module in modules.values()), default=0)
    drives = [walk for walk in walks.values() if isinstance(walk, Driven)]
    if drives and len(drives) == len(walks):
        failed = together(drives, 0, steps)
        if failed is not None:
            raise list(modules.values())[failed[0]].failure(failed[1]) from failed[1].__cause__
        return
    for step in range(steps):
        for at, module in modules.items():
            module.go(walks[at], step, step + 1)


def _plain(feed: Feed) -> Series:
    """The whole series in the model's unit."""
    values = feed.part(0, len(feed.values))
    return values[:, 0] if values.ndim > 1 else values
