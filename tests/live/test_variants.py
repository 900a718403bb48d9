"""Images with modules that a user wrote: compiled in a build, run in a container, refused where they do not load."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from engines import BUILDS, every_word, require

pytestmark = [pytest.mark.live, pytest.mark.slow]

DEBIAN = "debian:trixie-slim"
MODULES = Path(__file__).parents[1] / "modules"
RESERVOIR = """\
name = "reservoir"
kind = "c"
sources = ["src/*.c"]
include = ["include"]
libraries = ["m"]
data = ["parameters/*"]
registration_function = "register_bmi_reservoir"
"""
HALF = '''\
"""A module in Python as one writes it first: half of what falls runs off at once."""
import numpy as np


class Half:
    def __init__(self):
        self.values = {"rain": np.zeros(1), "runoff": np.zeros(1)}
        self.now = 0.0

    def initialize(self, config):
        """Nothing to read."""

    def update(self):
        self.values["runoff"][0] = self.values["rain"][0] / 2
        self.now += 3600

    def finalize(self):
        """Nothing to free."""

    def get_component_name(self):
        return "Half"

    def get_input_var_names(self):
        return ("rain",)

    def get_output_var_names(self):
        return ("runoff",)

    def get_var_units(self, name):
        return "mm"

    def get_var_type(self, name):
        return "float64"

    def get_var_itemsize(self, name):
        return 8

    def get_var_nbytes(self, name):
        return 8

    def get_value_ptr(self, name):
        return self.values[name]

    def set_value(self, name, src):
        self.values[name][:] = src

    def get_current_time(self):
        return self.now

    def get_end_time(self):
        return 1e12

    def get_time_step(self):
        return 3600.0

    def get_time_units(self):
        return "s"
'''


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module", autouse=True)
def engine(missing):
    """A Docker Engine with what a build wants of it."""
    require(missing, *BUILDS)


@pytest.fixture
def variants(shell):
    """A project with a module in C and one in Python; the images of its variants are gone afterwards."""
    folder = shell.folder / "modules"
    write(folder / "reservoir" / "module.toml", RESERVOIR)
    write(folder / "reservoir" / "parameters" / "slow.txt", "k 0.1\n")
    for file, place in (("reservoir.c", "src"), ("bmi.h", "include")):
        (folder / "reservoir" / place).mkdir()
        shutil.copy(MODULES / file, folder / "reservoir" / place)
    write(folder / "half" / "half.py", HALF)
    write(
        folder / "half" / "module.toml",
        'name = "half"\nkind = "python"\nsources = ["half.py"]\npython_type = "half.Half"\n',
    )
    shell.run("init", "--yes")
    with (shell.folder / "dmod.toml").open("a") as file:
        file.write('\n[images.worker-try]\nmodules = ["./modules/reservoir", "./modules/half"]\n')
    yield shell
    for name in ("worker-try", "worker-tryngen"):
        for each in every_word("images", "--quiet", "--filter", f"label=dmod.image={name}").split():
            every_word("rmi", "--force", each, code=None)


@pytest.fixture
def catchments(variants, slopes):
    """Two catchments and their rain as datasets of that project."""
    slopes(variants)
    return variants


def flow(project, name: str, realization: dict[str, object]) -> np.ndarray:
    """The discharge at the nexus in m3 s-1, by a job of one formulation on two ranks in the variant's image."""
    write(project.folder / name / "realization.json", json.dumps(realization))
    project.run("dataset", "create", name, "--category", "config", "--from", name)
    job = f'kind = "simulation"\nimage = "worker-try"\n[resources]\ncpus = 2\n[simulation]\nrealization = "{name}"\n'
    write(project.folder / "job.toml", job)
    output = f"simulation.output={name}-flow"
    project.run("job", "submit", "job.toml", "--executor", "docker", "--wait", "--set", output)
    project.run("dataset", "get", f"{name}-flow", "--to", f"{name}-out")
    return np.loadtxt(project.folder / f"{name}-out" / "nex-1_output.csv", delimiter=",", usecols=2)


def test_modules_in_c_and_in_python_are_built_into_a_worker_and_run(catchments, slopes):
    variants = catchments
    rows = variants.json("image", "build", "worker", "--variant", "try")
    image = rows[-1]["reference"]
    shown = variants.json("image", "show", "worker-try")
    assert shown["modules"] == ["reservoir (c)", "half (python)"]
    params = {
        "model_type_name": "reservoir", "library_file": "/dmod/shared_libs/libreservoir.so",
        "init_config": "/dmod/bmi_module_data/reservoir/slow.txt", "registration_function": "register_bmi_reservoir",
        "main_output_variable": "q", "variables_names_map": {"p": "APCP_surface"},
    }  # fmt: skip
    # q = 0.1 (s + p) of both; 1 mm an hour from 10.8 km2 is 3 m3 s-1
    expected = 3 * np.array([1.0, 0.9, 0.81, 1.229, 1.1061, 0.99549])
    assert flow(variants, "slow", slopes.realization("bmi_c", params)) == pytest.approx(expected, rel=1e-8)
    params = {
        "model_type_name": "half", "python_type": "half.Half", "init_config": "/dev/null",
        "main_output_variable": "runoff", "variables_names_map": {"rain": "APCP_surface"},
    }  # fmt: skip
    assert flow(variants, "halved", slopes.realization("bmi_python", params)) == pytest.approx(
        3 * slopes.rain / 2, rel=1e-8
    )
    look = "for each in cc c++ cmake; do command -v $each; done; cd /dmod; ls shared_libs bmi_module_data/reservoir"
    found = every_word("run", "--rm", "--network", "none", image, "sh", "-c", look, code=None).split()
    assert {*found} == {"slow.txt", "libreservoir.so", "shared_libs:", "bmi_module_data/reservoir:"}


