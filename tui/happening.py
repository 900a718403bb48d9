"""Happening: an event as the dashboard shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and the name of its job."""

    id: int
    job: int
    task: int | None  # None: of the job itself
    name: str
    status: str
    time: datetime
    note: str

    @property
    def label(self) -> str:
        """How its job or task is named."""
        return str(self.job) if self.task is None else f"{self.job}/{self.task}"
