"""From a formulation of a realization to the model of one catchment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import UnmetError, UsageError
from dmod.hydro.modules import is_sloth
from dmod.hydro.realization import ID, NOWHERE
from dmod.models.model import Clock
from dmod.models.place import Place

if TYPE_CHECKING:
    from dmod.hydro.realization import Formulation
    from dmod.models.model import Model
    from dmod.models.native import Native


@dataclass(frozen=True, slots=True)
class Setting:
    """What a formulation does not say: for which catchment, which steps, and where its paths lead."""

    catchment: str  # "cat-27"
    clock: Clock
    attributes: Mapping[str, Any] = field(default_factory=dict)  # of the hydrofabric: areasqkm, latitude
    resolve: Callable[[str], Path] = Path  # a path of the realization to one that can be opened
    place: Place = field(default_factory=Place)  # where the run is, for whoever asks after a crash


def create(formulation: Formulation, setting: Setting) -> Model:
    """The model of one catchment. Raises UnmetError, UsageError, NotFoundError, ModelError."""
    maker = MAKERS.get(formulation.name)
    if maker is None:
        raise UnmetError(
            f"{setting.catchment}: formulation {formulation.name} ({formulation.model}) cannot be run",
            why=f"this version runs {', '.join(MAKERS)}",
            fix="choose a bmi_python formulation, e.g. python_type dmod.models.series.GR4J",
        )
    return maker(formulation, setting)


def config_path(params: Mapping[str, Any], setting: Setting) -> str:
    """The path of `init_config` for this catchment, "" where there is none. Raises NotFoundError."""
    text = str(params.get("init_config", "")).replace(ID, setting.catchment)
    return text if text in NOWHERE else str(setting.resolve(text))


def parameters(params: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """`model_params` with the values that come from the hydrofabric filled in. Raises UnmetError."""
    values = dict(params.get("model_params", {}))
    for name, value in values.items():
        if isinstance(value, Mapping):
            attribute = value.get("from", name)
            if attribute not in setting.attributes:
                raise UnmetError(
                    f"{setting.catchment}: parameter {name} wants {attribute!r} of the hydrofabric, which is not read",
                    why=f"there are {', '.join(setting.attributes)}",
                    fix="write the value into model_params",
                )
            values[name] = setting.attributes[attribute]
    return values


def _python(formulation: Formulation, setting: Setting) -> Model:
    from dmod.models.series import SERIES

    python_type = str(formulation.params.get("python_type", ""))
    if python_type in SERIES:
        return _series(formulation, setting)
    if python_type.startswith("dmod.models.series."):
        names = ", ".join(name.rsplit(".", 1)[1] for name in SERIES)
        raise UsageError(f"{setting.catchment}: there is no model {python_type}", why=f"dmod.models.series has {names}")
    return _stepped(*maker(formulation, setting), formulation, setting)


def _stepped(make: Callable[[], Any], label: str, formulation: Formulation, setting: Setting) -> Model:
    from dmod.models.stepped import Stepped

    params = {**formulation.params, "model_params": parameters(formulation.params, setting)}
    config = config_path(params, setting)
    return Stepped(make, label, params, config, setting)


def _native(formulation: Formulation, setting: Setting) -> Model:
    """A compiled module; SLoTH needs no library, its values stand in the realization."""
    if is_sloth(formulation):
        from dmod.models.sloth import Sloth

        return Sloth(formulation.params, catchment=setting.catchment, steps=setting.clock.steps)
    return _stepped(*maker(formulation, setting), formulation, setting)


def maker(formulation: Formulation, setting: Setting) -> tuple[Callable[[], Any], str]:
    """What makes an instance of a module, and how messages call it. Raises NotFoundError, UsageError, ModelError."""
    if formulation.name == "bmi_python":
        from dmod.models.python import load

        python_type = str(formulation.params.get("python_type", ""))
        return load(python_type, setting.catchment), python_type
    from dmod.models import library

    text = str(formulation.params.get("library_file", ""))
    if not text:
        raise UsageError(
            f"{setting.catchment}: {formulation.name} ({formulation.model}) names no library_file",
            fix="dmod realization check FILE",
        )
    path = library.find(text, setting.resolve, setting.catchment)
    return (lambda: _instance(formulation, path)), f"{formulation.model} ({path.name})"


def _instance(formulation: Formulation, path: Path) -> Native:
    """A new instance of a compiled module. Raises UsageError, UnmetError."""
    params = formulation.params
    if formulation.name == "bmi_c++":
        from dmod.models.cplusplus import CREATE, DESTROY, CplusplusModule

        names = (
            str(params.get(key, default))
            for key, default in (("create_function", CREATE), ("destroy_function", DESTROY))
        )
        return CplusplusModule(path, *names)
    from dmod.models.c import REGISTER, CModule

    register = str(params.get("registration_function", REGISTER))
    if formulation.name == "bmi_fortran":
        from dmod.models.fortran import FortranModule

        return FortranModule(path, register)
    return CModule(path, register)


def _series(formulation: Formulation, setting: Setting) -> Model:
    from dmod.models.multi import Renamed
    from dmod.models.series import SERIES

    model = SERIES[formulation.params["python_type"]]()
    config = config_path(formulation.params, setting)
    if config not in NOWHERE:
        model.initialize(config)
    model.configure(parameters(formulation.params, setting), catchment=setting.catchment, clock=setting.clock)
    model.check()
    aliases = formulation.params.get("variables_names_map", {})
    names, main = [variable.name for variable in model.outputs], formulation.params.get("main_output_variable")
    if main and main not in {*names, *(aliases.get(name) for name in names)}:
        raise UsageError(
            f"{setting.catchment}: {type(model).__name__} has no output {main!r}",
            why=f"it has {', '.join(names)}",
            fix=f'"main_output_variable": "{names[0]}"',
        )
    return Renamed(model, aliases) if aliases else model


def _multi(formulation: Formulation, setting: Setting) -> Model:
    """Each module offers all its outputs to the others, whatever it lists for itself."""
    from dmod.models.multi import Chain

    offering = [replace(each, params={**each.params, "output_variables": None}) for each in formulation.modules]
    modules = tuple(create(module, setting) for module in offering)
    last = formulation.modules[-1].params.get("output_variables")  # what is written where the whole names nothing
    params = {**formulation.params, "output_variables": formulation.params.get("output_variables") or last}
    return Chain(modules, params, setting.catchment)


MAKERS: dict[str, Callable[[Formulation, Setting], Model]] = {
    "bmi_c": _native,
    "bmi_c++": _native,
    "bmi_fortran": _native,
    "bmi_python": _python,
    "bmi_multi": _multi,
}
