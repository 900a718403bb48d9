"""The wheel that images carry: the same bytes each time, and pip takes it."""

from __future__ import annotations

import subprocess
import sys
import zipfile

from dmod.docker import wheel


def test_it_has_the_same_bytes_each_time():
    assert wheel.made() == wheel.made()


def test_pip_installs_it_and_what_is_installed_runs(tmp_path):
    name, body = wheel.made()
    (tmp_path / name).write_bytes(body)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", tmp_path / "there"]
    subprocess.run([*pip, tmp_path / name], check=True)
    asked = "import dmod.project, dmod.worker; print(dmod.project.__file__, len(dmod.project.template()))"
    said = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'there')!r}); {asked}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    file, size = said.stdout.split()
    assert file == str(tmp_path / "there" / "dmod" / "project.py")
    assert int(size) > 1000


def test_it_holds_no_bytecode_and_one_record_of_every_file(tmp_path):
    name, body = wheel.made()
    (tmp_path / name).write_bytes(body)
    with zipfile.ZipFile(tmp_path / name) as archive:
        names = archive.namelist()
        record = archive.read(next(each for each in names if each.endswith("/RECORD"))).decode()
    assert not [each for each in names if "__pycache__" in each]
    assert sorted(line.partition(",")[0] for line in record.splitlines()) == sorted(names)
