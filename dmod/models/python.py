"""Anybody's BMI class in Python (`bmi_python`): found by its name, and checked for what it needs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dmod.models.model import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED = ("initialize", "update", "finalize", "get_input_var_names", "get_output_var_names")


def load(python_type: str, catchment: str) -> Callable[[], Any]:
    """The class behind "package.module.Class". Raises ModelError."""
    where = f"{catchment}: {python_type}"
    module, _, name = python_type.rpartition(".")
    if not module:
        raise ModelError(f"{where} is not a class in a module", fix='write python_type as "package.module.Class"')
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise ModelError(
            f"{where} cannot be imported",
            why=f"{type(error).__name__}: {error}",
            fix="install it, or put it beside the realization or into the folder where the job is submitted",
        ) from error
    lacking = [method for method in NEEDED if not callable(getattr(found, method, None))]
    if lacking:
        raise ModelError(f"{where} is not a BMI class", why=f"it lacks {', '.join(lacking)}")
    return found  # type: ignore[no-any-return]