def test_only_the_module_whose_source_has_changed_is_compiled_again(variants):
    first = variants.json("image", "build", "worker-try")[-1]
    again = variants.json("image", "build", "worker-try")[-1]
    assert again["reference"] == first["reference"]
    assert not again["built"]
    source = variants.folder / "modules" / "half" / "half.py"
    source.write_text(source.read_text().replace("/ 2", "/ 4"))
    states = {row["name"]: row["state"] for row in variants.json("image", "list")}
    assert (states["worker"], states["worker-try"]) == ("ready", "outdated")
    last = variants.json("image", "build", "worker-try")
    assert [row["name"] for row in last if row["built"]] == ["worker-try"]
    library = "sha256sum /dmod/shared_libs/libreservoir.so; stat -c %Y /dmod/shared_libs/libreservoir.so"
    seen = {every_word("run", "--rm", row["reference"], "sh", "-c", library) for row in (first, last[-1])}
    assert len(seen) == 1  # not compiled again: the very file


def test_a_variant_can_be_deleted_and_is_then_missing(variants):
    variants.run("image", "build", "worker-try", patience=600)
    assert "dmod/worker-try:" in variants.run("image", "delete", "worker-try", "--yes").stdout
    assert {row["name"]: row["state"] for row in variants.json("image", "list")}["worker-try"] == "missing"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("strcpy(name,", "raise(SIGSEGV), strcpy(name,", "it is killed by SIGSEGV when it is asked for its name"),
        ('#include "bmi.h"', '#include "bmy.h"', "bmy.h: No such file or directory"),
        ("register_bmi_reservoir(Bmi", "register_bmi_pond(Bmi", "has no function register_bmi_reservoir; it has"),
    ],
    ids=["it crashes", "it does not compile", "another registration"],
)
def test_an_image_whose_module_does_not_answer_is_refused(variants, old, new, why):
    source = variants.folder / "modules" / "reservoir" / "src" / "reservoir.c"
    assert old in source.read_text()
    source.write_text(source.read_text().replace(old, new))
    said = variants.run("image", "build", "worker", "--variant", "try", code=1, patience=600).stderr
    assert "module reservoir does not" in said
    assert why in said
    assert "fix: mend modules/reservoir" in said
    assert {row["name"]: row["state"] for row in variants.json("image", "list")}["worker-try"] == "missing"


def test_an_image_with_a_compiled_ngen_gets_the_contract_laid_over_it(variants, tmp_path):
    """The image is a stand-in: Debian with a small program that is called ngen, where images of ngen have it."""
    context = tmp_path / "standin"
    write(
        context / "ngen.c",
        '#include <stdio.h>\nint main(int n, char **v) { printf("ngen of %d\\n", n - 1); return 0; }\n',
    )
    subprocess.run(["cc", "-static", "-o", context / "ngen", context / "ngen.c"], check=True)
    write(context / "Dockerfile", f'FROM {DEBIAN}\nCOPY ngen /ngen/ngen/cmake_build/ngen\nENTRYPOINT ["/bin/false"]\n')
    tag = f"dmod-test-ngen-{os.getpid()}"
    every_word("build", "--quiet", "--tag", tag, str(context))
    try:
        with (variants.folder / "dmod.toml").open("a") as file:
            file.write(f'\n[images.worker-tryngen]\nfrom = "{tag}"\nmodules = ["modules/half"]\n')
        variants.run("image", "build", "worker", "--variant", "tryngen", patience=900)
        shown = variants.json("image", "show", "worker-tryngen")
        assert shown["stands_on"] == [tag]
        look = "id -un; ngen a b; ngen-serial; readlink -f /dmod/bin/ngen; python -c 'import dmod.worker, half'"
        said = every_word("run", "--rm", "--network", "none", shown["reference"], "sh", "-c", look)
        assert said.splitlines() == ["dmod", "ngen of 2", "ngen of 0", "/ngen/ngen/cmake_build/ngen"]
        (variants.folder / "dmod.toml").write_text(f'[images.worker-tryngen]\nfrom = "{tag}"\nngen = "/nowhere/ngen"\n')
        refused = variants.run("image", "build", "worker-tryngen", code=1, patience=600).stderr
        assert "there is no program /nowhere/ngen in this image" in refused
    finally:
        every_word("rmi", "--force", tag, code=None)
