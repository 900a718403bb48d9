"""Variants: the recipes that `[images.NAME]` of dmod.toml makes of others, with modules or around a compiled ngen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from dmod.config_services import ImageTable
from dmod.docker.instructions import context, with_modules
from dmod.docker.module import Module
from dmod.docker.recipe import PREFIX, Recipe, packaged, recipes, unknown
from dmod.errors import NotFoundError, UsageError
from dmod.nearest import nearest
from dmod.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable


_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_USER = re.compile(r"^USER\s+(\S+)", re.IGNORECASE | re.MULTILINE)
_COMPILER = f"{PREFIX}compiler"
_COMPILERS = "FROM {} AS compiler\nUSER root\nCOPY --chmod=755 compiler/ /usr/local/bin/\nRUN compilers\n\n"


def known(project: Project, wanted: tuple[str, ...] = ()) -> dict[str, Recipe]:
    """Every recipe by its name, or those that the wanted ones can need: a mistake in one variant stops no other.

    Raises NotFoundError, UsageError for what a variant or a module of it is not right about.
    """
    found = recipes(project.root)
    tables = project.config.images
    making = _Making(project, found, tables)
    for name in wanted:
        if name not in found and name not in tables:
            raise unknown(name, {**found, **tables})
    reached = _reached(wanted, found, tables) if wanted else tables
    return found | {name: making.recipe(name, ()) for name in reached if name in tables}


def names(project: Project) -> tuple[str, ...]:
    """The names of all images, whatever is wrong with one of them."""
    return tuple(dict.fromkeys((*recipes(project.root), *project.config.images)))


def name_of(project: Project, images: Iterable[str], variant: str) -> tuple[str, ...]:
    """The images that are meant: `worker` and `--variant cfe` are `worker-cfe`. Raises NotFoundError."""
    if not variant:
        return tuple(images)
    meant = tuple(f"{name}-{variant}" for name in images)
    tables = project.config.images
    for name in meant:
        if name not in tables:
            near = nearest(name, tables)
            why = f"there are {', '.join(tables)}" if tables else "dmod.toml has no table [images.NAME]"
            fix = f"dmod image build {near}" if near else f'[images.{name}] with modules = ["./DIR"] in dmod.toml'
            raise NotFoundError(f"there is no image {name}", why=why, fix=fix)
    return meant


@dataclass(frozen=True, slots=True)
class _Making:
    """Recipes out of tables; each may stand on another table's."""

    project: Project
    plain: Mapping[str, Recipe]
    tables: Mapping[str, ImageTable]

    def recipe(self, name: str, above: tuple[str, ...]) -> Recipe:
        if name not in self.tables:
            return self.plain[name]
        table, place = self.tables[name], self.place(name)
        if not _NAME.fullmatch(name):
            raise UsageError(
                f'{place} "{name}" cannot name an image', why="it is made of lower-case letters, digits and -"
            )
        source, modules = _source(name, self.plain, self.tables, place), self.modules(name, table)
        if name in self.plain:
            return _extended(self.plain[name], modules, place, self.user(self.plain[name], ()))
        if source in (*above, name):
            raise UsageError("images need each other in a circle", why=" needs ".join((*above, name, source)))
        if source in self.plain or source in self.tables:
            below = self.recipe(source, (*above, name))
            text = f"FROM {PREFIX}{source}\n"
            made = Recipe(name, place, text, {}, below.modules, below.outside)
            return _extended(made, modules, place, self.user(below, (*above, name)))
        return _extended(_around(name, source, table, place), modules, place, "dmod")

    def user(self, recipe: Recipe, above: tuple[str, ...]) -> str:
        """Who the programs of an image are run by."""
        users = _USER.findall(recipe.text)
        if users:
            return str(users[-1])
        below = [each for each in recipe.needs if each not in above and (each in self.plain or each in self.tables)]
        return self.user(self.recipe(below[-1], above), (*above, recipe.name)) if below else "root"

    def modules(self, name: str, table: ImageTable) -> tuple[Module, ...]:
        found = tuple(
            Module.read(_folder(self.project.root, text, self.place(name, "modules"))) for text in table.modules
        )
        called = [module.name.lower() for module in found]
        for each in called:
            if called.count(each) > 1:
                raise UsageError(f"{self.place(name, 'modules')} two modules are called {each}")
        return found

    def place(self, name: str, key: str = "") -> str:
        """Where a table, or a key of it, stands in dmod.toml."""
        origins = self.project.config.origins
        tried = [f"images.{name}.{each}" for each in ([key] if key else ["from", "modules", "ngen"])]
        return next((origins[each] for each in tried if each in origins), f"dmod.toml [images.{name}]")


