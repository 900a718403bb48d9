"""What keeping and matching datasets costs, as ratios to plain tools on the same files.

    python tests/bench/bench_datasets.py [FOLDER]

Creating is held against `cp -r` and `sync`, checking against `sha256sum`, matching against building one Python set.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.dataset import Dataset
from dmod.data.domain import Domain
from dmod.data.folder import FolderStore
from dmod.data.format import Category
from dmod.data.match import match
from dmod.data.requirement import Requirement
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3600
CATCHMENTS = 100_000
DECEMBER = TimeRange.parse("2015-12-01", "2015-12-31 23:00")
JANUARY = TimeRange.parse("2016-01-01", "2016-01-31 23:00")
WINTER = TimeRange(DECEMBER.begin, JANUARY.end)


def seconds(call: Callable[[], object]) -> float:
    """The time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def forcing(name: str, time_: TimeRange, catchments: list[str]) -> Dataset:
    """A dataset of forcing, as its manifest says."""
    domain = Domain("aorc-netcdf", (block(catchments, time_, ["APCP_surface", "TMP_2maboveground"]),), HOUR)
    return Dataset(name, Category.FORCING, domain, (), datetime.now(UTC))


def matching() -> None:
    """A requirement of 100,000 catchments over two months, in the ways it can be met or not."""
    names = [f"cat-{n}" for n in range(CATCHMENTS)]
    need = [
        Requirement(
            Category.FORCING, "forcing", catchments=tuple(names), time=WINTER, step=HOUR, variables=("APCP_surface",)
        )
    ]
    base = seconds(lambda: set(names))
    others = [forcing(f"other-{n}", JANUARY, [f"cat-{CATCHMENTS + n}"]) for n in range(200)]
    cases = {
        "one dataset has all": [forcing("all", WINTER, names), *others],
        "two months together": [forcing("december", DECEMBER, names), forcing("january", JANUARY, names), *others],
        "two halves, two months": [
            forcing(f"{half}-{month}", period, names[half * 50_000 : half * 50_000 + 50_000])
            for half in (0, 1)
            for month, period in ((12, DECEMBER), (1, JANUARY))
        ],
        "one catchment is missing": [forcing("all-but-one", WINTER, names[1:]), *others],
    }
    for case, datasets in cases.items():
        spent = seconds(lambda datasets=datasets: match(need, datasets))  # type: ignore[misc]
        print(f"match, 100,000 catchments, {case:<25} {spent:6.3f} s  {spent / base:6.0f} x set(names)")


def keeping(folder: Path, what: str, count: int, size: int) -> None:
    """Many small files, or one large one."""
    source, store = folder / "source", FolderStore(folder / "store")
    source.mkdir()
    for number in range(count):
        (source / f"file-{number}.bin").write_bytes(bytes([number % 256]) * size)
    subprocess.run(["sync", "-f", source], check=True)
    copied = seconds(lambda: _copied(source, folder / "copy"))
    kept = seconds(lambda: store.create("bytes", "config", [source], format="generic"))
    print(f"create, {what:<22} {kept:6.2f} s  {kept / copied:5.2f} x cp -r and sync")
    linked = seconds(lambda: store.create("links", "config", [source], format="generic", link=True))
    print(f"create --link, {what:<15} {linked:6.2f} s  {linked / copied:5.2f} x cp -r and sync")
    summed = seconds(lambda: _summed(source))
    checked = seconds(lambda: store.check("bytes"))
    print(f"check, {what:<23} {checked:6.2f} s  {checked / summed:5.2f} x sha256sum")
    print(f"manifest, {what:<20} {seconds(lambda: store.get('bytes')):6.3f} s")
    for path in (source, folder / "copy", folder / "store"):
        shutil.rmtree(path)


def _copied(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", source, target], check=True)
    subprocess.run(["sync", "-f", target], check=True)


def _summed(source: Path) -> None:
    files = "\0".join(map(str, source.iterdir())).encode()
    subprocess.run(["xargs", "-0", "sha256sum"], input=files, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    matching()
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as place:
        keeping(Path(place), "20,000 files of 20 KB", 20_000, 20_000)
        keeping(Path(place), "one file of 400 MB", 1, 400_000_000)
