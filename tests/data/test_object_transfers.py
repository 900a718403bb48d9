"""Transfers to and from an object store that do not go as they should: nothing is lost, and they go on."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from dmod.errors import ConflictError, DmodError, PartialError, UnreachableError, UsageError

pytest.importorskip("minio", reason="pip install 'dmod[objects]'")

from dmod.data.objects import bucket as bucket_
from dmod.data.objects import download, placement, upload
from dmod.data.objects.credentials import Credentials
from dmod.data.objects.store import ObjectStore
from dmod.data.source import Entry

MIB = 1 << 20


@pytest.fixture
def store(weed, tmp_path) -> ObjectStore:
    return ObjectStore(weed.bucket(f"t-{os.urandom(6).hex()}"), tmp_path / "local")


@pytest.fixture
def files(tmp_path) -> Path:
    """A large file of several parts, and small ones."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "forcing.nc").write_bytes(os.urandom(70 * MIB + 17))
    for number in range(30):
        (folder / f"cat-{number}.csv").write_bytes(os.urandom(20_000))
    (folder / "empty").touch()
    return folder


class Counting(bucket_.Bucket):
    """A bucket that counts what goes over the wire, and may be told to fail."""

    def __init__(self, like: bucket_.Bucket) -> None:
        self.__dict__.update(like.__dict__)
        self.sent = self.got = 0
        self.ends_at = 1 << 60  # bytes after which the cable is pulled
        self._lock = threading.Lock()

    def _put(self, key, data, headers, query):
        with self._lock:
            if self.sent >= self.ends_at:
                raise UnreachableError("the object store does not answer")
            self.sent += len(data)
        return super()._put(key, data, headers, query)

    def fetch(self, key, start=0, length=None):
        with self._lock:
            if self.got >= self.ends_at:
                raise UnreachableError("the object store does not answer")
        found = super().fetch(key, start, length)
        with self._lock:
            self.got += len(found[0])
        return found


def counting(store: ObjectStore, ends_at: int = 1 << 60) -> tuple[ObjectStore, Counting]:
    wire = Counting(store.bucket)
    wire.ends_at = ends_at
    return ObjectStore(wire, store.cache.root), wire


def same(one: Path, other: Path) -> bool:
    paths = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    seen = sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    return paths == seen and all((one / path).read_bytes() == (other / path).read_bytes() for path in paths)


def test_an_upload_that_was_cut_off_goes_on_and_is_not_seen_before_its_end(store, files):
    broken, first = counting(store, 40 * MIB)
    with pytest.raises(UnreachableError, match="does not answer") as error:
        broken.create("aorc", "config", [files], format="generic")
    assert "the same again sends the rest" in error.value.why
    assert (store.names(), store.list()) == ([], [])
    whole, second = counting(store)
    made = whole.create("aorc", "config", [files], format="generic")
    assert first.sent >= 40 * MIB
    assert second.sent < made.size - first.sent + 6 * upload.PART
    assert second.sent < made.size - 16 * MIB
    assert store.check("aorc") == []
    assert same(files, store.path("aorc"))
    assert list((store.cache.root / ".uploads").iterdir()) == []


def test_a_file_that_changed_since_is_sent_anew(store, files):
    broken, _ = counting(store, 40 * MIB)
    with pytest.raises(UnreachableError):
        broken.create("aorc", "config", [files], format="generic")
    (files / "forcing.nc").write_bytes(os.urandom(70 * MIB + 17))
    store.create("aorc", "config", [files], format="generic")
    assert same(files, store.path("aorc"))


def test_a_download_that_was_cut_off_goes_on(store, files):
    made = store.create("aorc", "config", [files], format="generic")
    broken, _ = counting(store, 40 * MIB)
    with pytest.raises(UnreachableError, match="does not answer") as error:
        broken.path("aorc")
    assert "the same again fetches the rest" in error.value.why
    whole, wire = counting(store)
    assert same(files, whole.path("aorc"))
    assert wire.got < made.size - 16 * MIB
    again, wire = counting(store)
    assert same(files, again.path("aorc"))
    assert wire.got < MIB, "only the manifest is asked for when it is here"


