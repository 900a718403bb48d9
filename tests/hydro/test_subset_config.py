"""A realization keeps the formulations of its part, and the files that these read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dmod.errors import UnmetError
from dmod.hydro.subset import Part
from dmod.hydro.subset_config import cut

if TYPE_CHECKING:
    from pathlib import Path

PART = Part(("cat-1", "cat-3"), ("nex-1",))
TIME = {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-02 00:00:00", "output_interval": 3600}


def scope(config: str) -> dict[str, Any]:
    return {"formulations": [{"name": "bmi_c", "params": {"model_type_name": "CFE", "init_config": config}}]}


def lay_out(folder: Path, document: dict[str, Any], *names: str) -> str:
    text = json.dumps(document, indent=7)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "realization.json").write_text(text)
    return text


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("whole", "part"):
        (tmp_path / name).mkdir()
    return tmp_path / "whole", tmp_path / "part"


def test_formulations_and_files_of_others_are_left_out(folders):
    whole, part = folders
    own = {"cat-1": scope("./cfe/cat-1.ini"), "cat-2": scope("./cfe/cat-2.ini"), "cat-3": scope("./cfe/cat-9.ini")}
    document = {"global": scope("./cfe/{{id}}.ini"), "time": TIME, "catchments": own, "metadata": {"by": "ngiab"}}
    files = ["cfe/cat-1.ini", "cfe/cat-2.ini", "cfe/cat-3.ini", "cfe/cat-9.ini", "tables/SOILPARM.TBL"]
    lay_out(whole, document, *files)
    cut(whole, part, PART)
    files.remove("cfe/cat-2.ini")
    assert names_in(part) == sorted([*files, "realization.json"]), "cat-3 reads the file that is named for cat-9"
    left = {name: own[name] for name in ("cat-1", "cat-3")}
    assert json.loads((part / "realization.json").read_text()) == {**document, "catchments": left}


def test_a_realization_for_every_catchment_stays_to_the_byte(folders):
    whole, part = folders
    text = lay_out(whole, {"global": scope("./{{id}}.ini"), "time": TIME}, "cat-1.ini", "cat-2.ini")
    cut(whole, part, PART)
    assert names_in(part) == ["cat-1.ini", "realization.json"]
    assert (part / "realization.json").read_text() == text


def test_a_realization_of_other_catchments_is_refused(folders):
    whole, part = folders
    lay_out(whole, {"time": TIME, "catchments": {"cat-7": scope("/dev/null")}})
    with pytest.raises(UnmetError, match="no formulation for any of the 2 catchments") as caught:
        cut(whole, part, PART)
    assert "cat-7" in caught.value.why
