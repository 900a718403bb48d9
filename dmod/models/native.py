"""A compiled module with the methods of a BMI class in Python: what a C, C++ and Fortran module have in common.

Every function of such a module takes a handle first and returns a status. Which functions there are and how they are
reached is what the languages differ in: `dmod.models.c`, `dmod.models.cplusplus`, `dmod.models.fortran`.
"""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TEXT = 2048  # characters of a name, a unit, a type
MOST = 10_000  # variables; a count beyond it is a fault of the module


class StatusError(RuntimeError):
    """A function of a module returned a failure."""


class Native(ABC):
    """One instance of a compiled module."""

    handle: Any  # what each of its functions takes first
    by_reference = False  # whether update_until takes the address of a time

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[Any]] = {}  # by variable, as long and of the type that it has
        self._text_buffer = ctypes.create_string_buffer(TEXT)

    @abstractmethod
    def function(self, name: str) -> Callable[..., int]:
        """A BMI function under its name in C. Raises NotImplementedError where the module has none."""

    @abstractmethod
    def pointer(self, name: str) -> int | None:
        """Where the function is, None where the module has none."""

    def reason(self) -> str:
        """What more the module says of its last failure."""
        return ""

    def exchange(self, verb: str, name: str) -> str:
        """The function that copies a variable by name: `get_value` or `set_value`, or another for its type."""
        del name
        return verb

    def check(self, status: int, what: str) -> None:
        """Raise StatusError unless `status` is BMI_SUCCESS."""
        if status:
            more = self.reason()
            raise StatusError(
                f"{what} returned {'BMI_FAILURE' if status == 1 else status}{f': {more}' if more else ''}"
            )

    def call(self, name: str, *args: Any) -> None:  # noqa: ANN401 - as the C function has it
        """Call a function. Raises StatusError, NotImplementedError."""
        self.check(self.function(name)(self.handle, *args), name)

    # control

    def initialize(self, config: str) -> None:
        """Read the module's own configuration."""
        self.call("initialize", ctypes.create_string_buffer(config.encode(), TEXT))

    def update(self) -> None:
        """Go one step on."""
        self.call("update")

    def update_until(self, time: float) -> None:
        """Go on to a time in the module's own units."""
        self.call("update_until", ctypes.c_double(time))

    def finalize(self) -> None:
        """End the module and free what it holds."""
        self.call("finalize")

    # what it is

    def get_component_name(self) -> str:
        """What the module calls itself."""
        return self._text("get_component_name")

    def get_input_var_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return self._names("input")

    def get_output_var_names(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return self._names("output")

    def _names(self, side: str) -> tuple[str, ...]:
        count = ctypes.c_int(0)
        self.call(f"get_{side}_item_count", ctypes.byref(count))
        if not 0 <= count.value <= MOST:
            raise StatusError(f"get_{side}_item_count gave {count.value}")
        texts = ((ctypes.c_char * TEXT) * count.value)()
        begin = ctypes.addressof(texts)
        array = (ctypes.c_void_p * max(1, count.value))(*range(begin, begin + ctypes.sizeof(texts), TEXT))
        self.call(f"get_{side}_var_names", array)
        return tuple(text.value.decode(errors="replace") for text in texts)

    # variables

    def get_var_units(self, name: str) -> str:
        """The units of a variable as the module states them."""
        return self._text("get_var_units", name.encode())

    def get_var_type(self, name: str) -> str:
        """The type of a variable in the module's language."""
        return self._text("get_var_type", name.encode())

    def get_var_itemsize(self, name: str) -> int:
        """Bytes of one value."""
        return self._number("get_var_itemsize", name)

    def get_var_nbytes(self, name: str) -> int:
        """Bytes of all values."""
        return self._number("get_var_nbytes", name)

    def buffer(self, name: str) -> NDArray[Any]:
        """An array of ours for a variable, with its type and its number of values."""
        found = self._buffers.get(name)
        if found is None:
            size, every = self.get_var_itemsize(name), self.get_var_nbytes(name)
            if size <= 0 or every <= 0 or every % size:
                raise StatusError(f"{name} has {every} bytes in values of {size}")
            found = self._buffers[name] = np.zeros(every // size, dtype=dtype(self.get_var_type(name), size))
        return found

    def address(self, name: str) -> int:
        """Where the module keeps a variable; 0 where it does not tell."""
        pointer = ctypes.c_void_p(0)
        try:
            self.call("get_value_ptr", name.encode(), ctypes.byref(pointer))
        except (StatusError, NotImplementedError):
            return 0
        return pointer.value or 0

    def get_value_ptr(self, name: str) -> NDArray[Any]:
        """The module's own array of a variable. Raises NotImplementedError where it does not give one."""
        address = self.address(name)
        if not address:
            raise NotImplementedError(name)
        like = self.buffer(name)
        memory = (ctypes.c_char * like.nbytes).from_address(address)
        return np.ndarray(like.shape, like.dtype, memoryview(memory))

    def get_value(self, name: str, dest: NDArray[Any]) -> NDArray[Any]:
        """Copy the values of a variable into `dest`."""
        buffer = self.buffer(name)
        status = self.function(self.exchange("get_value", name))(self.handle, name.encode(), buffer.ctypes.data)
        self.check(status, f"get_value of {name}")
        dest[...] = buffer[: dest.size]
        return dest

    def set_value(self, name: str, src: NDArray[Any]) -> None:
        """Set all values of a variable; one value is for all of them. Raises ValueError for another number."""
        buffer = self.buffer(name)
        if np.size(src) not in (1, buffer.size):
            raise ValueError(f"{name} has {buffer.size} values, and {np.size(src)} are given")
        buffer[...] = np.ravel(src)
        status = self.function(self.exchange("set_value", name))(self.handle, name.encode(), buffer.ctypes.data)
        self.check(status, f"set_value of {name}")

    # time

    def get_time_units(self) -> str:
        """The unit that the module counts time in."""
        return self._text("get_time_units")

    def get_time_step(self) -> float:
        """A step in the module's own units."""
        return self._time("get_time_step")

    def get_current_time(self) -> float:
        """Where the module is, in its own units."""
        return self._time("get_current_time")

    def get_end_time(self) -> float:
        """Until when the module can run, in its own units."""
        return self._time("get_end_time")

    def _text(self, function: str, *args: Any) -> str:  # noqa: ANN401
        self._text_buffer[0] = b"\0"
        self.call(function, *args, self._text_buffer)
        return self._text_buffer.value.decode(errors="replace").strip()

    def _number(self, function: str, name: str) -> int:
        number = ctypes.c_int(0)
        self.call(function, name.encode(), ctypes.byref(number))
        return number.value

    def _time(self, function: str) -> float:
        time = ctypes.c_double(0)
        self.call(function, ctypes.byref(time))
        return time.value


def dtype(text: str, size: int) -> np.dtype[Any]:
    """The type of values that a module calls `text` and gives `size` bytes. Raises StatusError if it is none."""
    words = text.lower().replace("_", " ").split()
    if any(word.startswith(("double", "float", "real")) for word in words) and size in (4, 8):
        return np.dtype(f"f{size}")
    if any(word.startswith(("int", "long", "short", "signed", "size")) for word in words) and size in (1, 2, 4, 8):
        return np.dtype(f"{'u' if 'unsigned' in words or words[0].startswith(('uint', 'size')) else 'i'}{size}")
    if any(word.startswith(("unsigned", "uint", "char", "bool", "logical")) for word in words) and size in (1, 2, 4, 8):
        return np.dtype(f"{'i' if 'logical' in words else 'u'}{size}")
    raise StatusError(f"a variable of the type {text!r} with {size} bytes is none of numbers")
