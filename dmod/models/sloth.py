"""SLoTH without its library: constants under the names that its parameters spell, `name(count,type,units,location)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.errors import UsageError
from dmod.hydro.modules import SLOTH_KEY
from dmod.models.model import Variable
from dmod.models.native import StatusError, dtype

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.models.model import Series

_SIZES = {"double": 8, "float": 4, "int": 4, "long": 8, "short": 2}


class Sloth:
    """What SLoTH gives: its constants, and `z`, which is zero."""

    inputs: tuple[Variable, ...] = ()

    def __init__(self, params: Mapping[str, Any], *, catchment: str, steps: int) -> None:
        self._steps = steps
        self._values: dict[Variable, Series] = {}
        aliases = params.get("variables_names_map", {})
        for key, value in params.get("model_params", {}).items():
            found = SLOTH_KEY.match(key)
            if not found:
                raise UsageError(
                    f"{catchment}: SLoTH cannot read the parameter {key!r}", fix='write it as "name(1,double,m,node)"'
                )
            variable = Variable(aliases.get(found["name"], found["name"]), found["unit"].strip())
            self._values[variable] = _constant(value, found["type"].strip(), int(found["count"]), f"{catchment}: {key}")
        self._values.setdefault(Variable("z", "m"), np.zeros(1))
        names = {variable.name: variable for variable in self._values}
        main = params.get("main_output_variable", "z")
        if main not in names:
            raise UsageError(f"{catchment}: SLoTH gives no {main!r}", why=f"it gives {', '.join(names)}")
        self.outputs = tuple(dict.fromkeys((names[main], *self._values)))
        self.columns = {name: aliases.get(name, name) for name in params.get("output_variables") or names}

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """The same values at every step: (steps,), or (steps, count) where there are several."""
        del forcing
        made = {variable.name: np.tile(values, (self._steps, 1)) for variable, values in self._values.items()}
        return {name: series[:, 0] if series.shape[1] == 1 else series for name, series in made.items()}


def _constant(value: Any, kind: str, count: int, where: str) -> Series:  # noqa: ANN401 - what JSON holds
    """The values as SLoTH would hold them: a whole number where the type is one."""
    try:
        given = np.ravel(np.asarray(value, dtype=float))
        held = given.astype(dtype(kind, _SIZES.get(kind.rsplit(maxsplit=1)[-1], 8))).astype(float)
    except (TypeError, ValueError, StatusError) as error:
        raise UsageError(f"{where}: {value!r} is no value of the type {kind!r}", why=str(error)) from error
    if held.size not in (1, count):
        raise UsageError(f"{where}: {held.size} values are given, and it holds {count}")
    return np.broadcast_to(held, (count,))
