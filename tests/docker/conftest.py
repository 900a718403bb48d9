"""Folders of modules as users have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dmod.config import Config
from dmod.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@pytest.fixture
def folder_of(tmp_path, monkeypatch) -> Callable[..., Path]:
    """A module's folder under the working directory: its module.toml, and files by their paths."""
    monkeypatch.chdir(tmp_path)

    def made(name: str, toml: str, files: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path / "modules" / name
        for file, text in {"module.toml": toml, **(files or {})}.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return made


@pytest.fixture
def project_of(tmp_path, monkeypatch) -> Callable[[str], Project]:
    """A project whose dmod.toml is this text."""
    monkeypatch.chdir(tmp_path)

    def made(text: str) -> Project:
        (tmp_path / "dmod.toml").write_text(text)
        return Project(tmp_path, Config.read(tmp_path / "dmod.toml", {}))

    return made
