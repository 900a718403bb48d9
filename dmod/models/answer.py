"""A module that is asked for its name where it will run: an image whose module does not answer is refused.

`python -m dmod.models.answer NAME KIND KEY=VALUE...` with the kind and the keys of a realization: `bmi_c`,
`library_file=/dmod/shared_libs/libmy_model.so`, `registration_function=register_bmi_my_model`.
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dmod.errors import DmodError
from dmod.hydro.realization import Formulation
from dmod.models.model import Clock
from dmod.models.native import StatusError
from dmod.models.registry import Setting, maker

if TYPE_CHECKING:
    from collections.abc import Sequence


def component(name: str, formulation: Formulation) -> str:
    """What the module calls itself. Raises DmodError, or whatever the module raises."""
    make, label = maker(formulation, Setting(name, Clock(datetime(2000, 1, 1, tzinfo=UTC), 3600, 1)))
    said = make().get_component_name()
    if not isinstance(said, str) or not said.strip():
        raise DmodError(f"{label} has no name", why=f"get_component_name gives {said!r}")
    return said.strip()


def main(words: Sequence[str]) -> int:
    """Say the module's name; its own words go to stderr when it has none."""
    name, kind, *given = words
    params = dict(word.split("=", 1) for word in given)
    try:
        said = component(name, Formulation(kind, params))
    except DmodError as error:
        sys.stderr.write("\n".join([*error.lines(), ""]))
        return 1
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        if kind == "bmi_python":
            traceback.print_exc()
        lacks = isinstance(error, NotImplementedError | AttributeError) and not isinstance(error, StatusError)
        said = "has no function get_component_name" if lacks else "does not answer get_component_name"
        sys.stderr.write(f"{name} {said} ({type(error).__name__}: {error})\n")
        return 1
    sys.stdout.write(f"{name} answers: {said}\n")
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # some libraries crash when they are unloaded
