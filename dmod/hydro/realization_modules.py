"""What the modules of a realization say of themselves, and what they say against it, each asked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dmod.hydro.findings import below
from dmod.hydro.modules import SERIES, Interface, Refusal, interface, is_sloth
from dmod.hydro.realization import ID, MULTI, NOWHERE, Formulation
from dmod.hydro.realization_files import in_image, library
from dmod.hydro.realization_time import Time

if TYPE_CHECKING:
    from dmod.hydro.realization import Scope
    from dmod.hydro.realization_check import Case

Ask = Callable[[Formulation, str, Time], Interface | Refusal]  # a module, and the catchment to set it up for
NATIVE = ("bmi_c", "bmi_c++", "bmi_fortran")
SAME = ("library_file", "registration_function", "create_function", "python_type")


def learn(case: Case, ask: Ask) -> tuple[Scope, ...]:
    """The scopes, each module with what it says itself, as far as it is there to be asked."""
    kept: dict[tuple[str, ...], Interface | None] = {}
    return tuple(
        scope._replace(formulation=_learnt(case, scope, scope.formulation, ask, kept)) if scope.formulation else scope
        for scope in case.scopes
    )


def _learnt(
    case: Case, scope: Scope, formulation: Formulation, ask: Ask, kept: dict[tuple[str, ...], Interface | None]
) -> Formulation:
    if formulation.name == MULTI:
        modules = tuple(_learnt(case, scope, module, ask, kept) for module in formulation.modules)
        return replace(formulation, modules=modules)
    key = (formulation.name, *(str(formulation.params.get(name)) for name in SAME))
    if key not in kept and case.time is not None and (catchment := _askable(case, scope, formulation)) is not None:
        kept[key] = _asked(case, formulation, catchment, ask, case.time)
    own, known = kept.get(key), interface(formulation)
    if own is None:
        return formulation
    return replace(formulation, own=replace(own, name=known.name) if known else own)


def _asked(case: Case, formulation: Formulation, catchment: str, ask: Ask, time: Time) -> Interface | None:
    answer = ask(formulation, catchment, time)
    if isinstance(answer, Interface):
        return answer
    where = f"{formulation.where}.params"
    if answer.parameter:
        where = below(f"{where}.model_params", answer.parameter)
    elif answer.key in formulation.params:
        where = f"{where}.{answer.key}"
    case.findings.error(where, answer.message, answer.fix)
    return None


def _askable(case: Case, scope: Scope, leaf: Formulation) -> str | None:
    """The catchment to ask for; None where the module cannot be asked: it lies elsewhere, or a file is missing."""
    init = str(leaf.params.get("init_config", ""))
    if not _there(case, leaf) or in_image(init):
        return None
    if init in NOWHERE:
        return next(iter(case.served(scope) or ("",)), "")
    catchments = case.served(scope) or _named(case, init)
    return next((each for each in catchments if case.resolve(init.replace(ID, each)).is_file()), None)


def _there(case: Case, leaf: Formulation) -> bool:
    """Whether it is somebody's class or library, and can be loaded here."""
    if leaf.name == "bmi_python":
        python_type = leaf.params.get("python_type")
        return isinstance(python_type, str) and "." in python_type and not python_type.startswith(SERIES)
    return leaf.name in NATIVE and not is_sloth(leaf) and library(case, leaf) is not None


def _named(case: Case, init: str) -> tuple[str, ...]:
    """Without a hydrofabric: the catchments that files are named for."""
    pattern = case.resolve(init)
    if ID not in pattern.name or ID in str(pattern.parent):
        return ("",)
    begin, end = pattern.name.split(ID, 1)
    files = sorted(pattern.parent.glob(f"{begin}*{end}"))
    return tuple(file.name.removeprefix(begin).removesuffix(end) for file in files)
