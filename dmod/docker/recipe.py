"""Recipes: how images are made, from the folders `images/<name>`; in which order, and under which tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from hashlib import file_digest, sha256
from pathlib import Path

from dmod.docker.module import Module
from dmod.errors import NotFoundError, UsageError
from dmod.nearest import nearest
from dmod.paths import shown

DOCKERFILE = "Dockerfile"
PREFIX = "dmod/"  # of the names of our images; `FROM dmod/base` is an image's place in the order
_LETTERS = 12  # of a digest in a tag: 48 bits
STAGE = re.compile(r"^(FROM\s+(?:--\S+\s+)*)(\S+)(?:[ \t]+AS[ \t]+(\S+))?", re.IGNORECASE | re.MULTILINE)
_COPIED = re.compile(r"^(COPY\s(?:.*\s)?--from=)(\S+)", re.IGNORECASE | re.MULTILINE)
_STEP = re.compile(r"^(?:FROM|RUN|COPY|ADD|WORKDIR)\s", re.IGNORECASE | re.MULTILINE)
_WHEEL = re.compile(r"^[^#\n]*\*\.whl", re.MULTILINE)


@dataclass(frozen=True)
class Recipe:
    """How one image is made: a folder with a Dockerfile, or what a table of dmod.toml makes of another recipe."""

    name: str
    place: str  # where it is written, for whoever must mend it: `images/worker/Dockerfile`, `dmod.toml:4:1`
    text: str  # of the Dockerfile
    files: Mapping[str, Path] = field(default_factory=dict)  # what the build sees, by the path that it sees
    modules: tuple[Module, ...] = ()  # in it, those of the images that it stands on included
    outside: str = ""  # the image that is not ours around which it was made; "": none

    @classmethod
    def read(cls, folder: Path) -> Recipe:
        """The recipe of a folder."""
        files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
        return cls(folder.name, shown(folder / DOCKERFILE), (folder / DOCKERFILE).read_text(), files)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The images that it is made of, as its FROM lines name them, without its own stages."""
        stages = {match[3] for match in STAGE.finditer(self.text)}
        named = [match[2] for pattern in (STAGE, _COPIED) for match in pattern.finditer(self.text)]
        return tuple(dict.fromkeys(name for name in named if name not in stages and not name.isdecimal()))

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the recipes that must be built before it."""
        return tuple(name.removeprefix(PREFIX) for name in self.sources if name.startswith(PREFIX))

    @property
    def contents(self) -> tuple[str, ...]:
        """The modules in it, each with its kind: `my_model (c)`."""
        return tuple(f"{module.name} ({module.table.kind})" for module in self.modules)

    @property
    def steps(self) -> int:
        """How many of its instructions make a layer."""
        stages = {match[3] for match in STAGE.finditer(self.text)}
        again = sum(match[2] in stages for match in STAGE.finditer(self.text))  # a stage that stands on another
        return len(_STEP.findall(self.text)) - again

    @property
    def carries_dmod(self) -> bool:
        """Whether dmod's own wheel goes into it."""
        return bool(_WHEEL.search(self.text))

    def digest(self) -> str:
        """Of everything that the build sees: names, contents, and what may be executed."""
        whole = sha256(self.text.encode())
        for name, path in self.files.items():
            runs = bool(path.stat().st_mode & 0o100)
            with path.open("rb") as file:
                content = file_digest(file, "sha256").hexdigest()
            whole.update(f"{name}\0{runs}\0{content}\n".encode())
        return whole.hexdigest()

    def pinned(self, references: Mapping[str, str]) -> str:
        """The Dockerfile with each of our images in it under its content's tag: what others build does not disturb."""
        text = STAGE.sub(lambda match: match[0].replace(match[2], references.get(match[2], match[2]), 1), self.text)
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
            if user:
                place = f"{known[user].place}: FROM {PREFIX}{name}"
                raise NotFoundError(f"{place}: there is no such image", why=_are(known))
            raise unknown(name, known)
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


def unknown(name: str, known: Iterable[str]) -> NotFoundError:
    """The error for a name that no image has."""
    near = nearest(name, known)
    said = f"; did you mean {near}?" if near else ""
    return NotFoundError(f"there is no image {name}{said}", why=_are(known), fix="dmod image list")


def _are(known: Iterable[str]) -> str:
    return f"there are {', '.join(known)}"
