"""Web: the dashboard in a browser on this machine, for whoever has its address: a token is part of it."""

from __future__ import annotations

import secrets
import shlex
import signal
import socket
import sys
from typing import TYPE_CHECKING

import aiohttp_jinja2
import jinja2
from aiohttp import web
from textual_serve.server import Server

from dmod.errors import UnreachableError
from dmod.executors import processes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 2.0  # seconds for visitors when the server ends
_ONLY_US = f"default-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' ws://{HOST}:*; frame-ancestors 'none'"


class Site(Server):  # type: ignore[misc] # it has no types
    """One address with a token; everything else is not there."""

    def __init__(self, command: str, title: str, port: int, token: str) -> None:
        super().__init__(command, HOST, port, title)
        self.token = token

    @property
    def address(self) -> str:
        """What to open."""
        return f"{self.public_url}/{self.token}/"

    async def _make_app(self) -> web.Application:
        """As the server of Textual does, but below the token, and for no other name of this machine."""
        app = web.Application(middlewares=[self._guard])
        aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(self.templates_path))
        app.add_routes(
            [
                web.get(f"/{self.token}/", self.handle_index, name="index"),
                web.get(f"/{self.token}/ws", self.handle_websocket, name="websocket"),
                web.get(f"/{self.token}/download/{{key}}", self.handle_download, name="download"),
                web.static(f"/{self.token}/static", self.statics_path, name="static"),
            ]
        )
        app.on_shutdown.append(self._end)
        return app

    @staticmethod
    async def _end(_app: web.Application) -> None:
        """End the dashboards of visitors, who may not have left: they are children of this process."""
        processes.send(processes.children(), signal.SIGTERM)

    @web.middleware  # type: ignore[untyped-decorator]
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """No other host name may lead here (DNS rebinding), and no other site learns the token."""
        if request.host != f"{HOST}:{self.port}":
            raise web.HTTPForbidden
        answer = await handler(request)
        if not answer.prepared:
            answer.headers["Referrer-Policy"] = "no-referrer"
            answer.headers["Content-Security-Policy"] = _ONLY_US
        return answer


def serve(root: Path, name: str, options: Sequence[str], port: int, say: Callable[[str], None]) -> None:
    """Serve until it is interrupted; `options`: of the dashboard that each visitor gets. UnreachableError."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()  # whoever is told the address may come at once
    except OSError as error:
        listening.close()
        raise UnreachableError(
            f"port {port} cannot be used: {error.strerror}", fix="dmod dashboard --web, which takes a free one"
        ) from error
    command = shlex.join([sys.executable, "-m", "dmod.cli", "-C", str(root), "dashboard", *options])
    site = Site(command, f"dmod {name}", listening.getsockname()[1], secrets.token_urlsafe(24))
    say(site.address)
    app = site._make_app()  # noqa: SLF001 - of our own class
    web.run_app(app, sock=listening, print=None, access_log=None, shutdown_timeout=PATIENCE)