def test_what_an_earlier_attempt_left_damaged_is_found_and_fetched_anew(store, files):
    store.create("aorc", "config", [files], format="generic")
    broken, _ = counting(store, 40 * MIB)
    with pytest.raises(UnreachableError):
        broken.path("aorc")
    (part,) = store.cache.root.rglob("*.part")
    with part.open("r+b") as file:
        file.seek(100)
        file.write(b"flipped")
    with pytest.raises(DmodError, match="what an earlier attempt had left is deleted"):
        store.path("aorc")
    assert same(files, store.path("aorc"))


def test_a_store_that_is_killed_in_mid_transfer_has_lost_nothing_when_it_is_back(weed, store, files):
    def pull(done: int, total: int, _: str) -> None:
        if done > total // 3 and weed.process is not None:
            weed.kill()

    bucket_._ATTEMPTS, before = 2, bucket_._ATTEMPTS
    try:
        with pytest.raises(UnreachableError, match="does not answer") as error:
            store.create("aorc", "config", [files], format="generic", report=pull)
        with pytest.raises(UnreachableError, match="does not answer"):
            store.list()
    finally:
        bucket_._ATTEMPTS = before
        weed.start()
    assert error.value.exit_code == 5
    assert "run" in error.value.fix
    assert store.names() == []
    store.create("aorc", "config", [files], format="generic")
    assert store.check("aorc") == []
    assert same(files, store.path("aorc"))


