"""Project: the folder that holds dmod.toml, and where its state, jobs and datasets lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dmod import layout
from dmod.errors import ConflictError, NotFoundError
from dmod.paths import shown

if TYPE_CHECKING:
    from dmod.config import Config

FILE = "dmod.toml"
_NAME = 'name = "dmod"'.ljust(30)  # as it stands in the example, with the room before its comment


class Project:
    """A folder with a dmod.toml, which is read when something in it is asked for.

    `dmod job list` asks for nothing in it: it saves a third of its time, and works beside a dmod.toml with a mistake.
    """

    __slots__ = ("_config", "root")

    def __init__(self, root: Path, config: Config | None = None) -> None:
        self.root = root  # absolute
        self._config = config  # None: not read yet

    @property
    def config(self) -> Config:
        """What dmod.toml says; UsageError names its mistakes."""
        if self._config is None:
            from dmod.config import Config

            self._config = Config.read(self.file)
        return self._config

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project of a folder: the nearest dmod.toml in it or above (the working directory by default)."""
        first = (start or Path.cwd()).absolute()
        if start and not first.is_dir():
            raise NotFoundError(f"there is no folder {shown(start)}", fix=f"dmod init {shown(start)}")
        for folder in (first, *first.parents):
            if (folder / FILE).is_file():
                return cls(folder)
        raise NotFoundError(
            f"no {FILE} in {first} or above",
            why="a project is the folder that holds one",
            fix=f"dmod init{f' {shown(start)}' if start else ''}",
        )

    @property
    def name(self) -> str:
        """What the project is called: `project.name`, or else its folder's name."""
        return self.config.project.name or self.root.name

    @property
    def file(self) -> Path:
        """dmod.toml."""
        return self.root / FILE

    @property
    def state(self) -> Path:
        """Where dmod keeps what it knows."""
        return self.root / layout.STATE

    @property
    def queue(self) -> Path:
        """The database of jobs."""
        return self.state / "queue.db"

    @property
    def jobs(self) -> Path:
        """Where jobs run, a folder each."""
        return self.state / "jobs"

    @property
    def datasets(self) -> Path:
        """Where datasets lie, a folder each."""
        return self.root / self.config.data.folder

    @property
    def cache(self) -> Path:
        """Where datasets of the object store lie that were fetched to this machine; on the same disk."""
        return self.datasets / ".cache"

    @property
    def authority(self) -> Path | None:
        """Certificates that clients trust beside the known ones; None if there are none."""
        given, own = self.config.tls.ca, self.state / "tls" / "ca.crt"
        if given:
            return self.root / Path(given).expanduser()
        return own if own.exists() else None

    def job_folder(self, identifier: int, task: int = 0) -> Path:
        """The folder of a job, or of one of the numbered tasks of an array."""
        return self.jobs / str(identifier) / str(task) if task else self.jobs / str(identifier)


def create(folder: Path, name: str = "") -> Project:
    """Make a folder a project: dmod.toml with comments, .dmod/, a line in .gitignore; ConflictError if it was one."""
    file = folder / FILE
    if file.exists():
        raise ConflictError(f"{shown(file)} exists: this is a project already", fix="dmod config check")
    try:
        (folder / layout.STATE).mkdir(parents=True, exist_ok=True)
        _ignore(folder / ".gitignore")
        named = f'name = "{_plain(name or folder.absolute().name)}"'
        text = template().replace(_NAME, f"{named:<{len(_NAME)}}", 1)
        part = file.with_name(f".{FILE}.{os.getpid()}")
        part.write_text(text)
        part.rename(file)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConflictError(f"{shown(folder)} cannot become a project: {reason}") from error
    return Project.find(folder)


def template() -> str:
    """dmod.toml with every key, its default and what it means."""
    package = Path(__file__).parent
    packed = package / "templates" / FILE
    return (packed if packed.exists() else package.parent / FILE).read_text()


def _ignore(file: Path) -> None:
    """Keep git away from what dmod keeps, once."""
    text = file.read_text() if file.exists() else ""
    if ".dmod/" in text.split():
        return
    with file.open("a") as lines:
        lines.write(f"{'' if not text or text.endswith(chr(10)) else chr(10)}.dmod/\n")


def _plain(name: str) -> str:
    """A folder's name as TOML text."""
    return "".join(letter for letter in name if letter.isprintable() and letter not in '"\\') or "project"
