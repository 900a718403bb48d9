"""The wheel of the dmod that runs, from a checkout or from an installed package alike, for the images that carry it."""

from __future__ import annotations

import io
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH = 315_532_800  # 1980-01-01, the first day of a zip file: a wheel has the same bytes whenever it is made
PACKAGES = ("dmod", "tui")


def made() -> tuple[str, bytes]:
    """The name of the wheel and its bytes, which are the same for the same files."""
    try:
        known = metadata.distribution("dmod")
    except metadata.PackageNotFoundError as error:
        raise NotFoundError("dmod is not installed, only found", fix="pip install --editable .") from error
    stem = f"dmod-{known.version}"
    about = {name: known.read_text(name) or "" for name in ("METADATA", "entry_points.txt")}
    about["WHEEL"] = "Wheel-Version: 1.0\nGenerator: dmod\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    entries = [*_modules(), *((f"{stem}.dist-info/{name}", text.encode()) for name, text in sorted(about.items()))]
    record = "".join(f"{name},sha256={_digest(body)},{len(body)}\n" for name, body in entries)
    listed = f"{stem}.dist-info/RECORD"
    return f"{stem}-py3-none-any.whl", _zipped([*entries, (listed, f"{record}{listed},,\n".encode())])


def _modules() -> Iterator[tuple[str, bytes]]:
    """Every file of our packages, and dmod.toml, which in a checkout lies above them."""
    root = Path(__file__).parents[2]
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and "__pycache__" not in inside.parts and "templates" not in inside.parts:
                yield inside.as_posix(), path.read_bytes()
    from dmod.project import template

    yield "dmod/templates/dmod.toml", template().encode()


def _digest(body: bytes) -> str:
    return urlsafe_b64encode(sha256(body).digest()).rstrip(b"=").decode()


def _zipped(entries: list[tuple[str, bytes]]) -> bytes:
    """A zip file; not compressed, since it goes no further than this machine's engine."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, body in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body)
    return whole.getvalue()
