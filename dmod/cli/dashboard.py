"""`dmod dashboard`: everything there is, live, in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from dmod.cli import dashboard_open


def command(  # noqa: PLR0913, PLR0917 - options
    screen: Annotated[
        str, typer.Option(help="jobs, data, stacks, images, nodes or events; by default where it was left")
    ] = "",
    filter: Annotated[  # noqa: A002 - as in the dashboard
        str, typer.Option(help="of the jobs: state:failed, kind:simulation, 40-45, 'vpu*'")
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="nothing can be changed")] = False,
    fps: Annotated[float, typer.Option(help="looks at the queue a second; 2 over a slow line", min=0.2, max=30)] = 5,
    theme: Annotated[str, typer.Option(help="dmod-dark, dmod-light, or one of Textual's; ctrl+p shows them")] = "",
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="leave the mouse to the terminal")] = False,
    web: Annotated[bool, typer.Option("--web", help="in a browser of this machine, read-only")] = False,
    allow_changes: Annotated[bool, typer.Option("--allow-changes", help="with --web: not read-only")] = False,
    port: Annotated[int, typer.Option(help="with --web; 0: a free one", min=0, max=65535)] = 0,
) -> None:
    """Show jobs, data, stacks, images, nodes and events, live, to move around in: ? shows the keys, q leaves.

    dmod dashboard
    dmod dashboard --filter state:failed --read-only
    dmod dashboard --web
    """
    dashboard_open.show(screen, filter, read_only, fps, theme, no_mouse, web, allow_changes, port)
