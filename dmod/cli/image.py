"""`dmod image`: build what stacks and jobs in containers are made of, look at it, send it to a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod import json_schema
from dmod.cli.output import Column, Progress, confirm, glyph, paint, relative_time, say, show_list, show_record, write
from dmod.cli.parser import group
from dmod.cli.settings import current, project
from dmod.cli.values import plain
from dmod.errors import UsageError
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.docker.build import Built
    from dmod.docker.failure import BuildError

app = group(
    "Images of the scheduler, the workers, the object store and the registry, each made by images/NAME/Dockerfile."
)

RECORD = json_schema.record(
    "a row of `dmod image list`",
    name=("string", "of its folder in images/"),
    state=("string", "ready, outdated (what it is made of has changed since) or missing"),
    reference=("string", "what Docker calls it; the tag is a digest of its content"),
    id=("string", 'sha256:...; "" if it is missing'),
    size=("integer", "bytes, with the images that it stands on"),
    created=("time|null", "when it was built"),
    version=("string", "of dmod when it was built"),
    revision=("string", "the commit that it was built from"),
    stands_on=("array", "images of its FROM lines"),
    containers=("array", "that are made of it"),
    images=("array", "that stand on it"),
    modules=("array", "compiled into it, each with its kind"),
)
_LOOKS = {"ready": ("ok", "green"), "outdated": ("warning", "yellow"), "missing": ("stopped", "dim")}
NAMES = Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="all, if none is named")]


def _state(state: str) -> str:
    like, color = _LOOKS[state]
    return paint(f"{glyph(like)} {state}", color)


def _size(size: int) -> str:
    return format_memory(size) if size else "-"


COLUMNS = (
    Column("name", "IMAGE"),
    Column("state", "STATE", show=_state),
    Column("reference", "REFERENCE"),
    Column("size", "SIZE", right=True, show=_size),
    Column("created", "BUILT", optional=1, show=relative_time),
    Column("version", "VERSION", optional=3, show=lambda text: text or "-"),
    Column("stands_on", "FROM", optional=2),
    Column("modules", "MODULES", optional=4, show=lambda names: ", ".join(names) or "-"),
)


@app.command()
def build(
    names: NAMES = None,
    variant: Annotated[str, typer.Option(metavar="NAME", help="[images.worker-NAME] of dmod.toml, for worker")] = "",
) -> None:
    """Build images, and those that they stand on; what is there with the same content is not built again.

    dmod image build
    dmod image build worker
    dmod image build worker --variant mine
    """
    from dmod.cli.image_progress import BuildProgress
    from dmod.docker.build import build as made
    from dmod.docker.failure import BuildError

    wanted = tuple(names or ())
    if variant:
        from dmod.docker.variant import name_of

        wanted = name_of(project(), wanted or ("worker",), variant)
    if current().dry_run:
        _foretold(wanted)
        return
    with BuildProgress() as bar:
        try:
            done = made(project(), wanted, bar.told)
        except BuildError as error:
            _tail(error)
            raise
    rows = [plain(each) for each in done]
    show_list(rows, (
        Column("name", "IMAGE"), Column("reference", "REFERENCE"), Column("built", "BUILT", show=_how(done)),
    ), name_key="reference")  # fmt: skip
    if not any(each.built for each in done):
        say("nothing has changed: no image was built")


def _how(done: list[Built]) -> Any:  # noqa: ANN401 - how a column shows its value
    """Of each in turn: unchanged, or how long it took."""
    spans = iter(
        [f"in {format_duration(max(each.seconds, 1), most=1)}" if each.built else "unchanged" for each in done]
    )
    return lambda _built: next(spans)


def _foretold(names: tuple[str, ...]) -> None:
    from dmod.docker.image import READY, images
    from dmod.docker.recipe import order
    from dmod.docker.variant import known

    states = {image.name: image for image in images(project(), names)}
    for wave in order(known(project(), names), names):
        for name in wave:
            if states[name].state != READY:
                write(f"would build {name}")


def _tail(error: BuildError) -> None:
    """The last lines of the step that failed."""
    for line in error.tail if not current().machine else ():
        say(paint(f"  | {line}", "dim"))


@app.command(name="list")
def list_() -> None:
    """List the images: which are ready, and which must be built.

    dmod image list
    """
    from dmod.docker.image import images

    show_list([plain(image) | {"created": image.created} for image in images(project())], COLUMNS)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Show an image: its layers with their sizes, what it was built from, and which containers are made of it.

    dmod image show worker
    """
    from dmod.docker.image import layers

    image, found = layers(project(), name)
    show_record(plain(image) | {"created": image.created, "layers": found}, table=_lines)


def _lines(record: Mapping[str, Any]) -> list[str]:
    """What `image show` says to people."""
    facts = {
        "id": record["id"],
        "size": _size(record["size"]),
        "built": relative_time(record["created"]),
        "version": f"{record['version']} {record['revision'][:12]}".strip(),
        "from": ", ".join(record["stands_on"]),
        "modules": ", ".join(record["modules"]),
        "used by": ", ".join([*record["containers"], *(f"image {each}" for each in record["images"])]) or "nothing",
    }
    lines = [f"{record['name']}  {_state(record['state'])}  {record['reference']}"]
    lines += [f"{label:<9}{text}" for label, text in facts.items() if text]
    room = 78 if current().output == "table" else None
    lines += [f"{_size(each['size']):>9}  {each['created_by'][:room]}" for each in record["layers"]]
    return lines


@app.command()
def delete(
    names: NAMES = None,
    unused: Annotated[bool, typer.Option("--unused", help="those of former contents that no container needs")] = False,
) -> None:
    """Delete images; one that a container is made of is kept.

    dmod image delete --unused
    dmod image delete worker --yes
    """
    from dmod.docker import image

    if bool(names) == unused:
        raise UsageError("name images to delete, or --unused", fix="dmod image delete --unused")
    found = image.disposable(project(), names or ())
    if not found:
        say("there is nothing to delete")
        return
    called = sorted(reference for references in found.values() for reference in references) or sorted(found)
    if current().dry_run:
        say(f"would delete {', '.join(called)}")
        return
    confirm(f"delete {', '.join(called)}?")
    free = image.delete(found)
    for reference in called:
        write(reference)
    say(f"{format_memory(free)} free again")


@app.command()
def push(
    names: NAMES = None,
    to: Annotated[str, typer.Option(metavar="REGISTRY", help="by default [build] registry of dmod.toml")] = "",
) -> None:
    """Send images to a registry, and say the digest of each; what is there already is not sent again.

    dmod image push worker
    dmod image push --to registry.example.org
    """
    from dmod.docker import image
    from dmod.docker.stack import own_registry

    registry = to or project().config.build.registry or own_registry(project())
    known = [] if names else [each for each in image.images(project()) if each.state == image.READY]
    wanted = names or [each.name for each in known]
    if current().dry_run:
        for name in wanted:
            say(f"would send {name} to {registry}")
        return
    known = known or image.images(project(), tuple(wanted))
    rows = []
    for name in wanted:
        with Progress(f"sending {name}") as bar:
            rows.append(image.push(project(), image.one(known, name), registry, bar.update))
    columns = (Column("name", "IMAGE"), Column("digest", "DIGEST"))
    show_list(rows, columns, name_key="digest", empty="no image is ready: dmod image build")
