"""The parameters that a realization gives our whole-series models, held against what they take, before a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dmod.errors import UnmetError, UsageError
from dmod.hydro import json_file
from dmod.hydro.findings import Finding, Findings, below
from dmod.hydro.modules import SERIES as OURS
from dmod.hydro.realization import NOWHERE, scopes_of
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from dmod.hydro.realization import Formulation
    from dmod.models.bmi import SeriesBmi


def check(path: Path, catchments: Collection[str] | None = None) -> list[Finding]:
    """What our models would refuse of the realization at `path`: an unknown model, and each wrong or missing parameter.

    What stands under a catchment that is none of `catchments` is never used, and not looked at. Faults of the file
    itself are those of `dmod.hydro.realization_check`. Raises NotFoundError, UsageError.
    """
    findings = Findings()
    for scope in scopes_of(json_file.read_object(path), lambda *_: None):
        if scope.catchment and catchments is not None and scope.catchment not in catchments:
            continue
        for leaf in scope.formulation.leaves() if scope.formulation else ():
            if leaf.name == "bmi_python" and isinstance(leaf.params.get("python_type"), str):
                _class(findings, leaf, leaf.params["python_type"])
    return findings.listed()


def _class(findings: Findings, leaf: Formulation, python_type: str) -> None:
    from dmod.models.series import SERIES

    where = f"{leaf.where}.params.python_type"
    if python_type in SERIES:
        try:
            model = SERIES[python_type]()
        except UnmetError as error:  # holmes-rs is an extra
            findings.warning(where, f"its parameters are not checked: {error.message}", error.fix)
            return
        _parameters(findings, leaf, model)
    elif python_type.startswith(OURS) or "." not in python_type:
        names = [name.removeprefix(OURS) for name in SERIES]
        near = nearest(python_type.removeprefix(OURS), names)
        what = f'there is no model "{python_type}"' if "." in python_type else f'"{python_type}" is not module.Class'
        findings.error(where, what, f'"{OURS}{near}"' if near else f"one of {OURS}{', '.join(names)}")


def _parameters(findings: Findings, leaf: Formulation, model: SeriesBmi) -> None:
    where = f"{leaf.where}.params.model_params"
    for name, value in leaf.model_params.items():
        refused = _refused(model, name, value)
        if refused is not None:
            findings.error(below(where, name), refused.message, refused.why)
    lacking = {name: what for name, what in model.lacking().items() if name not in leaf.model_params}
    if lacking and str(leaf.params.get("init_config", "")) in NOWHERE:  # a file may hold the rest
        each = ", ".join(f'"{name}": {what}' for name, what in lacking.items())
        findings.error(where, f"{type(model).__name__} lacks {', '.join(lacking)}", f"add {each}")


def _refused(model: SeriesBmi, name: str, value: Any) -> UsageError | None:  # noqa: ANN401 - what JSON holds
    """Why the model does not take a parameter; None if it does, or if only the hydrofabric knows its value."""
    if isinstance(value, Mapping):
        return None
    try:
        model.configure({name: value})
        model.within(name)
    except UsageError as error:
        return error
    return None
