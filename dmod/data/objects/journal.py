"""Journal: what of an upload is in the object store already, so that the same upload goes on after whatever ended it.

A line of JSON for each thing that is there. One writer at a time holds it; another of the same files begins anew, below
a generation of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from typing import TYPE_CHECKING, Any, Self

from dmod.data.objects.generations import RESUMED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def held(folder: Path) -> set[str]:
    """The generations of the uploads that go on at this moment."""
    found = set()
    for path in folder.glob("*.jsonl"):
        try:
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    found.add(str(json.loads(file.readline())["generation"]))
        except (OSError, ValueError, KeyError):  # done meanwhile, or not begun
            continue
    return found


class Journal:
    """The journal of one upload; `with` holds it, and leaves the file unless the upload is done."""

    def __init__(self, folder: Path, store: str, name: str, entries: Sequence[Entry]) -> None:
        told = json.dumps([store, name, [[each.path, str(each.source), each.size, each.changed] for each in entries]])
        self._path = folder / f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.jsonl"
        self.generation = secrets.token_hex(8)
        self.objects: dict[str, dict[str, Any]] = {}  # by key: those that are there whole
        self.uploads: dict[str, str] = {}  # by key: those of which parts are there
        self.parts: dict[str, dict[int, str]] = {}  # by key: etags of the parts
        self._handle: int | None = None
        self._whole = True  # nothing could not be written

    def __enter__(self) -> Self:
        self._handle = self._held()
        if self._handle is not None:
            self._recall()
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    @property
    def resumed(self) -> bool:
        """Whether something is there already."""
        return bool(self.objects or self.parts)

    def note(self, **said: object) -> None:
        """Write down what is there now."""
        self._take(dict(said))
        if self._handle is not None and self._whole:
            line = f"{json.dumps(said)}\n".encode()
            try:
                self._whole = os.write(self._handle, line) == len(line)
            except OSError:  # a full disk ends no upload: what is sent from here on would be sent again
                self._whole = False

    def close(self) -> None:
        """The manifest comes next: from here on nobody goes on with it."""
        self.note(closed=True)

    def forget(self) -> None:
        """The upload is done."""
        if self._handle is not None:
            self._path.unlink(missing_ok=True)

    def _held(self) -> int | None:
        """The file, locked; None where another holds it, or it cannot be."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._locked()
        except OSError:
            return None  # a disk that cannot be written

    def _locked(self) -> int | None:
        while True:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return None
            if os.fstat(handle).st_nlink:
                return handle
            os.close(handle)  # its last holder was done with it meanwhile

    def _recall(self) -> None:
        handle = self._handle
        assert handle is not None  # noqa: S101 - it is held
        lines = self._path.read_bytes().split(b"\n")[:-1]  # what a crash cut off does not count
        said = [json.loads(line) for line in lines]
        if said and time.time() - said[0].get("began", 0) < RESUMED and not any(each.get("closed") for each in said):
            self.generation = said[0]["generation"]
            for each in said[1:]:
                self._take(each)
        else:
            os.ftruncate(handle, 0)
            self.note(generation=self.generation, began=time.time())

    def _take(self, said: dict[str, Any]) -> None:
        key = said.get("key", "")
        if "files" in said:
            self.objects[key] = said
        elif "part" in said:
            self.parts.setdefault(key, {})[said["part"]] = said["etag"]
        elif "upload" in said:
            self.uploads[key] = said["upload"]
            self.parts.pop(key, None)