def _source(name: str, plain: Mapping[str, Recipe], tables: Mapping[str, ImageTable], place: str) -> str:
    """What an image stands on: what `from` says, or the image that its name begins with."""
    said = tables[name].from_
    if said and name in plain:
        raise UsageError(f"{place} {name} stands on what {plain[name].place} says", fix=f'take away from = "{said}"')
    if said:
        short = said.removeprefix(PREFIX)
        return short if short in plain or short in tables else said
    begins = [each for each in (*plain, *tables) if name.startswith(f"{each}-")]
    if begins or name in plain:
        return max(begins, key=len) if begins else ""
    raise UsageError(
        f'{place} [images.{name}] does not say "from"', why="no image has a name that it begins with",
        fix=f'from = "worker", or [images.worker-{name}]',
    )  # fmt: skip


def _extended(recipe: Recipe, modules: tuple[Module, ...], place: str, user: str) -> Recipe:
    """A recipe with modules in it."""
    compiler = "compiler" if recipe.outside else _COMPILER
    text, files = with_modules(recipe.text, modules, compiler, user), dict(recipe.files)
    if modules and recipe.outside and "AS compiler" not in text:  # it stands on an image that was made around another
        text, files = _COMPILERS.format(recipe.sources[0]) + text, files | _tools()
    for module in modules:
        for part, inside in (("build", module.build), ("python", module.python), ("data", module.data)):
            files |= {f"{context(module)[part]}/{path}": file for path, file in inside.items()}
    return replace(recipe, place=place, text=text, files=files, modules=(*recipe.modules, *modules))


def _around(name: str, outside: str, table: ImageTable, place: str) -> Recipe:
    """A recipe that lays the /dmod contract over an image with a compiled ngen."""
    if re.search(r"\s", outside):
        raise UsageError(f'{place} "{outside}" cannot be the name of an image')
    contract, images = Path(__file__).with_name("contract"), packaged("images")
    files = {f"contract/{each}": contract / each for each in ("python", "ngen")}
    files |= {f"{each}/requirements.txt": images / each / "requirements.txt" for each in ("base", "worker")}
    text = (contract / "Dockerfile").read_text().replace("{outside}", outside).replace("{ngen}", quote(table.ngen))
    return Recipe(name, place, text, files | _tools(), (), outside)


def _tools() -> dict[str, Path]:
    folder = packaged("images") / "compiler"
    return {f"compiler/{each}": folder / each for each in ("compilers", "bring-along")}


def _folder(root: Path, text: str, place: str) -> Path:
    """The folder of a module, relative to dmod.toml."""
    folder = root / Path(text).expanduser()
    if folder.is_dir():
        return folder
    beside = [str(each.parent.relative_to(root)) for each in root.glob("*/*/module.toml")]
    near = nearest(text.removeprefix("./"), beside)
    said = f"; did you mean ./{near}?" if near else ""
    raise NotFoundError(f"{place} there is no folder {text}{said}", fix=f"mkdir -p {quote(text)}")


def _reached(wanted: tuple[str, ...], plain: Mapping[str, Recipe], tables: Mapping[str, ImageTable]) -> set[str]:
    """The names that the wanted ones can need."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += plain[name].needs if name in plain else ()
        if name in tables:
            waiting += [each for each in (tables[name].from_, *plain, *tables) if each and name.startswith(f"{each}-")]
            waiting += [tables[name].from_.removeprefix(PREFIX)]
    return found
