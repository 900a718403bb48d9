"""Stacks: services that come up together, from the folders `stacks/<name>`, and what their compose files are told."""

from __future__ import annotations

import os
import platform
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.docker.recipe import packaged
from dmod.errors import ConflictError, NotFoundError
from dmod.nearest import nearest
from dmod.paths import keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.docker.certificate import Certificate
    from dmod.project import Project

COMPOSE, TLS = "compose.yml", "tls.yml"  # the second is laid over the first, with tls.enabled
ORDER = ("registry", "object-store", "main")  # which comes up first; a project's own follow
_IMAGE = re.compile(r"^\s+image:\s*dmod/([\w-]+)", re.MULTILINE)
WILD = {"", "0.0.0.0", "::"}  # noqa: S104 - all addresses of a machine: is compared, not bound
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"  # labels that compose gives containers
_USER = 1000  # of our images
_PASSWORD = 32  # random bytes


@dataclass(frozen=True, slots=True)
class Stack:
    """A folder with a compose file."""

    name: str
    folder: Path

    @property
    def file(self) -> Path:
        """Its compose file."""
        return self.folder / COMPOSE

    def files(self, *, tls: bool) -> list[Path]:
        """Its compose file, and what is laid over it."""
        return [self.file, *(path for path in [self.folder / TLS] if tls and path.exists())]

    @property
    def images(self) -> tuple[str, ...]:
        """The names of our images in it."""
        return tuple(dict.fromkeys(_IMAGE.findall(self.file.read_text())))


def stacks(project: Project) -> dict[str, Stack]:
    """Every stack by its name, as they come up: dmod's own, and those of a project, which go before them."""
    found = {}
    for above in (packaged("stacks"), project.root / "stacks"):
        for file in sorted(above.glob(f"*/{COMPOSE}")):
            found[file.parent.name] = Stack(file.parent.name, file.parent)
    return dict(sorted(found.items(), key=lambda each: (each[0] not in ORDER, _place(each[0]))))


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def chosen(known: Mapping[str, Stack], names: Sequence[str]) -> list[Stack]:
    """The stacks of these names (none: all), in their order; NotFoundError for a name that is none."""
    for name in names:
        if name not in known:
            near = nearest(name, known)
            said = f"; did you mean {near}?" if near else ""
            raise NotFoundError(
                f"there is no stack {name}{said}", why=f"there are {', '.join(known)}", fix="dmod stack list"
            )
    return [stack for name, stack in known.items() if not names or name in names]


def deployment(project: Project) -> str:
    """What names of networks, containers and volumes begin with: `dmod-` and the project's name, as Docker takes it."""
    name = re.sub(r"[^a-z0-9]+", "-", project.name.lower()).strip("-")
    return f"dmod-{name or 'project'}"


def compose_name(project: Project, stack: str) -> str:
    """Compose's own name for a stack of a project."""
    return f"{deployment(project)}-{stack}"


def variables(project: Project, tags: Mapping[str, str], certificate: Certificate | None = None) -> dict[str, str]:
    """What the compose files are told."""
    settings, me = project.config.stacks, os.geteuid()
    owner = project.root.stat()
    told = {
        "DMOD_DEPLOYMENT": deployment(project),
        "DMOD_ROOT": str(project.root),
        "DMOD_DATASETS": str(project.datasets),
        "DMOD_SECRETS": str(secrets_folder(project)),
        "DMOD_USER": f"{me}:{os.getegid()}" if me else f"{_USER}:{_USER}",
        "DMOD_OWNER": f"{owner.st_uid}:{owner.st_gid}",
        "DMOD_HOSTNAME": platform.node() or "localhost",
        "DMOD_ADDRESS": settings.address,
        "DMOD_REGISTRY_PORT": str(settings.registry_port),
        "DMOD_OBJECT_STORE_PORT": str(settings.object_store_port),
        "DMOD_SCHEDULER_MEMORY": str(project.config.scheduler.memory),
        "DMOD_ENDPOINT": inner_endpoint(project),
    }
    if certificate:
        told |= {"DMOD_CERTIFICATE": certificate.digest, "DMOD_CERTIFICATE_EXPIRES": f"{certificate.expires:%FT%TZ}"}
    return told | {f"DMOD_TAG_{name.upper().replace('-', '_')}": tag for name, tag in tags.items()}


def inner_endpoint(project: Project) -> str:
    """Where services find the object store: what listens on this machine is another one's name in their network."""
    said, settings = project.config.object_store.endpoint, project.config.stacks
    host, _, port = said.rpartition(":")
    local = host in {settings.address, "localhost", "127.0.0.1"} and port == str(settings.object_store_port)
    return "object-store:8333" if local else said


def own_registry(project: Project, outside: str = "") -> str:
    """Where the registry of the project's own stack is reached, from this machine or by its address `outside`."""
    return f"{_host(project, outside)}:{project.config.stacks.registry_port}"


def own_objects(project: Project) -> str:
    """Where the object store of the project's own stack is reached from this machine."""
    return f"{_host(project, '')}:{project.config.stacks.object_store_port}"


def _host(project: Project, outside: str) -> str:
    address = project.config.stacks.address
    return (outside or "127.0.0.1") if address in WILD else address


def env_file(project: Project, stack: Stack, told: Mapping[str, str]) -> Path:
    """Write the variables of a stack where compose reads them, and say where that is."""
    path = project.state / "stacks" / f"{stack.name}.env"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}='{text}'" for name, text in told.items()]
    if odd := [text for text in told.values() if "'" in text or "\n" in text]:
        raise ConflictError(f"{odd[0]}: a compose file cannot be told a path with a quote", fix="rename the folder")
    keep(path, ("\n".join(lines) + "\n").encode())
    return path


def secrets_folder(project: Project) -> Path:
    """Where the passwords of services lie, which nobody but the user may read."""
    return project.state / "secrets"


def secret(file: Path) -> bool:
    """Make a secret, unless it is there: random, and for the user's eyes only; whether it was made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)  # the engine passes a file on by itself: a user of its number outside must not see it
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(fd, "w") as lines:
        lines.write("dmod" if file.name.endswith("-user") else secrets.token_urlsafe(_PASSWORD))
    owned(file)
    return True


def owned(file: Path) -> None:
    """Give a secret to the user of services, which do not run as root, not even for root."""
    if os.geteuid() == 0:
        os.chown(file, _USER, _USER)