def test_two_that_fetch_the_same_at_once_fetch_it_once(store, files):
    made = store.create("aorc", "config", [files], format="generic")
    wire = Counting(store.bucket)
    stores = [ObjectStore(wire, store.cache.root) for _ in range(4)]
    found: list[Path] = []
    threads = [threading.Thread(target=lambda each=each: found.append(each.path("aorc"))) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert made.size <= wire.got < made.size + 2 * MIB


def test_writers_of_the_same_files_under_one_name_do_not_mix(store, files):
    """Both send at once, one below the journal, the other below a name of its own; the loser leaves nothing."""
    outcomes: list[str] = []
    line_up = threading.Barrier(3)

    def write() -> None:
        line_up.wait()
        try:
            outcomes.append(store.create("aorc", "config", [files], format="generic").digest)
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("conflict") == 2
    assert store.check("aorc") == []
    assert len({each.key.split("/")[1] for each in store.bucket.list("aorc/")} - {"dataset.json"}) == 1


def test_of_two_that_add_at_once_one_is_told_to_try_again(store, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(str(number))
    store.create("notes", "config", [tmp_path / "0.txt"], format="generic")
    other = ObjectStore(store.bucket, tmp_path / "elsewhere")
    read = store.manifests.get

    def late(name):
        """Another machine adds a file between our look at the manifest and our change."""
        kept = read(name)
        store.manifests.get = read
        other.add("notes", [tmp_path / "1.txt"])
        return kept

    store.manifests.get = late
    with pytest.raises(ConflictError, match="changed by another meanwhile"):
        store.add("notes", [tmp_path / "2.txt"])
    assert [file.path for file in store.get("notes").files] == ["0.txt", "1.txt"]
    assert store.check("notes") == []
    store.add("notes", [tmp_path / "2.txt"])
    assert [file.path for file in store.get("notes").files] == ["0.txt", "1.txt", "2.txt"]


def test_another_machine_sees_all_from_the_bucket_alone(store, files, tmp_path):
    made = store.create("aorc", "config", [files], format="generic", description="seventy MiB")
    there = ObjectStore(store.bucket, tmp_path / "another-machine")
    assert there.list() == [made]
    assert same(files, there.path("aorc"))


def test_small_files_lie_in_an_archive_that_any_tar_reads(store, files, tmp_path):
    store.create("aorc", "config", [files], format="generic")
    (key,) = [each.key for each in store.bucket.list("aorc/") if each.key.endswith(".tar")]
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-x", "-C", str(tmp_path / "out")], input=store.bucket.get(key), check=True)
    (tmp_path / "out" / "forcing.nc").write_bytes((files / "forcing.nc").read_bytes())
    assert same(files, tmp_path / "out")


def test_a_part_of_a_dataset_costs_a_part_of_it(store, files, tmp_path):
    store.create("aorc", "config", [files], format="generic")
    some, wire = counting(store)
    wanted = [file for file in store.get("aorc").files if file.path in ("cat-3.csv", "empty")]
    placed = some.export("aorc", tmp_path / "out", wanted)
    assert [path.name for path in placed] == ["cat-3.csv", "empty"]
    assert (tmp_path / "out" / "cat-3.csv").read_bytes() == (files / "cat-3.csv").read_bytes()
    assert wire.got < 300_000


@pytest.mark.parametrize("path", ["../out.txt", "/etc/out.txt", "a/../../out.txt", ""])
def test_a_manifest_whose_paths_lead_out_of_their_folder_is_refused(store, tmp_path, path):
    (tmp_path / "note.txt").write_text("x")
    store.create("notes", "config", [tmp_path / "note.txt"], format="generic")
    text, etag = store.manifests.read("notes")
    store.bucket.put("notes/dataset.json", text.replace(b'"note.txt"', f'"{path}"'.encode()), over=etag)
    with pytest.raises(UsageError, match=r"is not a manifest|does not say"):
        store.path("notes")
    assert store.list() == []
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("key", ["../other/dataset.json", "0123456789abcdef/../x", "dataset.json"])
def test_a_manifest_whose_keys_lead_to_other_datasets_is_refused(store, tmp_path, key):
    (tmp_path / "note.txt").write_text("x")
    store.create("notes", "config", [tmp_path / "note.txt"], format="generic")
    text, etag = store.manifests.read("notes")
    own = store.manifests.get("notes").placed[0].key
    store.bucket.put("notes/dataset.json", text.replace(own.encode(), key.encode()), over=etag)
    with pytest.raises(UsageError, match="does not say where its files lie"):
        store.get("notes")
    store.delete("notes")
    assert store.names() == []


def test_a_link_in_the_target_does_not_lead_files_out_of_it(store, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "note.txt").write_text("x")
    store.create("notes", "config", [tmp_path / "in"], format="generic")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DmodError, match="leads out of"):
        store.export("notes", tmp_path / "out", store.get("notes").files)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_wrong_credentials_are_named_by_where_they_come_from_and_never_shown(weed, tmp_path):
    wrong = Credentials(weed_key(), "not-the-secret-at-all", "", ".dmod/secrets/object-store.toml")
    store = ObjectStore(weed.bucket("dmod", wrong), tmp_path)
    for call in (store.list, store.names, lambda: store.get("aorc"), lambda: store.delete("aorc")):
        with pytest.raises(UnreachableError, match=r"refuses the credentials of \.dmod/secrets") as error:
            call()
        assert error.value.exit_code == 5
        said = "\n".join([*error.value.lines(), repr(error.value), repr(wrong), str(wrong)])
        assert "not-the-secret" not in said
        assert "X-Amz" not in said
    assert "the secret key is not that of the access key" in error.value.why


def weed_key() -> str:
    import weed

    return weed.KEYS.access_key


def test_a_store_that_is_not_there_is_an_answer_within_seconds(tmp_path):
    import time

    began = time.monotonic()
    keys = Credentials("a", "b", "", "here")
    store = ObjectStore(bucket_.Bucket("127.0.0.1:1", "dmod", keys, secure=False, region="us-east-1"), tmp_path)
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1 does not answer") as error:
        store.list()
    assert time.monotonic() - began < 10
    assert "refused" in error.value.why


def test_a_disk_that_is_too_small_is_seen_before_and_one_that_fills_up_keeps_what_is_here(store, files, monkeypatch):
    store.create("aorc", "config", [files], format="generic")
    monkeypatch.setattr(download, "_free", lambda _: MIB)
    with pytest.raises(UnreachableError, match="no room for") as error:
        store.path("aorc")
    assert "nothing was fetched" in error.value.why
    monkeypatch.undo()

    import errno

    written = os.pwrite
    left = [30 * MIB]

    def fills(handle: int, data: bytes, at: int) -> int:
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(handle, data, at)

    monkeypatch.setattr(os, "pwrite", fills)
    with pytest.raises(PartialError, match="no space left") as partial:
        store.path("aorc")
    assert partial.value.exit_code == 8
    assert "are here" in partial.value.why
    assert "make room" in partial.value.fix
    monkeypatch.undo()
    assert same(files, store.path("aorc"))


def test_a_damaged_object_is_never_given_out(store, files):
    store.create("aorc", "config", [files], format="generic")
    (key,) = [each.key for each in store.bucket.list("aorc/") if each.key.endswith(".tar")]
    data = bytearray(store.bucket.get(key))
    data[5000] ^= 1
    store.bucket.put(key, bytes(data))
    with pytest.raises(DmodError, match="is damaged in the object store"):
        store.path("aorc")
    assert store.cache.names() == []
    (problem,) = store.check("aorc")
    assert problem.fault == "changed"


def test_a_dataset_that_is_deleted_leaves_no_objects_and_no_copy_here(store, files):
    store.create("aorc", "config", [files], format="generic")
    store.path("aorc")
    store.delete("aorc")
    assert list(store.bucket.list("aorc/")) == []
    assert store.cache.names() == []


def test_files_that_replace_others_leave_nothing_of_them(store, tmp_path):
    (tmp_path / "note.txt").write_text("old")
    store.create("notes", "config", [tmp_path / "note.txt"], format="generic")
    (tmp_path / "note.txt").write_text("new")
    store.add("notes", [tmp_path / "note.txt"], replace=True)
    assert len(list(store.bucket.list("notes/"))) == 2
    assert (store.path("notes") / "note.txt").read_text() == "new"


def entries(sizes: list[int]) -> list[Entry]:
    return [Entry(f"f{number}", Path(f"f{number}"), size, 0) for number, size in enumerate(sizes)]


def test_small_files_share_objects_of_some_mib_and_large_ones_do_not():
    lots = list(placement.lots(entries([20_000] * 1000 + [5 * MIB, 1])))
    assert [lot.key for lot in lots] == ["pack-00001.tar", "pack-00002.tar", "files/f1000", "pack-00003.tar"]
    assert [len(lot.entries) for lot in lots] == [420, 420, 1, 161]
    assert all(sum(each.size for each in lot.entries) <= 8 * MIB + 20_000 for lot in lots)


def test_what_a_killed_attempt_had_begun_to_write_is_no_file_of_the_dataset(store, files):
    made = store.create("aorc", "config", [files], format="generic")
    growing = store.cache.root / ".parts" / f"aorc-{made.digest[:16]}"
    growing.mkdir(parents=True)
    (growing / ".cat-3.csv.4711.new").write_bytes(b"half")
    assert same(files, store.path("aorc"))
    assert store.cache.check("aorc") == []


def test_an_upload_needs_no_journal_to_be_whole(store, files, tmp_path):
    """The disk of this machine may be full or read-only: only going on is not possible then."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / ".uploads").write_text("in the way of the folder")
    store.create("aorc", "config", [files], format="generic")
    assert store.check("aorc") == []


def test_a_dataset_of_links_moves_as_its_files(store, files, tmp_path):
    from dmod.data.folder import FolderStore
    from dmod.data.source import gather

    folder = FolderStore(tmp_path / "folder")
    linked = folder.create("aorc", "config", [files], format="generic", link=True)
    made = store.keep(linked, gather([folder.path("aorc")]))
    assert (linked.linked, made.linked, made.digest) == (True, False, linked.digest)
