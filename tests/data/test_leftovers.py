"""What broken-off transfers leave in a bucket, and that clearing it harms nobody."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("minio", reason="pip install 'dmod[objects]'")

from typing import TYPE_CHECKING

from dmod.data.objects import bucket as bucket_
from dmod.data.objects.credentials import Credentials
from dmod.data.objects.journal import Journal
from dmod.data.objects.store import ObjectStore
from dmod.data.source import gather
from dmod.errors import UnreachableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20
GENERATION = "0123456789abcdef"


@pytest.fixture
def store(weed, tmp_path) -> ObjectStore:
    made = ObjectStore(weed.bucket(f"t-{os.urandom(6).hex()}"), tmp_path / "local")
    made.bucket.make()
    return made


@pytest.fixture
def files(tmp_path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "forcing.nc").write_bytes(os.urandom(40 * MIB))
    (folder / "note.txt").write_text("x")
    return folder


class Cut(bucket_.Bucket):
    """A bucket whose cable is pulled after some bytes."""

    def __init__(self, like: bucket_.Bucket, ends_at: int) -> None:
        self.__dict__.update(like.__dict__)
        self.left = ends_at

    def _put(self, key, data, headers, query):
        self.left -= len(data)
        if self.left < 0:
            raise UnreachableError("the object store does not answer")
        return super()._put(key, data, headers, query)


def broken_off(store: ObjectStore, files: Path) -> None:
    with pytest.raises(UnreachableError):
        ObjectStore(Cut(store.bucket, 20 * MIB), store.cache.root).create("aorc", "config", [files], format="generic")


def test_what_nobody_goes_on_with_is_cleared_and_what_is_newer_stays(store, files):
    broken_off(store, files)
    assert store.leftovers(3600) == []
    found = store.leftovers(0)
    assert any(each.upload and each.key.endswith("files/forcing.nc") for each in found)
    assert all(each.key.startswith("aorc/") for each in found)
    store.clear(found)
    assert (list(store.bucket.list("")), list(store.bucket.uploads()), store.leftovers(0)) == ([], [], [])


def test_an_upload_whose_parts_were_cleared_is_sent_whole_by_the_same_again(store, files):
    broken_off(store, files)
    store.clear(store.leftovers(0))
    with pytest.raises(UnreachableError, match="has lost parts of forcing") as error:
        store.create("aorc", "config", [files], format="generic")
    assert error.value.fix == "the same again"
    store.create("aorc", "config", [files], format="generic")
    assert store.check("aorc") == []


def test_what_a_transfer_of_this_machine_holds_is_no_leftover(store, files):
    with Journal(store.cache.root / ".uploads", store.bucket.place, "aorc", gather([files])) as journal:
        key = f"aorc/{journal.generation}/pack-00001.tar"
        store.bucket.put(key, b"x")
        upload = store.bucket.begin(f"aorc/{journal.generation}/files/forcing.nc")
        assert store.leftovers(0) == []
    assert {each.key for each in store.leftovers(0)} == {key, f"aorc/{journal.generation}/files/forcing.nc"}
    assert upload in {each.upload for each in store.leftovers(0)}


def test_datasets_and_what_others_keep_in_the_bucket_stay(store, files):
    store.create("aorc", "config", [files], format="generic")
    store.bucket.put("backup/of/somebody", b"x")
    other = store.bucket.begin("backup/of/something-large")
    store.bucket.put(f"aorc/{GENERATION}/pack-00001.tar", b"x")
    assert [each.key for each in store.leftovers(0)] == [f"aorc/{GENERATION}/pack-00001.tar"]
    store.clear(store.leftovers(0))
    assert store.check("aorc") == []
    assert store.bucket.has("backup/of/somebody")
    assert [each.upload for each in store.bucket.uploads()] == [other]


def test_nothing_of_a_dataset_whose_manifest_is_damaged_is_cleared(store, files):
    store.create("aorc", "config", [files], format="generic")
    store.bucket.put("aorc/dataset.json", b"{")
    assert store.leftovers(0) == []


@pytest.mark.parametrize("name", ["a", "Upper", "under_score", "a..b", "x" * 64, ""])
def test_a_name_that_no_bucket_can_have_is_a_mistake_of_dmod_toml(name):
    keys = Credentials("a", "b", "", "here")
    with pytest.raises(UsageError, match="is no name of a bucket"):
        bucket_.Bucket("127.0.0.1:1", name, keys, secure=False, region="us-east-1")
