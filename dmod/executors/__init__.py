"""Executors: where workers run, each in a file of its own; EXECUTORS names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.executors.local import Local

if TYPE_CHECKING:
    from dmod.executors.executor import Executor

EXECUTORS: dict[str, type[Executor]] = {"local": Local}
