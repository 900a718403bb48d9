"""Shared libraries of compiled modules: found as ngen finds them, loaded once in a process, their symbols by name."""

from __future__ import annotations

import ctypes
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.run_paths import libraries
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SYMBOL = re.compile(rb"\0((?:register_)?bmi\w*|register_\w+)(?=\0)")


def find(text: str, resolve: Callable[[str], Path], catchment: str) -> Path:
    """The file of a library. Raises NotFoundError with every name that was tried."""
    tried = []
    for name in libraries(text):
        try:
            path = resolve(name)
        except NotFoundError as error:
            tried.append(error.why.removeprefix("looked at ") or name)
            continue
        if path.is_file():
            return path.absolute()
        tried.append(str(path))
    raise NotFoundError(
        f"{catchment}: there is no library {text}",
        why=f"looked at {', '.join(tried)}",
        fix="give its path in library_file, from the folder of the realization or where the job was submitted",
    )


@cache
def load(path: Path) -> ctypes.CDLL:
    """The library, its symbols its own. Raises UsageError."""
    try:
        return ctypes.CDLL(str(path), mode=ctypes.RTLD_LOCAL)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be loaded", why=str(error), fix=f"ldd {path} says what it lacks, file {path} for what it is"
        ) from error


def symbol(path: Path, name: str, key: str) -> Any:  # noqa: ANN401 - a foreign function
    """A function of the library; `key` is where the realization names it. Raises UsageError with what there is."""
    try:
        return getattr(load(path), name)
    except AttributeError as error:
        has = list(registrations(path))
        near = nearest(name, has) or (has[0] if has else "")
        raise UsageError(
            f"{path.name} has no function {name}",
            why=f"it has {', '.join(has) or 'none that registers a module'}",
            fix=f'"{key}": "{near}"' if near else "is it the library of a BMI module?",
        ) from error


@cache
def address(path: Path, name: str) -> int | None:
    """Where a function of the library is, None where it has none."""
    try:
        return ctypes.cast(getattr(load(path), name), ctypes.c_void_p).value
    except AttributeError:
        return None


def registrations(path: Path) -> Iterator[str]:
    """The names in a library that look like functions which register or make a module."""
    try:
        found = sorted({match[1].decode() for match in _SYMBOL.finditer(path.read_bytes())})
    except OSError:
        return
    handle = load(path)
    yield from (name for name in found if hasattr(handle, name))
