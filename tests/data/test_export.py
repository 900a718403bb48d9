"""Export: files of a dataset, copied out and verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dmod.data.export import export
from dmod.data.folder import FolderStore
from dmod.errors import ConflictError, DmodError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """One dataset of four files."""
    here = tmp_path / "here"
    (here / "deep").mkdir(parents=True)
    for name in ("cat-1.txt", "cat-11.txt", "notes.md", "deep/a file"):
        (here / name).write_text(f"{name}\n")
    store = FolderStore(tmp_path / "store")
    store.create("files", "config", [here], format="generic")
    return store


def out(store: FolderStore, target: Path, *items: str) -> list[str]:
    placed = export(store.get("files"), store.path("files"), target, items)
    return [path.relative_to(target).as_posix() for path in placed]


def test_all_files_come_out_as_they_went_in(store, tmp_path):
    assert out(store, tmp_path / "new" / "place") == ["cat-1.txt", "cat-11.txt", "deep/a file", "notes.md"]
    assert (tmp_path / "new" / "place" / "deep" / "a file").read_text() == "deep/a file\n"


@pytest.mark.parametrize(
    ("items", "files"),
    [
        (("notes.md",), ["notes.md"]),
        (("cat-1*",), ["cat-1.txt", "cat-11.txt"]),
        (("cat-1.txt", "deep"), ["cat-1.txt", "deep/a file"]),
        (("deep/",), ["deep/a file"]),
    ],
)
def test_files_are_chosen_by_name_folder_or_pattern(store, tmp_path, items, files):
    assert out(store, tmp_path / "place", *items) == files


def test_an_item_that_fits_nothing_is_named_with_its_neighbour(store, tmp_path):
    with pytest.raises(NotFoundError, match=r'"files" has no file note\.md') as error:
        out(store, tmp_path / "place", "note.md")
    assert error.value.why == "the nearest is notes.md"
    assert not (tmp_path / "place").exists()


def test_what_is_there_already_stays_and_what_differs_is_never_overwritten(store, tmp_path):
    out(store, tmp_path / "place")
    assert len(out(store, tmp_path / "place")) == 4
    (tmp_path / "place" / "notes.md").write_text("my own")
    with pytest.raises(ConflictError, match=r"place has other files of that name: notes\.md"):
        out(store, tmp_path / "place")
    assert (tmp_path / "place" / "notes.md").read_text() == "my own"


def test_a_damaged_file_does_not_come_out(store, tmp_path):
    (store.path("files") / "notes.md").write_text("NOTES.md\n")
    with pytest.raises(DmodError, match=r'notes\.md of dataset "files" is damaged: its checksum'):
        out(store, tmp_path / "place", "notes.md")
    (store.path("files") / "notes.md").unlink()
    with pytest.raises(DmodError, match="is damaged: no such file"):
        out(store, tmp_path / "place", "notes.md")
    assert list((tmp_path / "place").iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(store, tmp_path):
    (tmp_path / "place").touch()
    with pytest.raises(DmodError, match="cannot be written: "):
        out(store, tmp_path / "place", "notes.md")
