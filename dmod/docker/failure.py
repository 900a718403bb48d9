"""Why an image was not built: the step that failed, what it said, and what mends it."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from dmod.docker.engine import NO_ROOM
from dmod.docker.instructions import ANSWER, instructions
from dmod.docker.module import FILE
from dmod.docker.recipe import PREFIX
from dmod.errors import DmodError
from dmod.nearest import nearest
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dmod.docker.module import Module
    from dmod.docker.recipe import Recipe
    from dmod.docker.steps import Steps

_CAUSES = (  # what a failed build says -> what is wrong, and how to mend it
    ("no space left on device", "the engine's disk is full", NO_ROOM),
    ("CERTIFICATE_VERIFY_FAILED", "pip trusts no certificate of this network", "set ca_bundle in [build] of dmod.toml"),
    ("load metadata for|pull access denied", "an image of a FROM line is not to be had", "docker pull {0}"),
    ("Temporary failure resolving|Could not resolve|No matching distribution|ConnectionError",
     "the network of the build reaches no packages", "set index in [build] of dmod.toml, or HTTPS_PROXY"),
)  # fmt: skip
_EXIT = re.compile(r"exit code: (\d+)")
_TOLD = re.compile(r"(error|why): ")
_COMPLAINT = re.compile(r"\berror\b|undefined reference|cannot find|No such file", re.IGNORECASE)


class BuildError(DmodError):
    """An image that was not built: the step that failed, and its last lines."""

    def __init__(self, message: str, *, why: str, fix: str, tail: tuple[str, ...]) -> None:
        super().__init__(message, why=why, fix=fix)
        self.tail = tail


def failure(recipe: Recipe, steps: Steps, names: Iterable[str] = ()) -> BuildError:
    """The error of a build, by what it said; `names` are those of the images that there are."""
    title = steps.failed.title if steps.failed else "it has not begun"
    tail = tuple(steps.failed.lines) if steps.failed else ()
    again = f"then dmod image build {recipe.name}"
    module = next((each for each in recipe.modules if " ".join(title.split()) in instructions(each)), None)
    if module is not None and title.startswith(ANSWER):
        return _refused(recipe, module, steps, again)
    said = "\n".join([title, *tail, steps.error])
    outside = next((name for name in recipe.sources if not name.startswith(PREFIX)), "")
    near = nearest(outside, names, cutoff=0.8)
    known = ((why, fix.format(near or outside)) for pattern, why, fix in _CAUSES if re.search(pattern, said))
    found = next(known, None)
    if found is None and module is not None:
        why = next((line for line in tail if _COMPLAINT.search(line)), tail[-1] if tail else steps.error)
        place = shown(module.folder)
        message = f"image {recipe.name} was not built: module {module.name} does not compile"
        why = re.sub(r"(^|\s)\./", rf"\1{place}/", why)
        return BuildError(message, why=why, fix=f"mend {place}, {again}", tail=tail)
    why, fix = found or (steps.error or "it said nothing", f"mend {recipe.place}, {again}")
    if found and near and "is not to be had" in why:
        why, fix = f"there is no image {outside}; did you mean {near}?", f"mend {recipe.place}, {again}"
    return BuildError(f"image {recipe.name} was not built: {title[:100]}", why=why, fix=fix, tail=tail)


def _refused(recipe: Recipe, module: Module, steps: Steps, again: str) -> BuildError:
    """The module was compiled, and does not load or does not answer."""
    tail = tuple(steps.failed.lines) if steps.failed else ()
    parts = [line.strip().partition(": ")[2] for line in tail if _TOLD.match(line)]  # a DmodError, else a traceback
    why = "; ".join(parts) or (tail[-1] if tail else steps.error)
    code = int(match[1]) if (match := _EXIT.search(steps.error)) else 1
    if code > 128:
        why = f"it is killed by {signal.Signals(code - 128).name} when it is asked for its name"
    message = f"image {recipe.name} is refused: module {module.name} does not load and answer get_component_name"
    lacks = re.search(r"No module named '(\w+)", why)
    mend = (
        f"name {lacks[1]} in requirements of {shown(module.folder / FILE)}" if lacks else f"mend {shown(module.folder)}"
    )
    return BuildError(message, why=why, fix=f"{mend}, {again}", tail=tail)
