"""Chosen: the image of a job, by the id under which the engine has it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.docker.client import address, is_local
from dmod.docker.container import Containers
from dmod.docker.image import READY, images, one
from dmod.docker.variant import names
from dmod.errors import NotFoundError, UnmetError, UsageError

if TYPE_CHECKING:
    from dmod.project import Project


def choose(project: Project, name: str) -> str:
    """The id of an image: one of images/, which must be as its folder says now, or any that the engine has.

    Raises UnreachableError without an engine, UsageError if that is another machine's, UnmetError without the image.
    """
    ours = names(project)
    if not is_local(address()):
        raise UsageError(
            f"the Docker Engine at {address()} is not this machine's",
            why="a job finds its folders where they lie here",
            fix="unset DOCKER_HOST, or docker context use default",
        )
    if name in ours:
        found = one(images(project, (name,)), name)
        if found.state != READY:
            why = "what it is made of has changed since" if found.id else "it has not been built"
            raise UnmetError(f"image {name} is {found.state}", why=why, fix=f"dmod image build {name}")
        return found.id
    try:
        return Containers().image(name)
    except NotFoundError as error:
        why = f"it is none of {', '.join(ours)}, and the engine has none of that name"
        raise UnmetError(f"there is no image {name}", why=why, fix=f"docker pull {name}, or dmod image list") from error
