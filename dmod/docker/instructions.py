"""Instructions of a Dockerfile that compile modules, put them where a worker has them, and ask each for its name."""

from __future__ import annotations

from shlex import quote, split
from typing import TYPE_CHECKING

from dmod import layout
from dmod.docker.module import CMAKE, PYTHON
from dmod.docker.recipe import STAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dmod.docker.module import Module

ANSWER = "RUN python -m dmod.models.answer"
_APT = "--mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked"
_PIP = "--mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=ca --mount=type=secret,id=pip"
_SET = "PIP_CONFIG_FILE=/run/secrets/pip"
_SITE = '"$(python -c \'import sysconfig; print(sysconfig.get_path("purelib"))\')"'
_COMPILERS = {"c": "cc -O2 -fPIC -shared", "c++": "c++ -O2 -fPIC -shared", "fortran": "gfortran -O2 -fPIC -shared"}
_LIBS, _WHEELS = f"/out/{layout.SHARED_LIBS}", "/out/wheels"


def with_modules(text: str, modules: Sequence[Module], compiler: str, user: str) -> str:
    """A Dockerfile whose image has the modules; they are compiled in `compiler`, the image's user is `user`."""
    if not modules:
        return text
    lines = [_named(text), *(line for module in modules for line in _stage(module, compiler))]
    lines += ["FROM plain", "USER root", *(line for module in modules for line in _laid(module))]
    lines += [f"USER {user}", *map(_answer, modules)]
    return "\n".join([*lines, ""])


def instructions(module: Module) -> str:
    """What is done for a module alone, to tell by a step which module it was for."""
    return "\n".join([*_stage(module, "compiler"), *_laid(module), _answer(module)])


def asked(module: Module) -> list[str]:
    """The module's name, and what a realization says of it: kind and parameters."""
    table = module.table
    language = table.language if table.kind == CMAKE else table.kind
    said = {"library_file": f"{layout.DMOD}/{layout.SHARED_LIBS}/{library(module)}"} if language != PYTHON else {}
    keys = ("python_type", "registration_function", "create_function", "destroy_function")
    said |= {key: getattr(table, key) for key in keys if getattr(table, key)}
    return [module.name, f"bmi_{language}", *(f"{key}={text}" for key, text in said.items())]


def library(module: Module) -> str:
    """The file of its library."""
    return module.table.library or f"lib{module.name}.so"


def context(module: Module) -> dict[str, str]:
    """Where the folders of a module lie for the build: `build`, `python`, `data` of it."""
    return {part: f"modules/{module.name}/{part}" for part in ("build", "python", "data")}


def _answer(module: Module) -> str:
    return f"{ANSWER} {' '.join(map(quote, asked(module)))}"


def _named(text: str) -> str:
    """The Dockerfile with its last stage called `plain`."""
    last = list(STAGE.finditer(text))[-1]
    begin, end = last.span()
    return f"{text[:begin]}{last[1]}{last[2]} AS plain{text[end:].rstrip()}\n"


def _stage(module: Module, compiler: str) -> Iterator[str]:
    """Compile: what becomes of it lies in /out."""
    if not module.build:
        return
    yield f"FROM {compiler} AS {_name(module)}"
    yield "USER root"
    if module.table.packages:
        yield f"RUN {_APT} compilers {' '.join(map(quote, module.table.packages))}"
    yield "WORKDIR /module"
    yield f"COPY {context(module)['build']}/ ./"
    if module.packaged:
        yield f"RUN {_PIP} {_SET} pip wheel --no-deps --wheel-dir {_WHEELS} ."
    else:
        yield f"RUN mkdir -p {_LIBS} && {_compiled(module)} && bring-along {_LIBS}"


def _compiled(module: Module) -> str:
    """The command that makes the library."""
    table = module.table
    flags = " ".join(quote(word) for text in table.flags for word in split(text))
    if table.kind == CMAKE:
        find = "find /build '(' -name '*.so' -o -name '*.so.*' ')' -not -path '*/CMakeFiles/*'"
        have = f"test -e {_LIBS}/{quote(library(module))}"
        lacking = f"{{ echo 'CMake builds no {library(module)}, but:'; ls {_LIBS}; exit 1; }}"
        return (
            f"cmake -S . -B /build -DCMAKE_BUILD_TYPE=Release {flags} && cmake --build /build --parallel"
            f" && {find} -exec cp -L -- '{{}}' {_LIBS}/ ';' && {{ {have} || {lacking}; }}"
        )
    words = [f"-I{quote(text)}" for text in table.include] + [flags] * bool(flags)
    words += [quote(f"./{path}") for path in module.paths()]
    words += ["-o", f"{_LIBS}/{quote(library(module))}", *(f"-l{name}" for name in table.libraries)]
    return f"{_COMPILERS[table.kind]} {' '.join(words)}"


def _laid(module: Module) -> Iterator[str]:
    """Put in place what was compiled, what pip brings, Python, and data."""
    name, table = module.name, module.table
    if table.requirements:
        wanted = " ".join(map(quote, table.requirements))
        kept = "pip freeze --exclude dmod > /tmp/kept"  # what dmod was tested with stays
        yield f"RUN {_PIP} {kept} && {_SET} pip install --no-compile --constraint /tmp/kept {wanted} && rm /tmp/kept"
    if module.packaged:
        mount = f"--mount=type=bind,from={_name(module)},source={_WHEELS},target=/tmp/wheels"
        yield f"RUN {_PIP} {mount} {_SET} pip install --no-compile --no-deps /tmp/wheels/*"
    elif module.build:
        yield f"COPY --from={_name(module)} {_LIBS}/ {layout.DMOD}/{layout.SHARED_LIBS}/"
    if module.python:
        mount = f"--mount=type=bind,source={context(module)['python']},target=/tmp/python"
        yield f"RUN {mount} cp -r --preserve=timestamps /tmp/python/. {_SITE}"
    if module.data:
        yield f"COPY {context(module)['data']}/ {layout.DMOD}/{layout.MODULE_DATA}/{name}/"


def _name(module: Module) -> str:
    """Of its stage."""
    return f"module-{module.name.lower()}"
