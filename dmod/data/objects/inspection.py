"""Inspection: the objects of a dataset held against its manifest, where they are."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dmod.data.objects.bucket import AT_ONCE
from dmod.data.objects.download import pieces
from dmod.data.objects.failure import AbsentError
from dmod.data.objects.large import PIECE
from dmod.data.store import Fault, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset, File
    from dmod.data.objects.bucket import Bucket
    from dmod.data.objects.download import Piece
    from dmod.data.objects.placement import Placed
    from dmod.data.store import Report


def inspect(bucket: Bucket, dataset: Dataset, placed: Sequence[Placed], report: Report | None) -> list[Problem]:
    """What is missing, changed, or there without being in the manifest; by path."""
    known = {file.path: file for file in dataset.files}
    work = [piece for each in placed for piece in pieces(each, known)]
    problems, done = [], 0
    with ThreadPoolExecutor(AT_ONCE // 2) as readers:
        for piece, found in zip(work, readers.map(lambda one: _compared(bucket, dataset.name, one), work), strict=True):
            problems += found
            done += sum(file.size for file, _ in piece.files)
            if report:
                report(done, dataset.size, piece.files[-1][0].path)
    keys = {f"{dataset.name}/{each.key}" for each in placed}
    for generation in sorted({each.generation for each in placed}):
        for found_key in bucket.list(f"{dataset.name}/{generation}/"):
            if found_key.key not in keys:
                path = found_key.key.split("/", 2)[2].removeprefix("files/")
                problems.append(Problem(path, Fault.EXTRA, f"{found_key.key} is not in the manifest"))
    return sorted(problems)


def _compared(bucket: Bucket, name: str, piece: Piece) -> list[Problem]:
    key = f"{name}/{piece.key}"
    try:
        if len(piece.files) == 1:
            file, _ = piece.files[0]
            return _one(file, *_hashed(bucket, key, piece.start, piece.length))
        data = memoryview(bucket.get(key, piece.start, piece.length))
    except AbsentError:
        return [Problem(file.path, Fault.MISSING, f"{key} is gone") for file, _ in piece.files]
    parts = ((file, data[at : at + file.size]) for file, at in piece.files)
    return [each for file, part in parts for each in _one(file, len(part), hashlib.sha256(part).hexdigest())]


def _hashed(bucket: Bucket, key: str, start: int, length: int) -> tuple[int, str]:
    found, size = hashlib.sha256(), 0
    while size < length:
        data = bucket.get(key, start + size, min(PIECE, length - size))
        found.update(data)
        size += len(data)
        if not data:
            break
    return size, found.hexdigest()


def _one(file: File, size: int, sha256: str) -> list[Problem]:
    if file.size and not size:
        return [Problem(file.path, Fault.MISSING, "it is gone")]
    if size != file.size:
        return [Problem(file.path, Fault.CHANGED, f"it has {size:,} bytes, and had {file.size:,}")]
    if sha256 != file.sha256:
        return [Problem(file.path, Fault.CHANGED, "its checksum is another: the contents have changed")]
    return []
