"""Images in the order of their FROM lines, under tags that change with what goes in and with nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.docker.recipe import Recipe, order, recipes, tags
from dmod.errors import NotFoundError, UsageError

BASES = {"debian:trixie-slim": "sha256:1"}


@pytest.fixture
def folder(tmp_path):
    def write(name: str, dockerfile: str, **files: str) -> Recipe:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        (place / "Dockerfile").write_text(dockerfile)
        for file, text in files.items():
            (place / file).write_text(text)
        return Recipe.read(place)

    return write


def test_ours_stand_on_debian_alone_and_on_each_other():
    known = recipes()
    assert order(known) == [["base", "object-store", "registry"], ["compiler"], ["scheduler", "worker"]]
    outside = {name for recipe in known.values() for name in recipe.sources if not name.startswith("dmod/")}
    assert outside == {"debian:trixie-slim"}
    assert {name for name, recipe in known.items() if recipe.carries_dmod} == {"scheduler", "worker"}


@pytest.mark.parametrize("recipe", recipes().values(), ids=recipes())
def test_none_of_ours_runs_as_root_and_each_pins_what_pip_brings(recipe):
    users = [line.split()[1] for line in recipe.text.splitlines() if line.startswith("USER")]
    assert users[-1] == "dmod"
    for file in recipe.files.values():
        if file.name == "requirements.txt":
            wanted = [line for line in file.read_text().splitlines() if not line.startswith("#")]
            assert wanted
            assert all("==" in line for line in wanted)


@pytest.mark.parametrize("recipe", recipes().values(), ids=recipes())
def test_no_index_no_proxy_and_no_certificate_is_an_argument_of_ours(recipe):
    assert "ARG " not in recipe.text
    for line in recipe.text.replace("\\\n", " ").splitlines():
        if "pip install" in line:
            assert "--mount=type=secret,id=ca" in line
            assert "--mount=type=secret,id=pip" in line
            assert "--mount=type=cache,target=/root/.cache/pip" in line
        if "apt-get install" in line:
            assert "--mount=type=cache,target=/var/cache/apt" in line


def test_only_what_is_wanted_and_what_it_stands_on():
    assert order(recipes(), ("worker",)) == [["base"], ["compiler"], ["worker"]]


def test_stages_of_its_own_are_no_images(folder):
    text = "FROM --platform=linux/amd64 debian AS one\nFROM one\nCOPY --from=dmod/base /a /b\nCOPY --from=0 /a /b\n"
    recipe = folder("two", text)
    assert recipe.sources == ("debian", "dmod/base")
    assert recipe.needs == ("base",)
    assert recipe.steps == 3  # a stage that stands on another of its own takes none
    pinned = recipe.pinned({"dmod/base": "dmod/base:12"})
    assert pinned == text.replace("dmod/base", "dmod/base:12")


def test_a_from_line_of_nothing_is_an_error_with_its_place(folder):
    with pytest.raises(NotFoundError, match=r"two/Dockerfile: FROM dmod/nothing: there is no such image"):
        order({"two": folder("two", "FROM dmod/nothing\n")})


def test_a_name_of_nothing_is_an_error_with_the_nearest():
    with pytest.raises(NotFoundError, match="there is no image workr; did you mean worker"):
        order(recipes(), ("workr",))


def test_a_circle_is_an_error(folder):
    with pytest.raises(UsageError, match="in a circle") as caught:
        order({"a": folder("a", "FROM dmod/b\n"), "b": folder("b", "FROM dmod/a\n")})
    assert "a needs b" in caught.value.why or "b needs a" in caught.value.why


def test_a_tag_changes_with_what_goes_in_and_what_stands_on_it_changes_too(folder):
    known = {"a": folder("a", "FROM debian:trixie-slim\n", f="1"), "b": folder("b", "FROM dmod/a\nRUN pip *.whl\n")}
    first = tags(known, BASES, "w1")
    assert first == tags(known, BASES, "w1")
    assert all(len(tag) == 12 for tag in first.values())
    folder("a", "FROM debian:trixie-slim\n", f="2")
    second = tags(known, BASES, "w1")
    assert (first["a"] != second["a"], first["b"] != second["b"]) == (True, True)
    third = tags(known, BASES, "w2")
    assert (second["a"] == third["a"], second["b"] != third["b"]) == (True, True)
    fourth = tags(known, {"debian:trixie-slim": "sha256:2"}, "w2")
    assert (third["a"] != fourth["a"], third["b"] != fourth["b"]) == (True, True)


def test_a_tag_knows_what_may_be_executed(folder):
    recipe = folder("a", "FROM debian:trixie-slim\n", run="#!/bin/sh\n")
    before = recipe.digest()
    recipe.files["run"].chmod(0o755)
    assert recipe.digest() != before


def test_a_projects_own_images_go_before_ours(tmp_path):
    own = tmp_path / "images" / "worker"
    own.mkdir(parents=True)
    (own / "Dockerfile").write_text("FROM dmod/base\n")
    known = recipes(tmp_path)
    assert known["worker"].text == "FROM dmod/base\n"
    assert known["base"] == recipes()["base"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=10))
def test_every_image_comes_after_all_that_it_stands_on(below):
    names = [f"i{at}" for at in range(len(below))]
    known = {
        name: Recipe(name, "", f"FROM {f'dmod/i{stand}' if stand < at else 'debian'}\n")
        for at, (name, stand) in enumerate(zip(names, below, strict=True))
    }
    waves = order(known)
    place = {name: at for at, wave in enumerate(waves) for name in wave}
    assert sorted(place) == sorted(names)
    assert all(place[need] < place[name] for name, recipe in known.items() for need in recipe.needs)
