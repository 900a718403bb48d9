"""What a failed build is said to have failed of."""

from __future__ import annotations

import pytest

from dmod.docker.failure import failure
from dmod.docker.instructions import instructions
from dmod.docker.module import Module
from dmod.docker.recipe import Recipe
from dmod.docker.steps import Steps


@pytest.fixture
def recipe(folder_of):
    module = Module.read(folder_of("tank", 'name = "tank"\nkind = "c"\nsources = ["tank.c"]\n', {"tank.c": ""}))
    return Recipe("worker-mine", "dmod.toml:2:1", "FROM debian\nFROM debian\n", {}, (module,))


def failed(title: str, code: int, *lines: str) -> Steps:
    """A build whose step says these lines and ends with a code."""
    steps = Steps(3)
    for line in (f"#5 [plain 3/3] {title}", *(f"#5 0.1 {line}" for line in lines)):
        steps.feed(line)
    steps.feed(f"#5 ERROR: executor failed running [/bin/sh -c x]: exit code: {code}")
    return steps


def step(recipe: Recipe, word: str) -> str:
    """The instruction of its module with a word in it."""
    return next(line for line in instructions(recipe.modules[0]).splitlines() if word in line)


def test_a_source_that_does_not_compile_is_told_by_its_own_path(recipe):
    said = failure(recipe, failed(step(recipe, "cc -O2"), 1, "In function x:", "./tank.c:4:1: error: expected ;", "^"))
    assert said.message == "image worker-mine was not built: module tank does not compile"
    assert said.why == "modules/tank/tank.c:4:1: error: expected ;"
    assert said.fix == "mend modules/tank, then dmod image build worker-mine"
    assert said.tail[0] == "In function x:"


@pytest.mark.parametrize(
    ("code", "lines", "why", "fix"),
    [
        (1, ["error: libtank.so has no function r", "  why: it has a", "  fix: x"],
         "libtank.so has no function r; it has a", "mend modules/tank"),
        (1, ["Traceback", "tank does not answer (E: e)"], "tank does not answer (E: e)", "mend modules/tank"),
        (1, ["error: t cannot be imported", "why: ModuleNotFoundError: No module named 'xarray.core'"],
         "t cannot be imported; ModuleNotFoundError: No module named 'xarray.core'",
         "name xarray in requirements of modules/tank/module.toml"),
        (139, ["Segmentation fault"], "it is killed by SIGSEGV when it is asked for its name", "mend modules/tank"),
    ],
)  # fmt: skip
def test_a_module_that_does_not_answer_is_told_in_its_own_words(recipe, code, lines, why, fix):
    said = failure(recipe, failed(step(recipe, "dmod.models.answer"), code, *lines))
    assert said.message.startswith("image worker-mine is refused: module tank does not load and answer")
    assert said.why == why
    assert said.fix == f"{fix}, then dmod image build worker-mine"


def test_an_image_that_is_not_to_be_had_may_be_one_of_ours_that_is_misspelt(recipe):
    steps = failed("[internal] load metadata for docker.io/library/debian:latest", 1)
    assert failure(recipe, steps).fix == "docker pull debian"
    near = failure(recipe, steps, ["worker", "debian2"])
    assert near.why == "there is no image debian; did you mean debian2?"
    assert near.fix == "mend dmod.toml:2:1, then dmod image build worker-mine"


def test_any_other_step_is_told_with_where_it_is_written(recipe):
    said = failure(recipe, failed("RUN false", 1))
    assert said.message == "image worker-mine was not built: RUN false"
    assert said.fix == "mend dmod.toml:2:1, then dmod image build worker-mine"
