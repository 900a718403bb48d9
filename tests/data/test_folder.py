"""FolderStore: what every store promises, and what a folder is beside."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod.data import transfer, workspace
from dmod.data.folder import FolderStore
from dmod.errors import ConflictError, DmodError, NotFoundError, UsageError

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package
from store_tests import StoreTests, csv

if TYPE_CHECKING:
    from dmod.data.store import Store

KILLED = """
import os, signal, sys
from pathlib import Path
from dmod.data import folder
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
setattr(folder, sys.argv[3], die)
folder.FolderStore(Path(sys.argv[1])).create("aorc", None, [Path(sys.argv[2])])
"""
HOLDS = """
import sys
from pathlib import Path
from dmod.data.workspace import Workspace
with Workspace(Path(sys.argv[1])) as new:
    (new / "half").write_text("x")
    print(new.name, flush=True)
    sys.stdin.readline()
"""


class TestFolderStore(StoreTests):
    """The promises, kept in a folder."""

    def open(self, place: Path) -> Store:
        return FolderStore(place)

    def damage(self, store):
        folder = store.path("aorc")
        (folder / "cat-1.csv").write_text((folder / "cat-1.csv").read_text().replace("0.5", "0.6", 1))
        (folder / "cat-2.csv").unlink()
        (folder / "new.csv").write_text("x")
        return [("cat-1.csv", "changed"), ("cat-2.csv", "missing"), ("new.csv", "extra")]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def hidden(store: FolderStore) -> list[str]:
    return sorted(path.name for path in store.root.iterdir() if path.name.startswith((".new", ".old")))


def test_a_folder_that_is_copied_to_another_store_is_registered_there(store, tmp_path):
    made = store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    shutil.copytree(store.root / "aorc", tmp_path / "other" / "aorc")
    other = FolderStore(tmp_path / "other")
    assert other.get("aorc") == made
    assert other.check("aorc") == []
    shutil.copytree(store.root / "aorc", tmp_path / "other" / "renamed")
    assert [dataset.name for dataset in other.list()] == ["aorc", "renamed"], "the folder's name counts"


def test_the_manifest_is_json_for_people(store, tmp_path):
    store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    manifest = json.loads((store.root / "aorc" / "dataset.json").read_text())
    assert manifest["domain"]["blocks"] == [
        {
            "features": ["cat-1"],
            "time": {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-01T23:00:00Z"},
            "variables": ["APCP_surface", "TMP_2maboveground"],
        }
    ]
    assert {file["path"] for file in manifest["files"]} == {"cat-1.csv"}
    assert (store.root / "aorc" / "data" / "cat-1.csv").is_file()


@pytest.mark.parametrize("moment", ["_write", "Dataset"])
def test_a_create_that_is_killed_leaves_nothing_to_see_and_the_next_one_sweeps(store, tmp_path, moment):
    file = csv(tmp_path, "cat-1", 1)
    killed = subprocess.run([sys.executable, "-c", KILLED, store.root, file, moment], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (store.names(), store.list()) == ([], [])
    assert hidden(store)
    store.create("aorc", None, [file])
    assert hidden(store) == []
    assert store.names() == ["aorc"]


def test_what_a_living_maker_has_is_not_swept(store, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, store.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as maker:
        name = maker.stdout.readline().strip()
        store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
        assert (store.root / name / "half").exists()
        maker.communicate("done\n")
    assert hidden(store) == []


def test_an_exchange_without_help_of_the_system_is_put_back_after_a_crash(store, tmp_path, monkeypatch):
    before = store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    monkeypatch.setattr(workspace, "_swap", lambda *_: False)  # as on a file system that cannot
    assert store.add("aorc", [csv(tmp_path, "cat-2", 1)]).domain.catchments == ("cat-1", "cat-2")
    assert hidden(store) == []
    (store.root / "aorc").rename(store.root / ".old-aorc")  # killed between two renames
    store.create("other", None, [csv(tmp_path, "cat-1", 1)])
    assert store.names() == ["aorc", "other"]
    assert store.get("aorc") != before


def test_readers_see_the_old_or_the_new_while_files_are_added(store, tmp_path):
    first = store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    with (store.path("aorc") / "cat-1.csv").open() as reading:
        store.add("aorc", [csv(tmp_path / "later", "cat-1", 2)], replace=True)
        assert "2015-12-01" in reading.read(), "who has it open reads on"
    assert store.get("aorc").digest != first.digest


def test_a_damaged_manifest_hides_no_other_dataset(store, tmp_path):
    store.create("good", None, [csv(tmp_path, "cat-1", 1)])
    shutil.copytree(store.root / "good", store.root / "bad")
    (store.root / "bad" / "dataset.json").write_text('{"name": ')
    told: list[DmodError] = []
    assert [dataset.name for dataset in store.list(told.append)] == ["good"]
    assert "bad/dataset.json is not JSON" in told[0].message
    with pytest.raises(UsageError, match="is not JSON"):
        store.get("bad")
    store.delete("bad")
    assert store.names() == ["good"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"files": [{"path": "../../secret", "size": 1, "sha256": ""}]}, "leads out of the dataset"),
        ({"files": [{"path": "/etc/passwd", "size": 1, "sha256": ""}]}, "leads out of the dataset"),
        ({"category": "weather"}, "weather"),
        ({"created": "long ago"}, "is not a time"),
        ({"domain": {}}, "there is no 'format'"),
        ({"domain": {"format": "aorc-csv", "blocks": [{"features": "cat-1"}]}}, "features are a list"),
        ({"files": None}, "NoneType"),
    ],
)
def test_a_manifest_that_lies_is_refused(store, tmp_path, change, why):
    store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    path = store.root / "aorc" / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UsageError, match=r"aorc/dataset\.json is not a manifest") as error:
        store.get("aorc")
    assert why in error.value.why


def test_a_manifest_of_a_later_version_is_told(store, tmp_path):
    store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    path = store.root / "aorc" / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"manifest": 9}))
    with pytest.raises(UsageError, match="is of version 9"):
        store.get("aorc")


def test_keys_of_others_in_a_manifest_are_kept(store, tmp_path):
    store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    path = store.root / "aorc" / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"licence": "CC0"}))
    store.add("aorc", [csv(tmp_path, "cat-2", 1)])
    assert json.loads(path.read_text())["licence"] == "CC0"


def test_a_folder_in_the_way_is_not_overwritten(store, tmp_path):
    (store.root / "aorc").mkdir(parents=True)
    (store.root / "aorc" / "mine.txt").touch()
    with pytest.raises(ConflictError, match="is in the way: it is no dataset"):
        store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    assert store.names() == []


def test_links_share_the_bytes_and_a_link_that_is_broken_is_found(store, tmp_path):
    file = csv(tmp_path, "cat-1", 1)
    assert store.create("linked", None, [file], link=True).linked
    assert (store.path("linked") / "cat-1.csv").samefile(file)
    there = store.path("linked") / "cat-1.csv"
    there.unlink()
    there.symlink_to(tmp_path / "gone.csv")
    assert "which is gone" in store.check("linked")[0].message


def test_a_file_that_is_written_meanwhile_is_told(store, tmp_path):
    file = csv(tmp_path, "cat-1", 1)

    def write_on(done: int, total: int, path: str) -> None:
        if not done and total and path:
            with file.open("a") as more:
                more.write("2015-12-02 00:00:00,0.5,280.0\n")

    with pytest.raises(UsageError, match=r"cat-1\.csv changed while it was read"):
        store.create("aorc", None, [file], report=write_on)
    assert store.names() == []


def test_a_full_disk_is_told_before_anything_is_copied(store, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DmodError, match="no room for") as error:
        store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])
    assert "data.folder" in error.value.fix
    assert (store.names(), hidden(store)) == ([], [])


def test_a_disk_that_fills_up_leaves_nothing_half_done(store, tmp_path):
    """A real limit on the size of files stands for a disk that is full."""
    import resource

    file = tmp_path / "large.bin"
    file.write_bytes(b"x" * 100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DmodError, match=r"large\.bin cannot be written to .*: file too large"):
            store.create("large", "config", [file], format="generic")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert (store.names(), hidden(store)) == ([], [])


def test_what_may_not_be_read_or_written_is_told(nobody):
    folder, being_nobody = nobody
    file = csv(folder, "cat-1", 1)
    store = FolderStore(folder / "store")
    store.create("first", None, [file])
    file.chmod(0)
    with being_nobody(), pytest.raises(UsageError, match="permission denied"):
        store.create("aorc", None, [file])
    file.chmod(0o644)
    (folder / "store").chmod(0o555)
    with being_nobody(), pytest.raises(DmodError, match="cannot be written: permission denied"):
        store.create("aorc", None, [file])


def test_a_root_that_is_a_file_is_told(tmp_path):
    (tmp_path / "store").touch()
    store = FolderStore(tmp_path / "store")
    assert store.names() == []
    with pytest.raises(DmodError, match="store cannot be written: file exists"):
        store.create("aorc", None, [csv(tmp_path, "cat-1", 1)])


def test_a_preview_tells_all_and_keeps_nothing(store, tmp_path):
    seen = store.preview("aorc", None, [csv(tmp_path, "cat-1", 1)])
    assert (seen.format, seen.domain.catchments, seen.size > 0) == ("aorc-csv", ("cat-1",), True)
    assert not store.root.exists()


def test_nobody_gets_out_of_the_store_by_a_name(store):
    for name in ("..", ".", "", "../here", "a/b", ".new-1", "a\0b"):
        with pytest.raises(NotFoundError):
            store.path(name)
