"""Sources of ours that the machine's own compiler turns into a library: once, into a cache keyed by their content."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import UnmetError

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = "DMOD_CACHE"  # where compiled sources are kept; an image sets it to a folder that it brings along
LANGUAGES = {".c": ("CC", ("cc", "gcc", "clang"), ()), ".cpp": ("CXX", ("c++", "g++", "clang++"), ("-std=c++14",))}
FLAGS = ("-O2", "-fPIC", "-shared", "-ffp-contract=off")  # the bits of Python, also where there is a fused multiply
SOURCES = ("drive.c", "cplusplus.cpp")


def folder() -> Path:
    """The cache: DMOD_CACHE, else dmod in the user's cache."""
    own = os.environ.get(CACHE)
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dmod"


@cache
def built(source: str) -> Path:
    """The library of a source beside this file, compiled where it is not in the cache yet.

    Raises UnmetError without a compiler, or where it fails.
    """
    path = Path(__file__).with_name(source)
    variable, programs, flags = LANGUAGES[path.suffix]
    text = path.read_bytes()
    key = hashlib.sha256(b"\0".join((text, " ".join((*flags, *FLAGS)).encode(), platform.machine().encode())))
    name = f"{path.stem}-{key.hexdigest()[:16]}.so"
    for place in _places():
        if (place / name).is_file():
            return place / name
    compiler = _compiler(variable, programs)
    if compiler is None:
        raise UnmetError(
            f"there is no {'C++' if path.suffix == '.cpp' else 'C'} compiler to build {source} with",
            why=f"looked for {variable}, {', '.join(programs)} on PATH, and for {name} in {folder()}",
            fix="apt-get install g++; or build it elsewhere: DMOD_CACHE=DIR python -m dmod.models.compiler",
        )
    return _compile([compiler, *flags, *FLAGS, str(path)], name)


def _compiler(variable: str, programs: tuple[str, ...]) -> str | None:
    """The one that the variable names, else the first on PATH; CC=none is to have none."""
    named = os.environ.get(variable)
    return next((found for each in ((named,) if named else programs) if (found := shutil.which(each))), None)


def _places() -> Iterator[Path]:
    """The cache; then, where it cannot be written, a folder of this user's alone."""
    yield folder()
    own = Path(tempfile.gettempdir()) / f"dmod-{os.getuid()}"
    with suppress(OSError):
        own.mkdir(mode=0o700, exist_ok=True)
        if own.stat().st_uid == os.getuid() and not own.is_symlink():
            yield own


def _compile(argv: list[str], name: str) -> Path:
    """Compile beside the cache and put the library in place in one step, whoever else does the same."""
    for place in _places():
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=place) as temporary:
                made = Path(temporary) / name
                done = subprocess.run([*argv, "-o", str(made)], capture_output=True, text=True, check=False)
                if done.returncode:
                    raise UnmetError(f"{argv[0]} cannot build {Path(argv[-1]).name}", why=done.stderr.strip()[:500])
                made.replace(place / name)
        except OSError:
            continue
        return place / name
    raise UnmetError(f"{name} cannot be written", why=f"{folder()} cannot be", fix=f"export {CACHE}=DIR")


if __name__ == "__main__":
    for each in SOURCES:
        sys.stdout.write(f"{built(each)}\n")
