"""A module: a folder with a module.toml, whose sources are compiled into an image."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from dmod import tables, toml_file
from dmod.errors import NotFoundError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmod.toml_file import Located

FILE = "module.toml"
PYTHON, CMAKE = "python", "cmake"
_UNSEEN = ("__pycache__", FILE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS = {  # keys whose words become words of a command, and what such a word looks like
    "libraries": re.compile(r"[A-Za-z0-9_.+-]+"),
    "packages": re.compile(r"[a-z0-9][a-z0-9+.-]*"),
    "flags": re.compile(r"-[^\n\r\0]*"),
    "requirements": re.compile(r"[A-Za-z0-9][^\n\r\0]*"),
}
_FUNCTIONS = re.compile(r"[A-Za-z_]\w*")


def _texts(doc: str, *aliases: str) -> tuple[str, ...]:
    return field(default=(), metadata={"doc": doc, "aliases": aliases})


def _text(doc: str, *aliases: str) -> str:
    return field(default="", metadata={"doc": doc, "aliases": aliases})


@dataclass(frozen=True, slots=True)
class ModuleTable:
    """What a module.toml says."""

    name: str = field(metadata={"doc": "of the module; its library is lib<name>.so"})
    kind: str = field(
        metadata={
            "doc": "python, c, c++, fortran or cmake",
            "choices": (PYTHON, "c", "c++", "fortran", CMAKE),
            "aliases": ("type", "lang"),
        }
    )
    sources: tuple[str, ...] = _texts(
        "files, in the order in which they are compiled; of Python, files and packages", "source", "src", "files"
    )
    include: tuple[str, ...] = _texts("folders with headers", "includes", "include_dirs", "headers")
    libraries: tuple[str, ...] = _texts("to link with: m, netcdf", "libs", "lib", "link")
    flags: tuple[str, ...] = _texts("of the compiler; of CMake, its options", "cflags", "options", "compile_flags")
    packages: tuple[str, ...] = _texts("of Debian, to compile with: libnetcdf-dev", "apt", "debian")
    data: tuple[str, ...] = _texts("files and folders for /dmod/bmi_module_data/<name>", "data_files", "files_data")
    requirements: tuple[str, ...] = _texts("for pip: scipy==1.16.3", "pip", "requires", "dependencies")
    language: str = field(
        default="c",
        metadata={"doc": "of the interface that CMake builds", "choices": ("c", "c++", "fortran"), "aliases": ()},
    )
    library: str = _text("the file that CMake builds, if not lib<name>.so", "library_file", "target", "so")
    python_type: str = _text("the class: my_model.bmi.MyModel", "class", "class_name", "bmi_class")
    registration_function: str = _text("of C and Fortran, if not register_bmi", "register", "registration", "function")
    create_function: str = _text("of C++, if not bmi_model_create", "create")
    destroy_function: str = _text("of C++, if not bmi_model_destroy", "destroy")


@dataclass(frozen=True, slots=True)
class Module:
    """A module's folder, and what its module.toml says."""

    folder: Path
    table: ModuleTable
    build: dict[str, Path]  # what is compiled, by its path beside module.toml
    python: dict[str, Path]  # what goes into the virtual environment as it is, by its path there
    data: dict[str, Path]  # by its path in bmi_module_data/<name>

    @property
    def name(self) -> str:
        """The name."""
        return self.table.name

    @property
    def packaged(self) -> bool:
        """Whether it is Python that pip builds by its own pyproject.toml."""
        return self.table.kind == PYTHON and not self.python

    @classmethod
    def read(cls, folder: Path) -> Module:
        """The module of a folder. Raises NotFoundError, UsageError with file:line:column of each mistake."""
        if not (folder / FILE).is_file():
            why = f"{shown(folder)} {'has none' if folder.is_dir() else 'is no folder'}"
            raise NotFoundError(f"there is no {shown(folder / FILE)}", why=why, fix=f"write {shown(folder / FILE)}")
        located = toml_file.read(folder / FILE)
        table = tables.parse(ModuleTable, located.data, located.where)
        problems = [*_words(table, located), *_wants(table, folder, located)]
        data = _gathered(folder, "data", table.data, located, problems)
        sources = _gathered(folder, "sources", table.sources, located, problems)
        for at, text in enumerate(table.include):
            if not _inside(folder, text) or not (folder / text).is_dir():
                problems.append(f'{located.where("include", at)} there is no folder "{text}" in {shown(folder)}')
        if problems:
            raise tables.mistakes(problems)
        if table.kind == PYTHON and table.sources:
            return cls(folder, table, {}, sources, data)
        given = set(data.values())
        build = {name: path for name, path in _files(folder) if path not in given}
        return cls(folder, table, build, {}, data)

    def paths(self) -> tuple[str, ...]:
        """The sources as they are named beside module.toml, in the order in which they are compiled."""
        found = (sorted(self.folder.glob(text)) for text in self.table.sources)
        return tuple(dict.fromkeys(str(path.relative_to(self.folder)) for group in found for path in group))


