"""A module that is asked for its name, in a process of its own as in the build of an image."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture
def ask(tmp_path):
    """The exit code, and what is said."""

    def asked(*words: str) -> tuple[int, str]:
        argv = [sys.executable, "-m", "dmod.models.answer", "tank", *words]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return asked


def python(folder, *lines: str) -> str:
    """A class with these methods beside those that any module has, in the working directory."""
    names = ("initialize", "update", "finalize", "get_input_var_names", "get_output_var_names")
    body = [*(f"    def {name}(self, *words): pass" for name in names), *(f"    {line}" for line in lines)]
    (folder / "tank.py").write_text("\n".join(["class Tank:", *body, ""]))
    return "python_type=tank.Tank"


@pytest.mark.parametrize(
    ("source", "kind", "register"),
    [("reservoir.c", "bmi_c", "register_bmi_reservoir"), ("reservoir.f90", "bmi_fortran", "register_bmi")],
)
def test_a_compiled_module_answers(ask, module, source, kind, register):
    code, said = ask(kind, f"library_file={module(source)}", f"registration_function={register}")
    assert (code, said) == (0, "tank answers: reservoir\n")


def test_a_module_in_cplusplus_answers(ask, module):
    assert ask("bmi_c++", f"library_file={module('reservoir.cpp')}")[0] == 0


def test_a_class_answers(ask, tmp_path):
    said = ask("bmi_python", python(tmp_path, "def get_component_name(self): return 'A tank'"))
    assert said == (0, "tank answers: A tank\n")


def test_a_wrong_registration_is_told_with_what_there_is(ask, module):
    code, said = ask("bmi_c", f"library_file={module('reservoir.c')}")
    assert code == 1
    assert "has no function register_bmi\n  why: it has register_bmi_nothing, register_bmi_reservoir" in said


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "tank has no function get_component_name (AttributeError: "),
        (["def get_component_name(self): return 1 / 0"], "does not answer get_component_name (ZeroDivisionError: "),
        (
            ["def get_component_name(self): return ''"],
            "error: tank.Tank has no name\n  why: get_component_name gives ''",
        ),
        (["def __init__(self): raise RuntimeError('no licence')"], "RuntimeError: no licence"),
    ],
    ids=["no such method", "it fails", "no name", "it cannot be made"],
)
def test_what_does_not_answer_is_told_in_its_own_words(ask, tmp_path, lines, words):
    code, said = ask("bmi_python", python(tmp_path, *lines))
    assert code == 1
    assert words in said


def test_what_cannot_be_loaded_is_told(ask, tmp_path):
    (tmp_path / "libtank.so").write_text("no library")
    code, said = ask("bmi_c", f"library_file={tmp_path}/libtank.so")
    assert code == 1
    assert "cannot be loaded" in said
