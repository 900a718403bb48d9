"""Which module of a `bmi_multi` feeds which: by the names of variables, with the way from one unit to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.errors import UsageError
from dmod.hydro.dimensions import conversion
from dmod.models.model import Model, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Wire(NamedTuple):
    """One input of a module and what feeds it."""

    name: str  # of the input, as the realization calls it
    source: tuple[int | None, str]  # the module that gives it (None: the forcing), and the name there
    factor: float = 1.0
    offset: float = 0.0

    def back(self, at: int) -> bool:
        """Whether it comes from a module behind the one at `at`, and so from the step before."""
        return self.source[0] is not None and self.source[0] > at


class Wires:
    """The inputs of all modules, and the outputs of the whole.

    A module in front is taken before one behind, and any of them before the forcing, as ngen does it.
    """

    def __init__(
        self, modules: Sequence[Model], params: Mapping[str, Any], catchment: str, columns: Iterable[str]
    ) -> None:
        self._catchment = catchment
        self._made: list[dict[str, Variable]] = [{v.name: v for v in module.outputs} for module in modules]
        self._distinct()
        self._forcing: dict[str, Variable] = {}
        self._into = [tuple(self._wire(at, variable) for variable in each.inputs) for at, each in enumerate(modules)]
        own = {name: alias for module in modules for name, alias in getattr(module, "names", {}).items()}
        main = params.get("main_output_variable", modules[-1].outputs[0].name if modules else "")
        wanted = dict.fromkeys((main, *columns))
        self.sources = {name: self._source(name, own) for name in wanted}

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What the forcing must have, in the unit of the first module that takes it."""
        return tuple(self._forcing.values())

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The main output first."""
        made = [self._forcing if at is None else self._made[at] for at, _ in self.sources.values()]
        pairs = zip(self.sources.items(), made, strict=True)
        return tuple(Variable(name, variables[source[1]].units) for (name, source), variables in pairs)

    @property
    def groups(self) -> list[tuple[int, int]]:
        """The first and last module of each group that must take its steps together, in order."""
        found: list[tuple[int, int]] = []
        for at, wires in enumerate(self._into):
            last = max((wire.source[0] or 0 for wire in wires if wire.back(at)), default=at)
            if found and at <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], last))
            else:
                found.append((at, last))
        return found

    def into(self, at: int) -> tuple[Wire, ...]:
        """What feeds the module at `at`."""
        return self._into[at]

    def used(self, at: int) -> set[str]:
        """The outputs of a module that anybody uses."""
        feeding = {wire.source for wires in self._into for wire in wires}
        return {name for module, name in (*feeding, *self.sources.values()) if module == at}

    def _wire(self, at: int, variable: Variable) -> Wire:
        giver = self._giver(variable.name, at)
        given = self._forcing.setdefault(variable.name, variable) if giver is None else self._made[giver][variable.name]
        way = conversion(given.units, variable.units)
        if way is None:
            who = "the forcing" if giver is None else f"module {giver}"
            raise UsageError(
                f"{self._catchment}: module {at} takes {variable.name} in {variable.units!r}, "
                f"and {who} gives it in {given.units!r}",
                why="these are units of different things",
                fix="map another variable to it in variables_names_map",
            )
        return Wire(variable.name, (giver, variable.name), *way)

    def _giver(self, name: str, at: int) -> int | None:
        """The module that gives a variable to the one at `at`: one in front of it, else one behind it."""
        others = [index for index, made in enumerate(self._made) if name in made and index != at]
        return min(others, key=lambda index: (index > at, index), default=None)

    def _distinct(self) -> None:
        seen: dict[str, int] = {}
        for at, made in enumerate(self._made):
            for name in made:
                if name in seen and name != "z":  # every SLoTH has its z
                    raise UsageError(
                        f"{self._catchment}: modules {seen[name]} and {at} both give {name}",
                        fix="give one of them another name in its variables_names_map",
                    )
                seen[name] = at

    def _source(self, name: str, own: Mapping[str, str]) -> tuple[int | None, str]:
        """Where an output comes from: a module that calls it so here or by itself, else the forcing."""
        for called in (name, own.get(name, name)):
            for at in reversed(range(len(self._made))):
                if called in self._made[at]:
                    return at, called
            if called in self._forcing:
                return None, called
        made = ", ".join(each for names in self._made for each in names) or "none"
        raise UsageError(f"{self._catchment}: no module gives {name!r}", why=f"they give {made}")
