"""A module.toml is the schema of a module, and every mistake in it has its place."""

from __future__ import annotations

import pytest

from dmod.docker.instructions import asked, instructions
from dmod.docker.module import Module
from dmod.errors import NotFoundError, UsageError

C = 'name = "tank"\nkind = "c"\nsources = ["src/*.c"]\n'
A_C = 'name = "t"\nkind = "c"\nsources = ["a.c"]\n'
FILES = {"src/b.c": "b", "src/a.c": "a", "include/bmi.h": "h", "parameters/k.txt": "1", ".git/HEAD": "x"}


def test_a_module_in_c_is_compiled_of_its_folder_without_its_data_and_what_is_hidden(folder_of):
    toml = C + 'include = ["include"]\nlibraries = ["m"]\ndata = ["parameters"]\nflags = ["-DN=2 -g"]\n'
    module = Module.read(folder_of("tank", toml, FILES))
    assert list(module.build) == ["include/bmi.h", "src/a.c", "src/b.c"]
    assert list(module.data) == ["parameters/k.txt"]
    compiled = "cc -O2 -fPIC -shared -Iinclude -DN=2 -g ./src/a.c ./src/b.c -o /out/shared_libs/libtank.so -lm"
    said = instructions(module)
    assert compiled in said
    assert "COPY --from=module-tank /out/shared_libs/ /dmod/shared_libs/" in said
    assert "COPY modules/tank/data/ /dmod/bmi_module_data/tank/" in said
    assert asked(module) == ["tank", "bmi_c", "library_file=/dmod/shared_libs/libtank.so"]


def test_sources_are_compiled_in_the_order_in_which_they_are_named(folder_of):
    toml = 'name = "t"\nkind = "fortran"\nsources = ["z.f90", "*.f90"]\n'
    module = Module.read(folder_of("t", toml, {"a.f90": "", "z.f90": "", "b.f90": ""}))
    assert module.paths() == ("z.f90", "a.f90", "b.f90")


def test_python_goes_where_python_finds_it_under_its_own_name(folder_of):
    toml = 'name = "snow"\nkind = "python"\nsources = ["src/snow", "one.py"]\npython_type = "snow.bmi.Snow"\n'
    files = {"src/snow/__init__.py": "", "src/snow/bmi.py": "x", "one.py": "", "src/snow/__pycache__/x.pyc": ""}
    module = Module.read(folder_of("snow", toml, files))
    assert list(module.python) == ["snow/__init__.py", "snow/bmi.py", "one.py"]
    assert not module.build
    assert asked(module) == ["snow", "bmi_python", "python_type=snow.bmi.Snow"]
    assert "FROM" not in instructions(module)


def test_python_with_a_pyproject_is_built_by_pip(folder_of):
    toml = 'name = "snow"\nkind = "python"\npython_type = "snow.Snow"\n'
    toml += "requirements = [\"scipy>=1.16; python_version>'3'\"]\n"
    module = Module.read(folder_of("snow", toml, {"pyproject.toml": "[project]"}))
    said = instructions(module)
    assert "pip wheel --no-deps --wheel-dir /out/wheels ." in said
    assert "type=bind,from=module-snow,source=/out/wheels" in said
    assert """'scipy>=1.16; python_version>'"'"'3'"'"''""" in said


def test_cmake_says_its_language_and_may_name_its_library(folder_of):
    toml = 'name = "cfe"\nkind = "cmake"\nlibrary = "libcfebmi.so"\nregistration_function = "register_bmi_cfe"\n'
    module = Module.read(folder_of("cfe", toml, {"CMakeLists.txt": ""}))
    library = "library_file=/dmod/shared_libs/libcfebmi.so"
    assert asked(module) == ["cfe", "bmi_c", library, "registration_function=register_bmi_cfe"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('kind = "c"\nsources = ["a.c"]', 'the key "name" is missing'),
        ('name = "t"\nkind = "fortan"', ':2:1 kind must be one of python, c, c++, fortran, cmake, not "fortan"'),
        (A_C + 'libs = ["m"]', ':4:1 unknown key "libs"; the key is "libraries"'),
        ('name = "t"\nkind = "c"\nclass = "a.B"\nsources = ["a.c"]', ':3:1 unknown key "class"; the key is "python_'),
        ('name = "a b"\nkind = "c"\nsources = ["a.c"]', ':1:1 name must be letters, digits, _ and -, not "a b"'),
        ('name = "t"\nkind = "c"', ":2:1 a module in c needs sources"),
        ('name = "t"\nkind = "c"\nsources = ["b.c"]', ':3:12 there is no "b.c" in modules/t; did you mean "a.c"?'),
        ('name = "t"\nkind = "c"\nsources = ["../t/a.c"]', ':3:12 there is no "../t/a.c" in modules/t'),
        ('name = "t"\nkind = "c"\nsources = ["/etc/passwd"]', ':3:12 there is no "/etc/passwd" in modules/t'),
        (A_C + 'include = ["inc"]', ':4:12 there is no folder "inc" in modules/t'),
        (A_C + 'libraries = ["m; id"]', ':4:14 "m; id" cannot be one of libraries'),
        (A_C + 'packages = ["-y"]', ':4:13 "-y" cannot be one of packages'),
        (A_C + 'flags = ["-g\\nUSER 0"]', ":4:10 "),
        (A_C + 'python_type = "a.B"', ':4:1 "python_type" means nothing to a'),
        ('name = "t"\nkind = "python"\nsources = ["a.c"]', ":2:1 a module in Python needs python_type ="),
        ('name = "t"\nkind = "python"\npython_type = "a.B"', ":2:1 a module in Python needs sources, or"),
        ('name = "t"\nkind = "cmake"', ":2:1 there is no CMakeLists.txt in modules/t"),
        (A_C + 'registration_function = "a b"', ":4:1 registration_function must be"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_the_way_out(folder_of, toml, said):
    with pytest.raises(UsageError) as caught:
        Module.read(folder_of("t", toml, {"a.c": ""}))
    assert f"modules/t/module.toml{said}" in caught.value.message or said in caught.value.message


def test_all_mistakes_are_told_at_once(folder_of):
    with pytest.raises(UsageError, match=r"modules/t/module\.toml has 3 mistakes"):
        Module.read(folder_of("t", 'name = "a b"\nkind = "c"\nsources = ["x.c"]\ndata = ["y"]'))


def test_a_folder_without_a_module_toml(tmp_path):
    with pytest.raises(NotFoundError, match=r"there is no .*module\.toml"):
        Module.read(tmp_path)
