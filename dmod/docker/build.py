"""Build: make the images that are wanted and not there yet, those that do not need each other side by side."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod import __version__
from dmod.docker import variant, wheel
from dmod.docker.engine import command_line, engine
from dmod.docker.failure import failure
from dmod.docker.recipe import DOCKERFILE, PREFIX, Recipe, order, reference, tags
from dmod.docker.steps import Steps
from dmod.errors import NotFoundError

if TYPE_CHECKING:
    from dmod.config_services import Build
    from dmod.project import Project

# labels: the recipe's name, the tag of its content, the modules in it
IMAGE, CONTENT, MODULES = "dmod.image", "dmod.content", "dmod.modules"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")
Told = Callable[[str, Steps], None]  # the name of an image, and how far its build is


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built, under which tags."""

    known: Mapping[str, Recipe]
    tags: Mapping[str, str]
    wheel: tuple[str, bytes]  # its name, its bytes

    def reference(self, name: str) -> str:
        """`dmod/worker:1f0c3e5a7b9d`."""
        return reference(name, self.tags[name])


@dataclass(frozen=True, slots=True)
class Built:
    """An image that is there now."""

    name: str
    reference: str
    built: bool  # or was there, unchanged
    seconds: float


def plan(client: Any, project: Project, names: tuple[str, ...] = ()) -> Plan:  # noqa: ANN401 - docker.APIClient
    """The tags of images (none named: all) by what goes into them, as the engine has the images of their FROM lines."""
    known = variant.known(project, names)
    packed = wheel.made()
    outside = {name for recipe in known.values() for name in recipe.sources if not name.startswith(PREFIX)}
    bases = {name: identity(client, name) for name in outside}
    return Plan(known, tags(known, bases, sha256(packed[1]).hexdigest()), packed)


def identity(client: Any, name: str) -> str:  # noqa: ANN401 - docker.APIClient
    """The id of an image that the engine has; "" if it has none of this name."""
    from docker.errors import ImageNotFound

    try:
        return str(client.inspect_image(name)["Id"])
    except ImageNotFound:
        return ""


def build(project: Project, names: tuple[str, ...], told: Told) -> list[Built]:
    """Build images (none named: all) and what they stand on, unless they are there with this very content.

    Raises BuildError for the first that failed, when those beside it have ended.
    """
    with engine() as client:
        made = plan(client, project, names)
        waves = order(made.known, names)
        there = {name for wave in waves for name in wave if identity(client, made.reference(name))}
        for name in there:
            client.tag(
                made.reference(name), f"{PREFIX}{name}", "latest"
            )  # what was asked for last, built now or before
    missing = [[name for name in wave if name not in there] for wave in waves]
    done = [
        Built(name, made.reference(name), built=False, seconds=0) for wave in waves for name in wave if name in there
    ]
    if not any(missing):
        return done
    command_line("buildx")
    revision_ = revision()
    for wave in filter(None, missing):
        with ThreadPoolExecutor(len(wave)) as workers:
            going = [workers.submit(_one, made, name, project, revision_, told) for name in wave]
        done += [each.result() for each in going]
    return done


def revision() -> str:
    """The commit of the checkout that dmod runs from; "" if it was installed, or there is no git."""
    root = Path(__file__).parents[2]
    if not (root / "images").is_dir():
        return ""
    try:
        said = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""


def pip_settings(settings: Build, environment: Mapping[str, str], ca: str) -> str:
    """The pip.conf of a build, handed over as a secret: an index may hold a password, and none may stay in an image."""
    lines = ["[global]", "disable-pip-version-check = true", "progress-bar = off", "root-user-action = ignore"]
    lines += ["cert = /run/secrets/ca"] if ca else []
    for key, value in (("index-url", settings.index or environment.get("PIP_INDEX_URL", "")),
                       ("extra-index-url", environment.get("PIP_EXTRA_INDEX_URL", ""))):  # fmt: skip
        lines += [f"{key} = {value}"] if value else []
    return "\n".join(lines) + "\n"


def ca_bundle(settings: Build, root: Path, environment: Mapping[str, str]) -> str:
    """The file of certificates that pip shall trust: of dmod.toml, or that of PIP_CERT, or SSL_CERT_FILE; "": none."""
    if settings.ca_bundle:
        path = (root / settings.ca_bundle).expanduser()
        if not path.is_file():
            raise NotFoundError(f"[build] ca_bundle: there is no file {path}", fix="dmod config show")
        return str(path)
    given = (environment.get(name, "") for name in ("PIP_CERT", "SSL_CERT_FILE"))
    return next((path for path in given if path and Path(path).is_file()), "")


def _one(made: Plan, name: str, project: Project, revision_: str, told: Told) -> Built:
    """Build one image; BuildError if it fails."""
    from python_on_whales import DockerClient
    from python_on_whales.exceptions import DockerException

    recipe, began = made.known[name], time.monotonic()
    steps = Steps(recipe.steps)
    with tempfile.TemporaryDirectory(prefix="dmod-build-") as folder:
        context, secrets = Path(folder) / "context", Path(folder)
        lay_out(recipe, made, context)
        ca = ca_bundle(project.config.build, project.root, os.environ)
        (secrets / "pip.conf").write_text(pip_settings(project.config.build, os.environ, ca))
        try:
            lines = DockerClient().buildx.build(
                context, tags=[made.reference(name), f"{PREFIX}{name}:latest"], load=True, progress="plain",
                labels=labels(recipe, made.tags[name], revision_), build_args=_arguments(os.environ), stream_logs=True,
                secrets=[f"id=pip,src={secrets / 'pip.conf'}", *([f"id=ca,src={ca}"] if ca else [])],
            )  # fmt: skip
            for line in lines:
                if steps.feed(line):
                    told(name, steps)
        except DockerException as error:
            raise failure(recipe, steps, made.known) from error
    return Built(name, made.reference(name), built=True, seconds=time.monotonic() - began)


def lay_out(recipe: Recipe, made: Plan, context: Path) -> None:
    """What the build sees: the recipe's files, its FROM lines with tags, the wheel; all as old as each other."""
    for name, path in recipe.files.items():
        copy = context / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    ours = {f"{PREFIX}{each}": made.reference(each) for each in recipe.needs}
    (context / DOCKERFILE).write_text(recipe.pinned(ours))
    if recipe.carries_dmod:
        (context / made.wheel[0]).write_bytes(made.wheel[1])
    for path in context.rglob("*"):
        os.utime(path, (wheel.EPOCH, wheel.EPOCH))


def labels(recipe: Recipe, tag: str, revision_: str) -> dict[str, str]:
    """What an image says of itself, in the words of the Open Container Initiative where it has any."""
    said = {
        "org.opencontainers.image.title": f"{PREFIX}{recipe.name}",
        "org.opencontainers.image.version": __version__,
        "org.opencontainers.image.revision": revision_,
        "org.opencontainers.image.licenses": "Apache-2.0",
        IMAGE: recipe.name,
        CONTENT: tag,
        MODULES: ", ".join(recipe.contents),
    }
    return {key: value for key, value in said.items() if value}


def _arguments(environment: Mapping[str, str]) -> dict[str, str]:
    """Proxies, which BuildKit keeps out of the image, and the date of what is made."""
    given = {name: environment.get(name) or environment.get(name.lower(), "") for name in _PROXIES}
    return {name: text for name, text in given.items() if text} | {"SOURCE_DATE_EPOCH": str(wheel.EPOCH)}
