"""A module in Fortran (`bmi_fortran`): the C functions of NextGen's middleware, linked into the module's library.

A Fortran object cannot be handed to C, so `register_bmi` gives an opaque handle, and each function of the middleware
takes its address. Times go by reference, values have a function for each type, and there are no pointers.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING

from dmod.errors import UsageError
from dmod.models import library
from dmod.models.c import FUNCTIONS, REGISTER
from dmod.models.native import Native, StatusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NEEDED = (
    *("initialize", "update", "finalize", "get_input_item_count", "get_output_item_count", "get_input_var_names"),
    *("get_output_var_names", "get_var_type", "get_var_units", "get_var_itemsize", "get_var_nbytes"),
    *("get_value_double", "set_value_double"),
)
TYPES = {"f8": "double", "f4": "float", "i4": "int"}  # ours, and what the middleware's functions are called after


class FortranModule(Native):
    """One instance of a module in Fortran."""

    by_reference = True

    def __init__(self, path: Path, register: str = REGISTER) -> None:
        super().__init__()
        self._path = path
        function = library.symbol(path, register, "registration_function")
        lacking = [name for name in NEEDED if library.address(path, name) is None]
        if lacking:
            raise UsageError(
                f"{path.name} has no function {lacking[0]}",
                why="NextGen's middleware iso_c_fortran_bmi is not linked into it",
                fix="link libiso_c_bmi into the module's library, as ngen's own Fortran modules do",
            )
        self._box = ctypes.c_void_p(0)
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_int
        self.handle = ctypes.addressof(self._box)
        self.check(function(self.handle), register)
        if not self._box.value:
            raise StatusError(f"{register} gave no handle")

    def function(self, name: str) -> Callable[..., int]:
        """The middleware's function."""
        return _function(self._path, name)

    def pointer(self, name: str) -> int | None:
        """Where that function is; the middleware gives no pointers, whatever the name."""
        return None if name == "get_value_ptr" else library.address(self._path, name)

    def exchange(self, verb: str, name: str) -> str:
        """The getter or setter for the type of a variable."""
        like = self.buffer(name).dtype.str[1:]
        if like not in TYPES:
            raise StatusError(f"{name} has a type that the middleware has no {verb} for")
        return f"{verb}_{TYPES[like]}"

    def address(self, name: str) -> int:
        """The middleware gives no pointers."""
        del name
        return 0

    def update_until(self, time: float) -> None:
        """Go on to a time in the module's own units."""
        self.call("update_until", ctypes.byref(ctypes.c_double(time)))


@cache
def _function(path: Path, name: str) -> Callable[..., int]:
    """A function of the middleware with the types of what it takes. Raises NotImplementedError."""
    try:
        found = getattr(library.load(path), name)
    except AttributeError as error:
        raise NotImplementedError(name) from error
    taken = FUNCTIONS.get(name, (ctypes.c_char_p, ctypes.c_void_p))
    found.argtypes = [ctypes.c_void_p, *(ctypes.c_void_p if each is ctypes.c_double else each for each in taken)]
    return found  # type: ignore[no-any-return]
