"""Outside: a project has one scheduler, in a container of the stack `main` or outside of any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.docker.services import services
from dmod.errors import ConflictError
from dmod.scheduler import lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.docker.stack import Stack
    from dmod.project import Project


def alone(project: Project, stacks: Sequence[Stack]) -> None:
    """Refuse to bring up a scheduler beside one that runs outside of containers. Raises ConflictError."""
    main = [stack for stack in stacks if stack.name == "main"]
    held = lock.holder(project.state) if main else None
    if held and not any(each.state == "running" for each in services(project, main)):
        raise ConflictError(
            f"the scheduler of this project runs already, pid {held['pid']}",
            why="there is one for each project, in a container or outside",
            fix="dmod scheduler stop; what runs goes on",
        )
