"""What every store promises. A suite for one store inherits `StoreTests` and says how to open it."""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from typing import TYPE_CHECKING

import pytest

from dmod.errors import ConflictError, NotFoundError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.data.store import Store

HEADER = "time,APCP_surface,TMP_2maboveground\n"


def csv(folder: Path, catchment: str, day: int, *, hours: int = 24) -> Path:
    """A small AORC file: one day of December 2015."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = (f"2015-12-{day:02} {hour:02}:00:00,0.5,280.0\n" for hour in range(hours))
    path = folder / f"{catchment}.csv"
    path.write_text(HEADER + "".join(rows))
    return path


class StoreTests:
    """The promises of `dmod.data.store.Store`."""

    @abstractmethod
    def open(self, place: Path) -> Store:
        """A store at a place; opened twice, it is the same store."""

    @abstractmethod
    def damage(self, store: Store) -> list[tuple[str, str]]:
        """Change, take away and add a file of the dataset aorc behind the store's back; gives each and its fault."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return self.open(tmp_path / "store")

    @pytest.fixture
    def here(self, tmp_path: Path) -> Path:
        """Where the user's files lie."""
        (tmp_path / "here").mkdir()
        return tmp_path / "here"

    def test_a_new_store_is_empty(self, store):
        assert (store.list(), store.names()) == ([], [])

    def test_files_come_back_as_they_were(self, store, here):
        odd = here / "a name, with spaces & ünïcode.txt"
        odd.write_bytes(bytes(range(256)) * 5000)
        (here / "deep" / "er").mkdir(parents=True)
        (here / "deep" / "er" / "empty").touch()
        made = store.create("files", "config", [here], format="generic")
        assert [file.path for file in made.files] == ["a name, with spaces & ünïcode.txt", "deep/er/empty"]
        assert (store.path("files") / odd.name).read_bytes() == odd.read_bytes()
        assert (store.path("files") / "deep/er/empty").read_bytes() == b""
        assert store.check("files") == []

    def test_what_is_created_is_found_by_whoever_opens_the_store(self, tmp_path, store, here):
        made = store.create(
            "aorc",
            None,
            [csv(here, "cat-1", 1)],
            description="a day",
            derived_from=["older"],
            job=7,
            details={"a": [1]},
        )
        again = self.open(tmp_path / "store")
        assert again.get("aorc") == made
        assert again.list() == [made]
        assert again.names() == ["aorc"]
        assert (made.category, made.format, made.domain.catchments) == ("forcing", "aorc-csv", ("cat-1",))
        assert (made.description, made.derived_from, made.job, made.domain.details["a"]) == (
            "a day",
            ("older",),
            7,
            [1],
        )

    def test_names_are_listed_as_people_sort_them(self, store, here):
        for name in ("run-10", "run-2", "run-1"):
            store.create(name, "config", [csv(here, "cat-1", 1)], format="generic")
        assert store.names() == ["run-1", "run-2", "run-10"]

    def test_a_name_is_taken_once(self, store, here):
        first = store.create("aorc", None, [csv(here, "cat-1", 1)])
        with pytest.raises(ConflictError, match='there is a dataset "aorc" already'):
            store.create("aorc", None, [csv(here, "cat-1", 2)])
        assert store.get("aorc") == first

    def test_of_many_writers_of_one_name_one_wins(self, tmp_path, here):
        outcomes: list[str] = []
        line_up = threading.Barrier(8)

        def write(number: int) -> None:
            file = csv(here / str(number), "cat-1", number + 1)
            line_up.wait()
            try:
                made = self.open(tmp_path / "store").create("aorc", None, [file])
                outcomes.append(made.digest)
            except ConflictError:
                outcomes.append("conflict")

        writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        store = self.open(tmp_path / "store")
        assert sorted(outcomes)[1:].count("conflict") + sorted(outcomes)[:1].count("conflict") == 7
        assert store.get("aorc").digest in outcomes
        assert store.check("aorc") == []

    @pytest.mark.parametrize(
        "name", ["Ab", "a", "up/down", "../aorc", "-aorc", "aorc.", "a..b", "1.2.3.4", "x" * 64, ""]
    )
    def test_a_name_is_one_of_a_bucket(self, store, here, name):
        with pytest.raises(UsageError, match="is not a name for a dataset"):
            store.create(name, None, [csv(here, "cat-1", 1)])
        assert store.names() == []

    def test_a_missing_dataset_is_named_with_its_neighbour(self, store, here):
        store.create("forcing-2015", None, [csv(here, "cat-1", 1)])
        for call in (store.get, store.path, store.check, store.delete, lambda name: store.add(name, [here])):
            with pytest.raises(NotFoundError, match='there is no dataset "forcing-2016"') as error:
                call("forcing-2016")
            assert "forcing-2015" in error.value.why
        with pytest.raises(NotFoundError):
            store.get("../here")

    def test_nothing_is_kept_of_what_fails(self, store, here):
        good, bad = csv(here, "cat-1", 1), here / "cat-2.csv"
        bad.write_text(HEADER + "2015-12-01 00:00:00,1.0,280.0\nyesterday,1.0,280.0\n")
        with pytest.raises(UsageError, match="yesterday") as error:
            store.create("aorc", None, [good, bad])
        assert "here" in error.value.message, "the file is named as it was given"
        assert store.names() == []
        store.create("aorc", None, [good])

    def test_adding_files_makes_the_domain_larger(self, store, here):
        store.create("aorc", None, [csv(here, "cat-1", 1)])
        made = store.add("aorc", [csv(here, "cat-2", 2)])
        assert made.domain.catchments == ("cat-1", "cat-2")
        assert made == store.get("aorc")
        assert {path.name for path in store.path("aorc").iterdir()} == {"cat-1.csv", "cat-2.csv"}
        assert store.check("aorc") == []

    def test_adding_what_is_there_changes_nothing(self, store, here):
        made = store.create("aorc", None, [csv(here, "cat-1", 1)])
        assert store.add("aorc", [here]) == made

    def test_other_contents_of_a_name_are_refused_unless_they_replace(self, store, here):
        before = store.create("aorc", None, [csv(here, "cat-1", 1)])
        other = csv(here, "cat-1", 2)
        with pytest.raises(ConflictError, match=r"other files of that name: cat-1\.csv"):
            store.add("aorc", [other])
        assert store.get("aorc") == before
        after = store.add("aorc", [other], replace=True)
        assert after.domain.time != before.domain.time
        assert (store.path("aorc") / "cat-1.csv").read_text() == other.read_text()

    def test_adding_what_makes_no_domain_changes_nothing(self, store, here):
        before = store.create("aorc", None, [csv(here, "cat-1", 1)])
        (here / "cat-2.csv").write_text("no forcing\n")
        with pytest.raises(UsageError):
            store.add("aorc", [here / "cat-2.csv"])
        assert store.get("aorc") == before
        assert store.check("aorc") == []

    def test_check_names_what_is_changed_missing_and_extra(self, store, here):
        files = [csv(here, f"cat-{number}", 1) for number in (1, 2, 3)]
        store.create("aorc", None, files)
        found = self.damage(store)
        assert sorted(fault for _, fault in found) == ["changed", "extra", "missing"]
        assert [(problem.path, problem.fault) for problem in store.check("aorc")] == found
        store.add("aorc", files, replace=True)
        assert store.check("aorc") == [], "what is added again mends it"

    def test_a_deleted_dataset_is_gone_and_its_name_free(self, store, here):
        file = csv(here, "cat-1", 1)
        store.create("aorc", None, [file])
        store.delete("aorc")
        assert store.names() == []
        assert file.exists()
        store.create("aorc", None, [file])

    def test_deleting_links_leaves_the_originals(self, store, here):
        file = csv(here, "cat-1", 1)
        store.create("aorc", None, [file], link=True)
        assert store.check("aorc") == []
        store.delete("aorc")
        assert file.read_text().startswith(HEADER)

    def test_adopted_files_stay_when_the_originals_go(self, store, here):
        file = csv(here, "cat-1", 1)
        made = store.create("aorc", None, [file], adopt=True)
        file.unlink()
        assert not made.linked
        assert store.check("aorc") == []

    @pytest.mark.parametrize(
        ("sources", "error", "message"),
        [
            (["nowhere"], NotFoundError, "nowhere: no such file or folder"),
            (["empty"], UsageError, "empty holds no files"),
            ([], UsageError, "a dataset is made from files"),
            (["out"], UsageError, "is a link out of"),
            (["link-to-folder"], UsageError, "is a link to a folder"),
            (["pipe"], UsageError, "is no file"),
            (["twice", "cat-1.csv"], ConflictError, r"two files would be cat-1\.csv"),
        ],
    )
    def test_sources_that_cannot_be_taken_are_named(self, store, here, sources, error, message):
        csv(here, "cat-1", 1)
        csv(here / "twice", "cat-1", 2)
        (here / "empty").mkdir()
        (here / "out").mkdir()
        (here / "out" / "cat-3.csv").symlink_to(here / "cat-1.csv")
        (here / "link-to-folder").mkdir()
        (here / "link-to-folder" / "inner").symlink_to(here / "twice")
        (here / "pipe").mkdir()
        os.mkfifo(here / "pipe" / "cat-4.csv")
        with pytest.raises(error, match=message):
            store.create("aorc", None, [here / source for source in sources])
        assert store.names() == []

    def test_progress_is_reported_in_bytes(self, store, here):
        seen: list[tuple[int, int]] = []
        files = [csv(here, f"cat-{number}", 1) for number in (1, 2)]
        made = store.create("aorc", None, files, report=lambda done, total, _: seen.append((done, total)))
        assert seen[0] == (0, made.size)
        assert seen[-1] == (made.size, made.size)
