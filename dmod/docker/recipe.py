"""Recipes: how images are made, from the folders `images/<name>`; in which order, and under which tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import NotFoundError, UsageError
from dmod.nearest import nearest
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCKERFILE = "Dockerfile"
PREFIX = "dmod/"  # of the names of our images; `FROM dmod/base` is an image's place in the order
_LETTERS = 12  # of a digest in a tag: 48 bits
_STAGE = re.compile(r"^(FROM\s+(?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)
_COPIED = re.compile(r"^(COPY\s(?:.*\s)?--from=)(\S+)", re.IGNORECASE | re.MULTILINE)
_STEP = re.compile(r"^(?:FROM|RUN|COPY|ADD|WORKDIR)\s", re.IGNORECASE | re.MULTILINE)
_WHEEL = re.compile(r"^[^#\n]*\*\.whl", re.MULTILINE)


@dataclass(frozen=True)
class Recipe:
    """A folder with a Dockerfile: how one image is made."""

    name: str
    folder: Path
    text: str  # of the Dockerfile

    @classmethod
    def read(cls, folder: Path) -> Recipe:
        """The recipe of a folder."""
        return cls(folder.name, folder, (folder / DOCKERFILE).read_text())

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The images that it is made of, as its FROM lines name them, without its own stages."""
        stages = {match[3] for match in _STAGE.finditer(self.text)}
        named = [match[2] for pattern in (_STAGE, _COPIED) for match in pattern.finditer(self.text)]
        return tuple(dict.fromkeys(name for name in named if name not in stages and not name.isdecimal()))

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the recipes that must be built before it."""
        return tuple(name.removeprefix(PREFIX) for name in self.sources if name.startswith(PREFIX))

    @property
    def steps(self) -> int:
        """How many of its instructions make a layer."""
        return len(_STEP.findall(self.text))

    @property
    def carries_dmod(self) -> bool:
        """Whether dmod's own wheel goes into it."""
        return bool(_WHEEL.search(self.text))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """What lies in its folder, in an order of its own."""
        return tuple(sorted(path for path in self.folder.rglob("*") if path.is_file()))

    def digest(self) -> str:
        """Of everything in its folder: names, contents, and what may be executed."""
        whole = sha256()
        for path in self.files:
            runs = bool(path.stat().st_mode & 0o100)
            whole.update(f"{path.relative_to(self.folder)}\0{runs}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
        return whole.hexdigest()

    def pinned(self, references: Mapping[str, str]) -> str:
        """The Dockerfile with each of our images in it under its content's tag: what others build does not disturb."""
        text = _STAGE.sub(lambda match: match[0].replace(match[2], references.get(match[2], match[2]), 1), self.text)
        return _COPIED.sub(lambda match: match[1] + references.get(match[2], match[2]), text)


def recipes(project: Path | None = None) -> dict[str, Recipe]:
    """Every recipe by its name: dmod's own, and those of a project, which go before them."""
    found = {}
    for above in (packaged("images"), *([project / "images"] if project else [])):
        for file in sorted(above.glob(f"*/{DOCKERFILE}")):
            found[file.parent.name] = Recipe.read(file.parent)
    return found


def packaged(folder: str) -> Path:
    """Where dmod's own `images` or `stacks` lie: in the installed package, or in the checkout."""
    package = Path(__file__).parents[1]
    packed = package / "templates" / folder
    return packed if packed.is_dir() else package.parent / folder


def order(known: Mapping[str, Recipe], wanted: tuple[str, ...] = ()) -> list[list[str]]:
    """What must be built for the wanted recipes (none: all), in waves; those of a wave do not need each other.

    Raises NotFoundError for a name without a recipe, UsageError for recipes that need each other in a circle.
    """
    needed: dict[str, tuple[str, ...]] = {}
    waiting = [(name, "") for name in wanted or known]
    while waiting:
        name, user = waiting.pop()
        if name not in known:
            raise _unknown(name, user, known)
        if name not in needed:
            needed[name] = known[name].needs
            waiting += [(each, name) for each in needed[name]]
    sorter = TopologicalSorter(needed)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " needs ".join(error.args[1])
        raise UsageError("images need each other in a circle", why=circle, fix="mend a FROM line of them") from error
    waves = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        sorter.done(*ready)
        waves.append(ready)
    return waves


def tags(known: Mapping[str, Recipe], bases: Mapping[str, str], wheel: str) -> dict[str, str]:
    """The tag of each recipe: of its folder, of the images below it, and of dmod's wheel where that goes in.

    `bases` has the ids of images that are not ours (`debian:trixie-slim`), `wheel` is the digest of dmod's wheel.
    """
    found: dict[str, str] = {}
    for wave in order(known):
        for name in wave:
            recipe = known[name]
            parts = [name, recipe.digest(), wheel if recipe.carries_dmod else ""]
            parts += [found.get(each.removeprefix(PREFIX), bases.get(each, "")) for each in recipe.sources]
            found[name] = sha256("\n".join(parts).encode()).hexdigest()[:_LETTERS]
    return found


def reference(name: str, tag: str) -> str:
    """What Docker calls an image of ours: `dmod/worker:1f0c3e5a7b9d`."""
    return f"{PREFIX}{name}:{tag}"


def _unknown(name: str, user: str, known: Mapping[str, Recipe]) -> NotFoundError:
    near = nearest(name, known)
    if user:
        place = f"{shown(known[user].folder / DOCKERFILE)}: FROM {PREFIX}{name}"
        return NotFoundError(f"{place}: there is no such image", why=f"there are {', '.join(known)}")
    said = f"; did you mean {near}?" if near else ""
    return NotFoundError(f"there is no image {name}{said}", why=f"there are {', '.join(known)}", fix="dmod image list")
