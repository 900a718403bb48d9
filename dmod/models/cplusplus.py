"""A module in C++ (`bmi_c++`): an object of the class bmi::Bmi, behind C functions that a compiler builds once."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING

from dmod.models import compiler, library
from dmod.models.c import FUNCTIONS
from dmod.models.native import Native, StatusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CREATE, DESTROY = "bmi_model_create", "bmi_model_destroy"  # where the realization does not say otherwise


class CplusplusModule(Native):
    """One instance of a module in C++."""

    def __init__(self, path: Path, create: str = CREATE, destroy: str = DESTROY) -> None:
        super().__init__()
        self._shim = _shim()
        made = library.symbol(path, create, "create_function")
        self._destroy = library.symbol(path, destroy, "destroy_function")
        made.restype, self._destroy.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        model = made()
        if not model:
            raise StatusError(f"{create} gave no model")
        self.handle = self._shim.dmod_wrap(model)

    def function(self, name: str) -> Callable[..., int]:
        """The function of the same purpose that guards against exceptions."""
        try:
            return getattr(self._shim, name)  # type: ignore[no-any-return]
        except AttributeError as error:
            raise NotImplementedError(name) from error

    def pointer(self, name: str) -> int | None:
        """Where that function is."""
        return library.address(compiler.built("cplusplus.cpp"), name)

    def reason(self) -> str:
        """The text of the last exception."""
        said: bytes = self._shim.dmod_reason(self.handle)
        return said.decode(errors="replace")

    def finalize(self) -> None:
        """End the module and destroy the object."""
        super().finalize()
        self._destroy(self._shim.dmod_unwrap(self.handle))
        self.handle = None


@cache
def _shim() -> ctypes.CDLL:
    """The functions around the class. Raises UnmetError without a compiler."""
    shim = library.load(compiler.built("cplusplus.cpp"))
    for name in ("dmod_wrap", "dmod_unwrap", "dmod_reason"):
        getattr(shim, name).argtypes = [ctypes.c_void_p]
    shim.dmod_wrap.restype = shim.dmod_unwrap.restype = ctypes.c_void_p
    shim.dmod_reason.restype = ctypes.c_char_p
    for name, taken in FUNCTIONS.items():
        if hasattr(shim, name):
            getattr(shim, name).argtypes = [ctypes.c_void_p, *taken]
    return shim