def _words(table: ModuleTable, located: Located) -> Iterator[str]:
    """What cannot be a word of a command, or a name."""
    if not _NAME.fullmatch(table.name):
        yield f'{located.where("name")} name must be letters, digits, _ and -, not "{table.name}"'
    for key, like in _WORDS.items():
        for at, text in enumerate(getattr(table, key)):
            if not like.fullmatch(text):
                yield f'{located.where(key, at)} "{text}" cannot be one of {key}'
    if table.library and not re.fullmatch(r"[\w.+-]+\.so", table.library):
        yield f"{located.where('library')} library must be the name of a file such as libmy_model.so"
    for key in (each.name for each in fields(table) if each.name.endswith("_function")):
        text = getattr(table, key)
        if text and not _FUNCTIONS.fullmatch(text):
            yield f'{located.where(key)} {key} must be the name of a function, not "{text}"'
    if table.python_type and not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", table.python_type):
        yield f'{located.where("python_type")} python_type must be "module.Class", not "{table.python_type}"'


def _wants(table: ModuleTable, folder: Path, located: Located) -> Iterator[str]:
    """What a kind cannot be without, and what means nothing to it."""
    kind, at = table.kind, located.where("kind")
    if kind == PYTHON:
        if not table.python_type:
            yield f'{at} a module in Python needs python_type = "module.Class"'
        if not table.sources and not (folder / "pyproject.toml").is_file():
            yield f"{at} a module in Python needs sources, or a pyproject.toml beside module.toml"
    elif kind == CMAKE:
        if not (folder / "CMakeLists.txt").is_file():
            yield f"{at} there is no CMakeLists.txt in {shown(folder)}"
    elif not table.sources:
        yield f"{at} a module in {kind} needs sources"
    ours = {
        PYTHON: ("sources", "python_type"),
        CMAKE: ("language", "library", "flags", "registration_function", "create_function", "destroy_function"),
        "c++": ("sources", "include", "libraries", "flags", "create_function", "destroy_function"),
    }.get(kind, ("sources", "include", "libraries", "flags", "registration_function"))
    for key in located.data:
        if key not in (*ours, "name", "kind", "packages", "data", "requirements"):
            yield f'{located.where(key)} "{key}" means nothing to a module of kind {kind}'


def _gathered(folder: Path, key: str, named: tuple[str, ...], located: Located, problems: list[str]) -> dict[str, Path]:
    """The files that are named, by their paths where they go: a file by its name, a folder with what is in it."""
    found: dict[str, Path] = {}
    for at, text in enumerate(named):
        matching = sorted(folder.glob(text)) if _inside(folder, text) else []
        if not matching:
            problems.append(f'{located.where(key, at)} there is no "{text}" in {shown(folder)}{_like(folder, text)}')
        for path in matching:
            inside = _files(path) if path.is_dir() else [("", path)]
            for name, file in inside:
                found.setdefault(f"{path.name}/{name}" if name else path.name, file)
    return found


def _inside(folder: Path, text: str) -> bool:
    """Whether a path stays in the folder."""
    path = Path(text)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and (folder / path) != folder


def _like(folder: Path, text: str) -> str:
    from dmod.nearest import nearest

    near = nearest(text, [name for name, _ in _files(folder)])
    return f'; did you mean "{near}"?' if near else ""


def _files(folder: Path) -> list[tuple[str, Path]]:
    """What lies in a folder, without what is hidden and what Python leaves behind."""
    found = ((path.relative_to(folder), path) for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        (str(name), path)
        for name, path in found
        if not any(part.startswith(".") or part in _UNSEEN for part in name.parts)
    ]
