"""The loop over the steps of compiled modules in C, built once by the machine's compiler; Python where there is none.

A year of a module of 5 ns a step, catchment-steps a second of CPU: Python and ctypes 1 million, this loop 38 million. A
loop by numba is as fast, but 208 MB to install and 0.4 s of compiling in every process.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import UnmetError
from dmod.models import compiler, library
from dmod.models.native import TEXT, Native, StatusError
from dmod.models.walk import StepError

if TYPE_CHECKING:
    from dmod.models.model import Series
    from dmod.models.stepped import Port, Stepped
    from dmod.models.walk import Feed

_PLACE, _LONG, _INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
_KINDS = {"f8": "d", "f4": "f", "i1": "b", "i2": "h", "i4": "i", "i8": "l", "u1": "B", "u2": "H", "u4": "I", "u8": "L"}
UPDATE, UNTIL, UNTIL_BY_REFERENCE = range(3)


@cache
def _name(text: str) -> ctypes.Array[ctypes.c_char]:
    """A name as long as Fortran may think it is."""
    return ctypes.create_string_buffer(text.encode(), TEXT)


class CPort(ctypes.Structure):
    """As drive.c has it."""

    _fields_ = [
        *((name, _PLACE) for name in ("name", "by_name", "where", "array", "buffer", "series")),
        *((name, _LONG) for name in ("stride", "width", "size")),
        *((name, ctypes.c_double) for name in ("factor", "offset")),
        *((name, _INT) for name in ("convert", "kind", "bound", "reserved")),
    ]


class CDrive(ctypes.Structure):
    """As drive.c has it."""

    _fields_ = [
        ("handle", _PLACE), ("step", _PLACE), ("way", _LONG),
        ("start", ctypes.c_double), ("span", ctypes.c_double),
        ("given", _PLACE), ("taken", _PLACE), ("ins", _LONG), ("outs", _LONG),
        ("place", _PLACE), ("note", ctypes.c_char_p), ("note_size", _LONG), ("status", _LONG), ("failed", _LONG),
    ]  # fmt: skip


@cache
def loop() -> ctypes.CDLL | None:
    """The compiled loop, None without a compiler."""
    try:
        found = library.load(compiler.built("drive.c"))
    except UnmetError:
        return None
    found.dmod_drive.argtypes, found.dmod_drive.restype = [_PLACE, _LONG, _LONG], _LONG
    found.dmod_drive_together.argtypes = [_PLACE, _LONG, _LONG, _LONG, _PLACE]
    found.dmod_drive_together.restype = _LONG
    found.dmod_drive_stale.argtypes, found.dmod_drive_stale.restype = [_PLACE], _LONG
    return found


class Driven:
    """One run of one compiled module, as `dmod.models.walk.Walk` is one of any."""

    def __init__(self, module: Stepped, feeds: list[Feed], results: list[Series], loop: ctypes.CDLL) -> None:
        model = module.model
        self.results = results
        self.loop, self._model = loop, model
        self._names = [port.name for port in (*module.takes, *module.gives)]
        self._kept: list[object] = []  # what the loop points to
        ins, outs = (CPort * len(feeds))(), (CPort * len(results))()
        for c, port, feed in zip(ins, module.takes, feeds, strict=True):
            self._fill(c, model, port, "set_value", np.ascontiguousarray(feed.values, dtype=float))
            c.factor, c.offset = feed.factor, feed.offset
            c.convert = (feed.factor, feed.offset) != (1.0, 0.0)
        for c, port, series in zip(outs, module.gives, results, strict=True):
            self._fill(c, model, port, "get_value", series[1:])
        until = UNTIL_BY_REFERENCE if model.by_reference else UNTIL
        way = until if module.until else UPDATE
        self.c = CDrive(
            model.handle, model.pointer("update_until" if module.until else "update"), way,
            model.get_current_time() if module.until else 0.0, module.step,
            ctypes.addressof(ins), ctypes.addressof(outs), len(ins), len(outs), module.place.address,
            module.note, len(module.note),
        )  # fmt: skip
        self._kept += [ins, outs]
        self._at = ctypes.addressof(self.c)

    def go(self, begin: int, end: int) -> None:
        """Take the steps from `begin` to before `end`. Raises StepError."""
        reached = self.loop.dmod_drive(self._at, begin, end)
        if reached != end:
            raise self.failure(reached)

    def failure(self, step: int) -> StepError:
        """Why a step could not be taken."""
        at, verbs = self.c.failed, ("set_value of", "get_value of")
        what = f"{verbs[at >= self.c.ins]} {self._names[at]}" if at >= 0 else ("update", "update_until")[self.c.way > 0]
        try:
            self._model.check(self.c.status, what)
        except StatusError as error:
            failure = StepError(step)
            failure.__cause__ = error
        return failure

    def stale(self) -> str:
        """The variable whose array was trusted and changed, "" where there is none."""
        at = self.loop.dmod_drive_stale(self._at)
        return "" if at < 0 else self._names[at]

    def _fill(self, c: CPort, model: Native, port: Port, verb: str, series: Series) -> None:
        buffer, name = model.buffer(port.name), _name(port.name)
        self._kept += [buffer, name, series]
        c.name, c.buffer, c.series = ctypes.addressof(name), buffer.ctypes.data, series.ctypes.data
        c.by_name, c.where = model.pointer(model.exchange(verb, port.name)), model.pointer("get_value_ptr")
        c.array = model.address(port.name) or None
        c.width = series.shape[1] if series.ndim > 1 else 1
        c.stride = series.strides[0] // 8
        c.size, c.kind = buffer.size, ord(_KINDS[buffer.dtype.str[1:]])


def together(drives: list[Driven], begin: int, end: int) -> tuple[int, StepError] | None:
    """Take steps with several modules, all of them one step at a time; the module that failed, and how."""
    array = (_PLACE * len(drives))(*(ctypes.addressof(drive.c) for drive in drives))
    which = _LONG(0)
    reached = drives[0].loop.dmod_drive_together(array, len(drives), begin, end, ctypes.byref(which))
    return None if reached == end else (which.value, drives[which.value].failure(reached))
