"""Provenance: what a result comes from, and when two results must be the same."""

from __future__ import annotations

import json
import platform
from functools import cache
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING, Any

from dmod import __version__
from dmod.jobs.spec import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec

PACKAGES = ("numpy", "netCDF4", "holmes-rs", "mpi4py", "mpich", "pymetis")  # that have a share in results
UNKNOWN = "command"  # the kind of which nobody can say what it reads


@cache
def versions() -> Mapping[str, str]:
    """The packages that have a share in results, as far as they are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def origin(kind: str = "", image: str = "") -> dict[str, Any]:
    """What a job is run with, here and now; a command uses none of our packages, and an image holds its own."""
    found = {"dmod": __version__, "python": platform.python_version(), "host": platform.node()}
    if image:
        return {"dmod": __version__, "host": platform.node(), "image": image}
    return found if kind == UNKNOWN else {**found, "packages": dict(versions())}


def fingerprint(spec: Spec, prepared: Prepared) -> str:
    """SHA-256 of all that decides a result: equal for jobs that must make the same; "" if nobody can say.

    Cpus, names and limits are not in it: a result is the same for any number of ranks.
    """
    if spec.kind == UNKNOWN:
        return ""
    table = {name: getattr(spec.table, name) for name in spec.table.__dataclass_fields__ if name != "output"}
    told = prepared.to_json()
    decisive = {
        "kind": spec.kind,
        "table": plain(table),
        "seed": spec.seed,
        "data": {key: told[key] for key in ("datasets", "digests", "period", "catchments")},
        "dmod": __version__,
        "packages": {"image": prepared.image} if prepared.image else dict(versions()),
    }
    return sha256(json.dumps(decisive, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def differences(origin_: Mapping[str, Any], digests: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What has changed since a job ran: versions, and datasets; `now`: the digests of those that are still there."""
    found = [
        f"dataset {name} {'is gone' if name not in now else 'has changed'}"
        for name, digest in digests.items()
        if now.get(name) != digest
    ]
    before = {"dmod": origin_["dmod"], **origin_.get("packages", {})} if origin_ else {}
    after = {"dmod": __version__, **(versions() if "packages" in origin_ else {})} if before else {}
    return found + [
        f"{name} was {version}, and is {after.get(name, 'not installed')}"
        for name, version in before.items()
        if after.get(name) != version
    ]
