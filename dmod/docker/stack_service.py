"""Service: one part of a stack, as an engine or a Swarm has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dmod.docker.certificate import SOON

EXPIRES = "dmod.certificate.expires"  # a label


@dataclass(frozen=True, slots=True)
class Service:
    """A container of a stack, or the tasks of a Swarm that stand in its place."""

    stack: str
    service: str
    container: str  # its name; in a Swarm the service's
    state: str  # running, exited, restarting, ...
    health: str  # healthy, starting, unhealthy; "" if it does not run, or has no check
    image: str
    ports: tuple[str, ...]  # where it listens on this machine: `127.0.0.1:5000`
    restarts: int
    since: datetime | None  # it began
    error: str  # what it last failed of, or what its check last said; "" if nothing
    certificate: datetime | None = None  # when that ends which it shows; None without TLS
    node: str = ""  # of the Swarm; "" is this machine

    @property
    def word(self) -> str:
        """How it is: its health, or else its state."""
        return self.health or self.state

    @property
    def well(self) -> bool:
        """Whether it does what it should."""
        return self.word in {"healthy", "running"}

    @property
    def ending(self) -> bool:
        """Whether it shows a certificate that ends soon, or has ended."""
        return self.certificate is not None and self.certificate - datetime.now(UTC) < SOON
