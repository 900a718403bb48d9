"""`dmod dataset` over the folder and the object store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("minio", reason="pip install 'dmod[objects]'")

from dmod.cli import settings
from dmod.data.objects import bucket


@pytest.fixture
def keys() -> Path:
    """The file of the secrets, in a project."""
    file = Path(".dmod/secrets/object-store.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    return file


@pytest.fixture
def project(dmod, tmp_path, weed, monkeypatch) -> Path:
    """A project with an object store, and a file to keep."""
    import weed as weed_

    dmod("init", "--yes")
    keys = f'endpoint = "{weed.endpoint}"\nbucket = "t-{os.urandom(6).hex()}"\nsecure = false\n'
    file = Path("dmod.toml")
    head, table, rest = file.read_text().partition("[object_store]")
    file.write_text(f"{head}{table}\n{keys}{rest.partition(chr(10))[2]}")
    monkeypatch.setenv("DMOD_OBJECT_STORE_ACCESS_KEY", weed_.KEYS.access_key)
    monkeypatch.setenv("DMOD_OBJECT_STORE_SECRET_KEY", weed_.KEYS.secret_key)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.txt").write_text("one")
    (tmp_path / "notes" / "two.txt").write_text("two, and more")
    settings.use(settings.Settings())
    return tmp_path


@pytest.mark.usefixtures("project")
class TestBothStores:
    """A project that has an object store."""

    def test_a_dataset_moves_there_and_back(self, dmod):
        made = dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "notes", "-o", "json")
        assert made.json["store"] == "folder"
        assert dmod("dataset", "move", "notes", "--to", "object-store", "--dry-run").err == (
            "would move notes to the object-store\n"
        )
        assert dmod("dataset", "show", "notes", "-o", "json").json["store"] == "folder"
        moved = dmod("dataset", "move", "notes", "--to", "object-store")
        assert (moved.code, moved.err) == (0, "moved notes to the object-store: 2 files\n")
        assert not Path(".dmod/datasets/notes").exists()
        there = dmod("dataset", "show", "notes", "-o", "json").json
        assert there == {**made.json, "store": "object-store"}
        assert dmod("dataset", "list", "-o", "json").json[0]["store"] == "object-store"
        assert "object-store" in dmod("dataset", "list").lines[1]
        assert "store     object-store" in dmod("dataset", "show", "notes").out
        assert (
            dmod("dataset", "move", "notes", "--to", "object-store").err == "notes lies in the object-store already\n"
        )
        back = dmod("dataset", "move", "notes", "--to", "folder")
        assert (back.code, back.err) == (0, "moved notes to the folder: 2 files\n")
        assert dmod("dataset", "show", "notes", "-o", "json").json == made.json
        assert (Path(".dmod/datasets/notes/data/one.txt")).read_text() == "one"
        assert dmod("dataset", "check").code == 0

    def test_a_dataset_lives_there_from_the_start(self, dmod):
        made = dmod(
            "dataset", "create", "notes", "--format", "generic", "--category", "config", "notes",
            "--store", "object-store", "-o", "json",
        )  # fmt: skip
        assert made.json["store"] == "object-store"
        Path("three.txt").write_text("3")
        assert dmod("dataset", "add", "notes", "three.txt", "-o", "json").json["store"] == "object-store"
        got = dmod("dataset", "get", "notes", "t*", "--to", "here")
        assert (got.code, got.out) == (0, "here: 2 files, 14B\n")
        assert Path("here/two.txt").read_text() == "two, and more"
        Path("here/two.txt").write_text("mine")
        assert dmod("dataset", "get", "notes", "two.txt", "--to", "here").code == 4
        assert Path("here/two.txt").read_text() == "mine"
        assert dmod("dataset", "check", "notes").code == 0
        assert dmod("dataset", "delete", "notes", "--yes").code == 0
        assert dmod("dataset", "list", "-o", "name").out == ""
        gone = dmod("dataset", "show", "notes")
        assert (gone.code, 'there is no dataset "notes"' in gone.err) == (3, True)

    def test_a_move_that_was_killed_before_it_forgot_the_old_place_goes_on(self, dmod, monkeypatch):
        from dmod.data.folder import FolderStore

        dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "notes")
        with monkeypatch.context() as killed:
            killed.setattr(FolderStore, "delete", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            assert dmod("dataset", "move", "notes", "--to", "object-store").code == 130
        rows = dmod("dataset", "list", "-o", "json").json
        assert [row["store"] for row in rows] == ["folder", "object-store"]
        assert dmod("dataset", "move", "notes", "--to", "object-store").code == 0
        assert [row["store"] for row in dmod("dataset", "list", "-o", "json").json] == ["object-store"]

    def test_two_datasets_of_one_name_are_not_moved_over_each_other(self, dmod):
        for store, file in (("folder", "one.txt"), ("object-store", "two.txt")):
            dmod(
                "dataset", "create", "notes", "--category", "config", "--format", "generic", f"notes/{file}",
                "--store", store,
            )  # fmt: skip
        for store in ("object-store", "folder"):
            refused = dmod("dataset", "move", "notes", "--to", store)
            assert (refused.code, 'there is a dataset "notes" already' in refused.err) == (4, True)
        rows = dmod("dataset", "list", "-o", "json").json
        assert [(row["store"], row["size"]) for row in rows] == [("folder", 3), ("object-store", 13)]

    def test_a_damaged_file_does_not_move(self, dmod):
        dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "notes")
        Path(".dmod/datasets/notes/data/one.txt").write_text("eno")
        moved = dmod("dataset", "move", "notes", "--to", "object-store")
        assert (moved.code, "one.txt of dataset" in moved.err, "dmod dataset check notes" in moved.err) == (
            1,
            True,
            True,
        )
        assert [row["store"] for row in dmod("dataset", "list", "-o", "json").json] == ["folder"]

    def test_wrong_keys_are_an_error_of_five_and_the_folder_is_listed_all_the_same(self, dmod, monkeypatch, keys):
        dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "notes")
        monkeypatch.delenv("DMOD_OBJECT_STORE_ACCESS_KEY")
        keys.write_text('access_key = "nobody"\nsecret_key = "hidden-from-all"\n')
        moved = dmod("dataset", "move", "notes", "--to", "object-store", "-v")
        assert moved.code == 5
        assert "refuses the credentials of .dmod/secrets/object-store.toml" in moved.err
        listed = dmod("dataset", "list")
        assert (listed.code, listed.lines[1].split()[0]) == (8, "notes")
        assert "those of the object store are not listed" in listed.err
        assert "hidden-from-all" not in moved.err + listed.err + moved.out + listed.out
        assert dmod("dataset", "show", "notes").code == 0, "what the folder has needs no object store"

    def test_a_store_that_is_down_is_said_and_nothing_is_lost(self, dmod, monkeypatch):
        dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "notes")
        monkeypatch.setattr(bucket, "_ATTEMPTS", 1)
        monkeypatch.setenv("DMOD_OBJECT_STORE_ENDPOINT", "127.0.0.1:1")
        moved = dmod("dataset", "move", "notes", "--to", "object-store")
        assert (moved.code, "127.0.0.1:1 does not answer" in moved.err) == (5, True)
        assert dmod("dataset", "list").code == 8
        assert dmod("dataset", "show", "other").code == 5
        assert dmod("dataset", "check", "notes").code == 0

    def test_keys_that_others_may_read_are_refused(self, dmod, monkeypatch, keys):
        monkeypatch.delenv("DMOD_OBJECT_STORE_ACCESS_KEY")
        keys.write_text('access_key = "a"\nsecret_key = "b"\n')
        keys.chmod(0o640)
        said = dmod("dataset", "show", "other")
        assert (said.code, "chmod 600 .dmod/secrets/object-store.toml" in said.err) == (2, True)

    def test_a_store_that_is_none_is_named(self, dmod):
        dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "notes")
        refused = dmod("dataset", "move", "notes", "--to", "nowhere")
        assert (refused.code, "folder or object-store" in refused.err) == (2, True)
        assert dmod("dataset", "move", "notes").code == 2


def test_without_an_object_store_a_move_says_how_to_name_one(dmod):
    dmod("init", "--yes")
    Path("note.txt").write_text("x")
    dmod("dataset", "create", "notes", "--category", "config", "--format", "generic", "note.txt")
    said = dmod("dataset", "move", "notes", "--to", "object-store")
    assert (said.code, "[object_store]" in said.err) == (2, True)


def test_without_keys_the_error_says_where_they_belong(dmod, monkeypatch):
    dmod("init", "--yes")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DMOD_OBJECT_STORE_ENDPOINT", "127.0.0.1:1")
    said = dmod("dataset", "show", "other")
    assert (said.code, ".dmod/secrets/object-store.toml" in said.err) == (2, True)


def test_the_doctor_asks_the_object_store(dmod, project, monkeypatch):  # noqa: ARG001 - with an object store
    found = {row["name"]: row for row in dmod("doctor", "-o", "json").json}
    assert (found["objects"]["status"], ": 0 datasets" in found["objects"]["detail"]) == ("ok", True)
    monkeypatch.setattr(bucket, "_ATTEMPTS", 1)
    monkeypatch.setenv("DMOD_OBJECT_STORE_ENDPOINT", "127.0.0.1:1")
    found = {row["name"]: row for row in dmod("doctor", "-o", "json").json}
    assert (found["objects"]["status"], "does not answer" in found["objects"]["detail"]) == ("error", True)


def test_a_name_on_the_command_line_leads_to_the_object_store_last(dmod, project, tmp_path):  # noqa: ARG001
    config = {"global": {"formulations": []}, "time": {}}
    import json

    Path("settings.json").write_text(json.dumps(config))
    dmod(
        "dataset", "create", "settings", "--category", "config", "--format", "generic", "settings.json",
        "--store", "object-store",
    )  # fmt: skip
    there = dmod("realization", "check", "settings")
    Path("settings.json").unlink()
    assert "neither a dataset nor a path" not in there.err
    assert (tmp_path / ".dmod/datasets/.cache/settings/data/settings.json").exists()


@pytest.mark.usefixtures("project")
class TestWhoCannotWait:
    """What status and the tab key know of the object store while it is down."""

    @pytest.fixture(autouse=True)
    def _there(self, dmod, project):  # noqa: ARG002 - in it
        words = ("--category", "config", "--format", "generic", "notes", "--store", "object-store")
        assert dmod("dataset", "create", "notes", *words).code == 0

    def test_status_counts_both_and_says_since_when_it_knows(self, dmod, monkeypatch):
        dmod("dataset", "create", "mine", "--category", "config", "--format", "generic", "notes/one.txt")
        said = dmod("status", "-o", "json").json["datasets"]
        assert (said["count"], said["bytes"], said["categories"]) == (2, 19, {"config": 2})
        assert (said["object_store"]["count"], said["object_store"]["error"]) == (1, "")
        assert "2 (2 config), 19B; 1 in the object store" in dmod("status").out
        monkeypatch.setenv("DMOD_OBJECT_STORE_SECRET_KEY", "wrong")
        again = dmod("status", "-o", "json").json["datasets"]
        assert (again["count"], again["object_store"]["count"]) == (2, 1)
        assert "refuses the credentials" in again["object_store"]["error"]
        assert dmod("status").code == 0

    def test_a_listing_of_another_store_is_none_of_this_one(self, dmod, monkeypatch):
        dmod("dataset", "list")
        monkeypatch.setenv("DMOD_OBJECT_STORE_ENDPOINT", "127.0.0.1:1")
        said = dmod("status", "-o", "json").json["datasets"]
        assert (said["count"], said["object_store"]["as_of"]) == (0, None)

    def test_the_tab_key_offers_both_without_asking_and_has_the_listing_made_anew(self, dmod, monkeypatch):
        from dmod.cli import completer

        asked = []
        monkeypatch.setattr(completer.subprocess, "Popen", lambda argv, **_: asked.append(argv))
        assert dmod("__complete", "dataset", "show", "").lines == []
        assert dmod("__complete", "dataset", "show", "").lines == []
        assert [argv[-4:] for argv in asked] == [["dataset", "list", "-o", "name"]], "once, not on every tab"
        dmod("dataset", "list")
        monkeypatch.setattr(bucket.Bucket, "_again", lambda *_: pytest.fail("the store was asked"))
        assert dmod("__complete", "dataset", "show", "").lines == ["notes"]
        assert len(asked) == 1

    def test_tidy_clears_what_broke_off_and_asks_before(self, dmod, weed):
        there = weed.bucket(settings.project().config.object_store.bucket)
        there.put("old/0123456789abcdef/pack-00001.tar", b"left")
        assert "nothing was left there for 7d or longer" in dmod("dataset", "tidy").err
        listed = dmod("dataset", "tidy", "--older", "0s", "--dry-run", "-o", "json").json
        assert [(row["key"], row["kind"], row["size"]) for row in listed] == [
            ("old/0123456789abcdef/pack-00001.tar", "object", 4)
        ]
        assert dmod("dataset", "tidy", "--older", "0s", "--no-input").code == 2
        assert dmod("dataset", "tidy", "--older", "0s", "--yes").code == 0
        assert not there.has("old/0123456789abcdef/pack-00001.tar")
        assert dmod("dataset", "check", "notes").code == 0
