"""Credentials: the two keys of an object store, from the environment, a file, or those of the project's own stack."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dmod.errors import UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OWN = ("DMOD_OBJECT_STORE_ACCESS_KEY", "DMOD_OBJECT_STORE_SECRET_KEY")
_SHARED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")  # what other clients read too
_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - its name
_STACK = ("object-store-user", "object-store-password")  # made by dmod stack up
_KEYS = ("access_key", "secret_key")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks; repr does not show the secrets."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)  # of a session; "" where there is none
    origin: str  # where they come from, as a person names it


def read(file: Path, environment: Mapping[str, str] | None = None) -> Credentials:
    """DMOD_OBJECT_STORE_* of the environment, then the file, then those of `dmod stack up` beside it, then AWS_*.

    Raises UsageError where there are none, or where others may read the file.
    """
    given = os.environ if environment is None else environment
    if all(given.get(name) for name in OWN):
        return Credentials(given[OWN[0]], given[OWN[1]], "", f"environment {OWN[0]}")
    if file.exists():
        return _of_file(file)
    stack = [file.with_name(name) for name in _STACK]
    if all(each.exists() for each in stack):
        access, secret = (_private(each).strip() for each in stack)
        return Credentials(access, secret, "", shown(stack[1]))
    if all(given.get(name) for name in _SHARED):
        access, secret = (given[name] for name in _SHARED)
        return Credentials(access, secret, given.get(_TOKEN, ""), f"environment {_SHARED[0]}")
    raise UsageError(
        "there are no credentials for the object store",
        why=f"neither {shown(file)} nor {OWN[0]} and {OWN[1]} are there",
        fix=f'write access_key and secret_key to {shown(file)}, each a line such as: access_key = "..."',
    )


def _of_file(file: Path) -> Credentials:
    from dmod import toml_file

    table = toml_file.parse(_private(file), file).data
    lacking = [key for key in _KEYS if not isinstance(table.get(key), str) or not table[key]]
    if lacking:
        raise UsageError(f"{shown(file)} has no {' and no '.join(lacking)}", fix=f'write {lacking[0]} = "..." to it')
    return Credentials(table["access_key"], table["secret_key"], str(table.get("token", "")), shown(file))


def _private(file: Path) -> str:
    """What a file says that only its owner may read. Raises UsageError."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{shown(file)} may be read by others", fix=f"chmod 600 {shown(file)}")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise UsageError(f"{shown(file)} cannot be read: {why}") from error
