"""What [images.NAME] of dmod.toml makes of other images, without an engine."""

from __future__ import annotations

import pytest

from dmod.docker.recipe import order, tags
from dmod.docker.variant import known, name_of
from dmod.errors import NotFoundError, UsageError

BASES = {"debian:trixie-slim": "sha256:1", "reference": "sha256:2"}
TANK = 'name = "tank"\nkind = "c"\nsources = ["*.c"]\n'
SNOW = 'name = "snow"\nkind = "python"\nsources = ["snow.py"]\npython_type = "snow.Snow"\n'


@pytest.fixture
def project(folder_of, project_of):
    folder_of("tank", TANK, {"tank.c": "int x;"})
    folder_of("snow", SNOW, {"snow.py": "x = 1"})
    return project_of(
        '[images.worker-mine]\nmodules = ["modules/tank"]\n'
        '[images.worker-mine-snow]\nmodules = ["./modules/snow"]\n'
        '[images.worker-ngen]\nfrom = "reference"\nngen = "/opt/n gen"\nmodules = ["modules/tank"]\n'
    )


def test_a_variant_stands_on_what_its_name_begins_with_and_is_compiled_elsewhere(project):
    recipe = known(project)["worker-mine"]
    assert recipe.needs == ("worker", "compiler")
    lines = recipe.text.splitlines()
    last = len(lines) - 1 - lines[::-1].index("FROM plain")
    assert "FROM dmod/compiler AS module-tank" in lines[:last]
    assert not [line for line in lines[last:] if "apt" in line or " cc " in line]
    assert lines[-2:] == [
        "USER dmod", "RUN python -m dmod.models.answer tank bmi_c library_file=/dmod/shared_libs/libtank.so",
    ]  # fmt: skip
    assert list(recipe.files) == ["modules/tank/build/tank.c"]


def test_a_variant_of_a_variant_has_the_modules_of_both(project):
    recipe = known(project)["worker-mine-snow"]
    assert recipe.needs[0] == "worker-mine"
    assert recipe.contents == ("tank (c)", "snow (python)")
    assert order(known(project), ("worker-mine-snow",))[-2:] == [["worker-mine"], ["worker-mine-snow"]]


def test_around_a_compiled_ngen_modules_are_compiled_in_that_image(project):
    recipe = known(project)["worker-ngen"]
    assert recipe.sources == ("reference",)
    assert recipe.needs == ()
    assert recipe.carries_dmod
    assert "sh /tmp/contract/ngen '/opt/n gen'" in recipe.text
    assert "FROM compiler AS module-tank" in recipe.text
    assert {"contract/ngen", "base/requirements.txt", "worker/requirements.txt", "compiler/bring-along"} < {
        *recipe.files
    }


def test_an_image_itself_may_have_modules(folder_of, project_of):
    folder_of("tank", TANK, {"tank.c": ""})
    recipe = known(project_of('[images.worker]\nmodules = ["modules/tank"]\n'))["worker"]
    assert recipe.carries_dmod
    assert "FROM dmod/base AS plain" in recipe.text
    assert "FROM dmod/compiler AS compiled" in recipe.text
    assert {"requirements.txt", "modules/tank/build/tank.c"} < {*recipe.files}


def test_the_tag_changes_with_a_source_of_a_module_and_only_where_it_is_in(project):
    before = tags(known(project), BASES, "w")
    (project.root / "modules" / "snow" / "snow.py").write_text("x = 2")
    (project.root / "modules" / "tank" / ".hidden").write_text("not seen")
    after = tags(known(project), BASES, "w")
    assert {name for name in before if before[name] != after[name]} == {"worker-mine-snow"}
    (project.root / "modules" / "tank" / "tank.c").write_text("int y;")
    last = tags(known(project), BASES, "w")
    changed = {name for name in last if last[name] != after[name]}
    assert changed == {"worker-mine", "worker-mine-snow", "worker-ngen"}


def test_a_variant_is_named_by_its_image_and_its_own_name(project):
    assert name_of(project, ("worker",), "mine") == ("worker-mine",)
    assert name_of(project, ("worker",), "") == ("worker",)
    with pytest.raises(NotFoundError, match="there is no image worker-min") as caught:
        name_of(project, ("worker",), "min")
    assert caught.value.fix == "dmod image build worker-mine"


def test_a_mistake_in_one_variant_stops_no_other(project):
    (project.root / "modules" / "snow" / "module.toml").write_text("nam = 1")
    assert "worker-mine" in known(project, ("worker-mine", "registry"))
    with pytest.raises(UsageError, match=r"modules/snow/module\.toml"):
        known(project, ("worker-mine-snow",))
    with pytest.raises(UsageError, match=r"modules/snow/module\.toml"):
        known(project)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ('[images.mine]\nmodules = ["modules/tank"]', UsageError, 'dmod.toml:2:1 [images.mine] does not say "from"'),
        ('[images.worker-x]\nmodules = ["modules/tnk"]', NotFoundError,
         "dmod.toml:2:1 there is no folder modules/tnk; did you mean ./modules/tank?"),
        ('[images.worker-x]\nmodules = ["modules/tank", "modules/tank"]', UsageError, "two modules are called tank"),
        ('[images.worker-a]\nfrom = "worker-b"\n[images.worker-b]\nfrom = "worker-a"', UsageError, "in a circle"),
        ('[images.worker-a]\nfrom = "worker-a"', UsageError, "in a circle"),
        ('[images.worker]\nfrom = "base"', UsageError, "dmod.toml:2:1 worker stands on what"),
        ('[images.Worker-a]\nfrom = "worker"', UsageError, 'dmod.toml:2:1 "Worker-a" cannot name an image'),
        ('[images.worker-a]\nfrom = "a\\nUSER 0"', UsageError, "cannot be the name of an image"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_right_is_told_with_its_place(folder_of, project_of, text, kind, said):
    folder_of("tank", TANK, {"tank.c": ""})
    with pytest.raises(kind) as caught:
        known(project_of(text))
    assert said in caught.value.message


def test_an_unknown_key_of_an_image_names_its_neighbour(project_of):
    with pytest.raises(
        UsageError, match=r'dmod\.toml:2:1 unknown key "base" in \[images.worker-a\]; the key is "from"'
    ):
        project_of('[images.worker-a]\nbase = "worker"\n')


def test_a_name_that_no_image_has_is_told_beside_all_that_have_one(project):
    with pytest.raises(NotFoundError, match="there is no image worker-mint; did you mean worker-mine") as caught:
        known(project, ("worker-mint",))
    assert "worker-ngen" in caught.value.why
