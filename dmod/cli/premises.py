"""What `dmod doctor` looks at in a project: dmod.toml, the folder of its state, disk, clock."""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.cli import settings
from dmod.cli.finding import Finding
from dmod.cli.nouns import NOUNS
from dmod.errors import DmodError, NotFoundError
from dmod.paths import shown
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmod.project import Project

_LITTLE = 5 * 2**30  # bytes; a year of forcing for a few thousand catchments
_NOTHING = 200 * 2**20  # bytes
_SKEW = 5.0  # seconds
_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "lustre", "beegfs", "gpfs"}


def findings() -> Iterator[Finding]:
    """All of them; outside of a project, that there is none."""
    try:
        project = settings.project()
    except NotFoundError as error:
        yield Finding("project", "skipped", error.message, error.fix)
        return
    try:
        folder = project.config.data.folder
        yield Finding("project", "ok", f"{project.name} in {project.root}")
    except DmodError as error:
        yield Finding(
            "project", "error", "; ".join(filter(None, [error.message, *error.why.split("\n")])), "dmod config check"
        )
        return
    if not (project.root / folder).exists() and folder.is_absolute():
        yield Finding("datasets", "error", f"data.folder {folder} does not exist", f"mkdir -p {folder}")
    yield _writable(project)
    yield _disk(project)
    yield _filesystem(project.root)
    if project.config.object_store.endpoint:
        yield _object_store(project)
    if project.config.tls.enabled:
        yield _certificate(project)
    yield from _stacks(project)
    yield from _scheduler(project)


def _writable(project: Project) -> Finding:
    """Whether .dmod can be written, and whether its file system's clock is ours: leases are compared with both."""
    probe = project.state / f".doctor-{os.getpid()}"
    try:
        project.state.mkdir(exist_ok=True)
        probe.write_bytes(b"." * 4096)  # an empty file fits on a full disk
        skew = probe.stat().st_mtime - time.time()
        probe.unlink()
    except OSError as error:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
        why = (error.strerror or str(error)).lower()
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        fix = f"free some space: df -h {shown(project.root)}" if full else f"chmod u+rwx {shown(project.state)}"
        return Finding("state", "error", f"{shown(project.state)} cannot be written: {why}", fix)
    if abs(skew) > _SKEW:
        return Finding(
            "clock",
            "warning",
            f"the clock of {shown(project.state)} is {skew:+.0f}s off this machine's",
            "timedatectl set-ntp true",
        )
    return Finding("state", "ok", f"{shown(project.state)} can be written, and its clock is this machine's")


def _disk(project: Project) -> Finding:
    place = next(each for each in (project.datasets, *project.datasets.parents) if each.exists())
    free = shutil.disk_usage(place).free
    status = "error" if free < _NOTHING else "warning" if free < _LITTLE else "ok"
    fix = "" if status == "ok" else "set data.folder in dmod.toml to a larger disk"
    return Finding("disk", status, f"{format_memory(free)} free for datasets", fix)


def _filesystem(folder: Path) -> Finding:
    """SQLite's write-ahead log needs memory shared by all who use the file: one machine."""
    kind = _kind(folder.resolve())
    if kind in _REMOTE:
        why = f"{kind}: use this project from one machine at a time"
        return Finding("files", "warning", why, f"dmod init on a local disk, data.folder on {folder}")
    return Finding("files", "ok", f"{kind or 'a file system'} of this machine")


def _object_store(project: Project) -> Finding:
    """Whether the object store answers, and takes the credentials."""
    from dmod.data.stores import Stores

    try:
        bucket = Stores(project).objects.bucket
        count = len(bucket.folders())
    except DmodError as error:
        return Finding("objects", "error", "; ".join(filter(None, [error.message, error.why])), error.fix)
    return Finding("objects", "ok", f"{bucket.place}: {count:,} dataset{'s' * (count != 1)}")


def _certificate(project: Project) -> Finding:
    """When the certificate ends that the services of stacks show."""
    from dmod.docker.certificate import SOON, there

    found, now = there(project), datetime.now(UTC)
    if found is None:
        return Finding("certificate", "ok", "it is made with the first stack that comes up")
    left, when = found.expires - now, f"{found.expires:%Y-%m-%d}"
    fix = "new files for [tls] in dmod.toml, then dmod stack up" if project.config.tls.certificate else "dmod stack up"
    if left < timedelta():
        return Finding("certificate", "error", f"it ended on {when}: clients refuse it", fix)
    status = "warning" if left < SOON else "ok"
    return Finding("certificate", status, f"it ends on {when}, in {left.days} days", fix if left < SOON else "")


def _stacks(project: Project) -> Iterator[Finding]:
    """What stands in the way of stacks, where there is an engine that could bring them up."""
    from dmod.docker.client import probe

    if not probe().available:
        return
    from dmod.docker import orchestration
    from dmod.docker.stack import stacks, variables

    try:
        known = stacks(project)
        wrong = list(orchestration.faults(project, list(known.values()), variables(project, {})))
    except DmodError as error:
        wrong = [error]
    for each in {each.message: each for each in wrong}.values():
        yield Finding("stacks", "warning", "; ".join(filter(None, [each.message, each.why])), each.fix)
    if not wrong:
        yield Finding("stacks", "ok", f"nothing stands in the way of {', '.join(known)}")


def _scheduler(project: Project) -> Iterator[Finding]:
    """Whether it runs; that it does not is no fault, for the next job starts it."""
    try:
        module = importlib.import_module(NOUNS["scheduler"].module)
    except ModuleNotFoundError:  # a package without it may still hold datasets
        return
    found = module.state(project)
    pid = f", pid {found['pid']}" if found.get("pid") else "; it starts with the next job"
    yield Finding("scheduler", "ok", f"{found['state']}{pid}")


def _kind(folder: Path) -> str:
    """The type of the file system that holds a folder; "" where the system does not tell."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    holding = [(point, kind) for point, kind in mounts if folder.is_relative_to(point)]
    return max(holding, key=lambda each: len(each[0]), default=("", ""))[1]
