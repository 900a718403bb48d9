"""Where a NAME or PATH on the command line leads: to a dataset of the project, or to what lies on disk."""

from __future__ import annotations

from pathlib import Path

from dmod.cli import settings
from dmod.errors import NotFoundError, UsageError
from dmod.paths import shown, there


def find(text: str, category: str) -> Path:
    """The path that is meant: with a slash or a dot in front it is a path, otherwise a dataset goes before a path.

    The object store is asked last, and what it has is fetched.

    Raises NotFoundError when there is neither.
    """
    path = Path(text).expanduser()
    if "/" not in text and not text.startswith("."):
        dataset = _dataset(text)
        if dataset is not None:
            return dataset
    if there(path):
        return path
    if dataset := _fetched(text):
        return dataset
    raise NotFoundError(
        f"no {category} {text}: neither a dataset nor a path", fix=f"dmod dataset list, or ls {shown(path.parent)}"
    )


def find_file(text: str, category: str, ending: str) -> Path:
    """The same where one file is wanted: of a folder or a dataset, the only one with that ending."""
    path = find(text, category)
    if path.is_file():
        return path
    files = sorted(path.glob(f"*{ending}"))
    if len(files) == 1:
        return files[0]
    many = f"{len(files)} files" if files else "no file"
    fix = f"give the file: {shown(files[0])}" if files else f"ls {shown(path)}"
    raise (UsageError if files else NotFoundError)(f"{shown(path)} holds {many} *{ending}", fix=fix)


def _dataset(name: str) -> Path | None:
    try:
        project = settings.project()
    except NotFoundError:
        return None  # outside a project everything is a path
    from dmod.data.folder import FolderStore

    store = FolderStore(project.datasets)
    return store.path(name) if name in store.names() else None


def _fetched(name: str) -> Path | None:
    """A dataset of the object store, fetched to this machine; None where it has none of the name."""
    from dmod.data.stores import Stores

    try:
        stores = Stores(settings.project())
    except NotFoundError:
        return None
    return stores.objects.path(name) if stores.shared and stores.objects.has(name) else None
