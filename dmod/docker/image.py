"""Images: which of ours the engine has, whether they are of the newest content, what uses them, and where they go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.docker.build import CONTENT, IMAGE, MODULES, Plan, plan
from dmod.docker.engine import engine
from dmod.docker.recipe import PREFIX, unknown
from dmod.errors import ConflictError, DmodError, NotFoundError, UnreachableError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from dmod.project import Project

READY, OUTDATED, MISSING = "ready", "outdated", "missing"


@dataclass(frozen=True, slots=True)
class Image:
    """An image of ours: as it should be, and as the engine has it."""

    name: str
    state: str  # ready, outdated (there is one, of other content), missing
    reference: str  # that it has, or would have
    id: str  # sha256:...; "" if it is missing
    size: int  # bytes, with the images that it stands on
    created: datetime | None
    version: str  # of dmod when it was built
    revision: str  # the commit that it was built from; "" outside of a checkout
    stands_on: tuple[str, ...]  # the images of its FROM lines
    containers: tuple[str, ...]  # that are made of it, running or not
    images: tuple[str, ...]  # that stand on it
    modules: tuple[str, ...]  # in it, each with its kind: `my_model (c)`


def images(project: Project, names: tuple[str, ...] = ()) -> list[Image]:
    """Every image that has a recipe, in the order of their names; of variants only what the named ones can need."""
    with engine() as client:
        made = plan(client, project, names)
        there, users = _ours(client), _users(client)
        return [_image(name, made, there, users) for name in sorted(made.known)]


def layers(project: Project, name: str) -> tuple[Image, list[dict[str, Any]]]:
    """An image and its layers, the newest first: size in bytes, and what made it; NotFoundError if it is missing."""
    found = one(images(project), name)
    if found.state == MISSING:
        raise NotFoundError(f"image {name} has not been built", fix=f"dmod image build {name}")
    with engine() as client:
        said = client.history(found.id)
    return found, [{"size": int(each["Size"]), "created_by": _instruction(each["CreatedBy"])} for each in said]


def one(known: Iterable[Image], name: str) -> Image:
    """The image of a name; NotFoundError with the nearest name if there is none."""
    by_name = {image.name: image for image in known}
    if name not in by_name:
        raise unknown(name, by_name)
    return by_name[name]


def disposable(project: Project, names: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """What may be deleted: ids with their references; all of the named images, or else what no longer is of use.

    Of no use is what a container neither is made of nor would be: an image of a recipe that has another content now.
    What no recipe of this project is called may be another project's: it goes only by its name.
    """
    wanted = set(names)
    with engine() as client:
        made = plan(client, project)
        ours, users = client.images(filters={"label": IMAGE}), _users(client)
        existing = {*made.known, *(said["Labels"][IMAGE] for said in ours)}
        for name in wanted - existing:
            raise unknown(name, sorted(existing))
        found = {}
        for said in ours:
            name, tag = said["Labels"][IMAGE], said["Labels"].get(CONTENT, "")
            current = made.tags.get(name) == tag
            former = name in made.known and not (current or users.get(said["Id"]))
            if name in wanted or (former and not wanted):
                _unused(name, users.get(said["Id"], ()))
                found[said["Id"]] = tuple(said["RepoTags"] or ())
    return found


def delete(identifiers: Iterable[str]) -> int:
    """Delete images by their ids, all their names at once; the bytes that became free."""
    with engine() as client:
        before = int(client.df()["LayersSize"] or 0)
        for identifier in identifiers:
            client.remove_image(identifier, force=True)
        return max(0, before - int(client.df()["LayersSize"] or 0))


def push(project: Project, found: Image, registry: str, told: Callable[[int, int, str], None]) -> dict[str, str]:
    """Send an image to a registry, what it has already is not sent again; its name there, and its digest.

    `told` hears bytes sent, bytes to send, and what is being done. Raises NotFoundError if it is not built,
    UnreachableError if no registry answers, DmodError if it wants a login.
    """
    name = found.name
    if found.state != READY:
        raise NotFoundError(f"image {name} is {found.state}", fix=f"dmod image build {name}")
    repository, tag = f"{registry}/{PREFIX}{name}", found.reference.rpartition(":")[2]
    parts: dict[str, tuple[int, int]] = {}
    digest = ""
    with engine() as client:
        client.tag(found.id, repository, tag)
        for said in client.push(repository, tag, stream=True, decode=True):
            if "error" in said:
                raise _refused(registry, str(said["error"]), project.authority)
            amount = said.get("progressDetail") or {}
            if said.get("id") and amount.get("total"):
                total = int(amount["total"])
                parts[said["id"]] = (min(int(amount.get("current", 0)), total), total)  # the engine counts headers too
            digest = (said.get("aux") or {}).get("Digest", digest)
            total = sum(each[1] for each in parts.values())  # bytes before they are packed
            told(min(total, sum(each[0] for each in parts.values())), total, said.get("status", ""))
    return {"name": name, "reference": f"{repository}:{tag}", "digest": f"{repository}@{digest}"}


def _image(
    name: str, made: Plan, there: Mapping[str, list[dict[str, Any]]], users: Mapping[str, tuple[str, ...]]
) -> Image:
    reference = made.reference(name)
    mine = sorted(
        there.get(name, []), key=lambda said: (said["Labels"].get(CONTENT) != made.tags[name], -said["Created"])
    )
    said: dict[str, Any] = mine[0] if mine else {"Id": "", "Size": 0, "Created": 0, "Labels": {}, "RepoTags": []}
    labels = said["Labels"]
    current = labels.get(CONTENT) == made.tags[name]
    old = next((tag for tag in said["RepoTags"] or () if tag.startswith(PREFIX)), said["Id"])
    return Image(
        name=name,
        state=READY if current else OUTDATED if mine else MISSING,
        reference=reference if current or not mine else old,
        id=said["Id"],
        size=int(said["Size"]),
        created=datetime.fromtimestamp(said["Created"], UTC) if mine else None,
        version=labels.get("org.opencontainers.image.version", ""),
        revision=labels.get("org.opencontainers.image.revision", ""),
        stands_on=made.known[name].sources,
        containers=users.get(said["Id"], ()),
        images=tuple(sorted(each for each, recipe in made.known.items() if name in recipe.needs)),
        modules=tuple(filter(None, labels.get(MODULES, "").split(", "))) if mine else made.known[name].contents,
    )


def _ours(client: Any) -> dict[str, list[dict[str, Any]]]:  # noqa: ANN401 - docker.APIClient
    """What the engine says of its images with our label, by the names of their recipes."""
    found: dict[str, list[dict[str, Any]]] = {}
    for said in client.images(filters={"label": IMAGE}):
        found.setdefault(said["Labels"][IMAGE], []).append(said)
    return found


def _users(client: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - docker.APIClient
    """The names of containers by the id of the image that they are made of."""
    found: dict[str, tuple[str, ...]] = {}
    for said in client.containers(all=True):
        name = said["Names"][0].removeprefix("/")
        found[said["ImageID"]] = (*found.get(said["ImageID"], ()), name)
    return found


def _unused(name: str, users: tuple[str, ...]) -> None:
    if users:
        raise ConflictError(
            f"image {name} is in use", why=f"containers are made of it: {', '.join(users)}",
            fix=f"dmod stack down, or docker rm -f {' '.join(users)}",
        )  # fmt: skip


def _instruction(text: str) -> str:
    """What made a layer, without what BuildKit writes around it."""
    plain = text.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").replace("RUN /bin/sh -c ", "RUN ", 1)
    return " ".join(plain.partition(" # buildkit")[0].split())


def _refused(registry: str, said: str, authority: Path | None) -> DmodError:
    if any(word in said for word in ("denied", "unauthorized", "no basic auth")):
        return DmodError(f"the registry {registry} wants a login", why=said, fix=f"docker login {registry}")
    if "unknown authority" in said:
        ca = shown(authority) if authority else "CA.crt"
        fix = f"sudo install -D -m 644 {ca} /etc/docker/certs.d/{registry}/ca.crt"
        return UnreachableError(f"the engine does not trust the registry {registry}", why=said, fix=fix)
    if "certificate is valid for" in said or "certificate is not valid for" in said:
        fix = "names in [tls] of dmod.toml, then dmod stack up registry"
        return UnreachableError(f"the certificate of the registry {registry} is of another name", why=said, fix=fix)
    if "server gave HTTP response to HTTPS client" in said:
        fix = f'add "{registry}" to insecure-registries in /etc/docker/daemon.json'
        return UnreachableError(f"the registry {registry} does not speak TLS", why=said, fix=fix)
    return UnreachableError(f"the registry {registry} does not take it", why=said, fix="dmod stack up registry")
