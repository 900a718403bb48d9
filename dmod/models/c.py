"""A module in C (`bmi_c`): the struct of function pointers of BMI 2.0, filled in by the module's registration."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from dmod.errors import UsageError
from dmod.models import library
from dmod.models.native import Native

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REGISTER = "register_bmi"  # where the realization does not say registration_function
_SELF, _TEXT, _INT, _DOUBLE, _ANY = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_double, ctypes.c_void_p

# the functions in the order of the struct, each with what it takes after the struct itself
FUNCTIONS: dict[str, tuple[object, ...]] = {
    "initialize": (_TEXT,), "update": (), "update_until": (_DOUBLE,), "finalize": (),
    "get_component_name": (_ANY,), "get_input_item_count": (_ANY,), "get_output_item_count": (_ANY,),
    "get_input_var_names": (_ANY,), "get_output_var_names": (_ANY,),
    **dict.fromkeys(("get_var_grid", "get_var_type", "get_var_units"), (_TEXT, _ANY)),
    **dict.fromkeys(("get_var_itemsize", "get_var_nbytes", "get_var_location"), (_TEXT, _ANY)),
    **dict.fromkeys(("get_current_time", "get_start_time", "get_end_time", "get_time_units", "get_time_step"), (_ANY,)),
    "get_value": (_TEXT, _ANY), "get_value_ptr": (_TEXT, _ANY), "get_value_at_indices": (_TEXT, _ANY, _ANY, _INT),
    "set_value": (_TEXT, _ANY), "set_value_at_indices": (_TEXT, _ANY, _INT, _ANY),
    **dict.fromkeys(("get_grid_rank", "get_grid_size", "get_grid_type"), (_INT, _ANY)),
    **dict.fromkeys(("get_grid_shape", "get_grid_spacing", "get_grid_origin"), (_INT, _ANY)),
    **dict.fromkeys(("get_grid_x", "get_grid_y", "get_grid_z"), (_INT, _ANY)),
    **dict.fromkeys(("get_grid_node_count", "get_grid_edge_count", "get_grid_face_count"), (_INT, _ANY)),
    **dict.fromkeys(("get_grid_edge_nodes", "get_grid_face_edges", "get_grid_face_nodes"), (_INT, _ANY)),
    "get_grid_nodes_per_face": (_INT, _ANY),
}  # fmt: skip
_PLACES = {name: place for place, name in enumerate(FUNCTIONS, 1)}
NEEDED = ("initialize", "update", "finalize", "get_output_item_count", "get_output_var_names", "get_value")


class Bmi(ctypes.Structure):
    """The struct as a module sees it: its own data, then what it can do."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        *((name, ctypes.CFUNCTYPE(ctypes.c_int, _SELF, *taken)) for name, taken in FUNCTIONS.items()),  # type: ignore[arg-type]
    ]


class CModule(Native):
    """One instance of a module in C."""

    def __init__(self, path: Path, register: str = REGISTER) -> None:
        super().__init__()
        self._functions: dict[str, Callable[..., int]] = {}
        function = library.symbol(path, register, "registration_function")
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
        self.struct = Bmi()
        function(ctypes.addressof(self.struct))
        self.handle = ctypes.addressof(self.struct)
        self._pointers = (ctypes.c_void_p * (1 + len(FUNCTIONS))).from_buffer(self.struct)
        lacking = [name for name in NEEDED if not self.pointer(name)]
        if lacking:
            raise UsageError(
                f"{register} of {path.name} registers no {lacking[0]}",
                why="it leaves that function pointer of the struct Bmi empty",
                fix=f'"registration_function": one of {", ".join(library.registrations(path))}',
            )

    def pointer(self, name: str) -> int | None:
        """What stands in the struct."""
        return self._pointers[_PLACES[name]]

    def function(self, name: str) -> Callable[..., int]:
        """The function pointer of the struct."""
        found = self._functions.get(name)
        if found is None:
            if not self.pointer(name):
                raise NotImplementedError(name)
            found = self._functions[name] = getattr(self.struct, name)
        return found
