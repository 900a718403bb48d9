"""Certificate: what the services of stacks show their clients, made by dmod and renewed, or of given files."""

from __future__ import annotations

import platform
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.data.workspace import locked
from dmod.docker.stack import WILD, deployment, owned, secrets_folder, stacks
from dmod.errors import UnmetError, UsageError
from dmod.paths import keep

if TYPE_CHECKING:
    from dmod.project import Project

SOON = timedelta(days=30)  # before its end a certificate is made anew
_CERTIFICATE, _KEY = "tls.crt", "tls.key"  # in .dmod/secrets
_LETTERS = 12  # of a digest


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in .dmod/secrets, where services get it from."""

    digest: str  # of it and its key: another one makes the services anew
    expires: datetime


def ready(project: Project) -> Certificate | None:
    """The certificate of a project's services, made or renewed where it must be; None without `tls.enabled`.

    Raises UsageError for given files that are none; UnmetError if the package for them is not installed.
    """
    said = project.config.tls
    if not said.enabled:
        return None
    if find_spec("cryptography") is None:
        why = "the Python package cryptography is not installed"
        raise UnmetError("certificates cannot be made, nor read", why=why, fix="pip install 'dmod[docker]'")
    folder = secrets_folder(project)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with locked(folder / ".tls.lock"):
        return _given(project) if said.certificate else _made(project)


def there(project: Project) -> Certificate | None:
    """The certificate that services were given last; None if there is none."""
    folder = secrets_folder(project)
    try:
        from dmod.docker import authority

        certificate, key = _bytes(folder / _CERTIFICATE), _bytes(folder / _KEY)
        found = authority.read(certificate, key)
    except (ModuleNotFoundError, OSError, ValueError):
        return None
    return Certificate(_digest(certificate, key), found.not_valid_after_utc)


def names(project: Project) -> set[str]:
    """What the services of a project are reached by: on this machine, from outside, and in their networks."""
    config = project.config
    found = {"localhost", "127.0.0.1", "::1", platform.node(), *stacks(project), *config.tls.names}
    outside = (config.object_store.endpoint, config.build.registry)
    found |= {each.rpartition(":")[0].strip("[]") for each in outside if ":" in each}
    found |= _addresses() if config.stacks.address in WILD else {config.stacks.address}
    return found - {""}


def _made(project: Project) -> Certificate:
    """The one that is there, if it holds, or a new one."""
    from dmod.docker import authority

    folder, ca, wanted = secrets_folder(project), project.state / "tls" / "ca.crt", names(project)
    signer = authority.Authority.kept(ca, folder / "tls-ca.key", deployment(project), datetime.now(UTC) + SOON)
    have = (_bytes(folder / _CERTIFICATE), _bytes(folder / _KEY))
    if not authority.holds(*have, ca.read_bytes(), wanted, datetime.now(UTC) + SOON):
        have = signer.sign(deployment(project), wanted)
    return _handed_over(project, *have)


def _given(project: Project) -> Certificate:
    """The certificate and the key of dmod.toml, copied to where services get them from."""
    said = project.config.tls
    have = {}
    for key, text in (("certificate", said.certificate), ("key", said.key)):
        path = project.root / Path(text).expanduser()
        try:
            have[key] = path.read_bytes()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise UsageError(f"tls.{key}: {path} cannot be read: {why}", fix="mend [tls] in dmod.toml") from error
    return _handed_over(project, **have)


def _handed_over(project: Project, certificate: bytes, key: bytes) -> Certificate:
    """Put both where services get them from, unless they are there."""
    from dmod.docker import authority

    folder = secrets_folder(project)
    try:
        found = authority.read(certificate, key)
    except ValueError as error:
        raise UsageError(
            "the certificate cannot be used", why=str(error), fix="mend certificate and key in [tls]"
        ) from error
    if found.not_valid_after_utc < datetime.now(UTC):
        when = f"{found.not_valid_after_utc:%Y-%m-%d}"
        raise UsageError(f"tls.certificate ended on {when}", fix="give a new one in [tls] of dmod.toml")
    for name, data in ((_KEY, key), (_CERTIFICATE, certificate)):
        if _bytes(folder / name) != data:
            folder.mkdir(parents=True, exist_ok=True)
            keep(folder / name, data, 0o600)
        owned(folder / name)
    return Certificate(_digest(certificate, key), found.not_valid_after_utc)


def _digest(certificate: bytes, key: bytes) -> str:
    return sha256(certificate + key).hexdigest()[:_LETTERS]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _addresses() -> set[str]:
    """The address by which this machine goes out: that of an unsent packet to a network of documents."""
    found = set()
    for family, outside in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as door:
                door.connect((outside, 9))
                found.add(str(door.getsockname()[0]))
        except OSError:  # no such network here
            continue
    return found
