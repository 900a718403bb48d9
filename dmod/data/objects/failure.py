"""Failure: what an object store refuses, in dmod's words."""

from __future__ import annotations

import re
from xml.sax.saxutils import unescape

from dmod.data.objects.trust import distrust
from dmod.errors import ConflictError, DmodError, NotFoundError, UnreachableError

FIX = "see that it runs (object_store in dmod.toml says where), then the same again"
_PASSING = {429, 500, 502, 503, 504}
_REFUSED = {401, 403}
_CONDITION = {"PreconditionFailed", "ConditionalRequestConflict"}
_FULL = re.compile(r"storage.?full|insufficient.?storage|quota|no space|no writable volumes", re.IGNORECASE)
_WHY = {
    "InvalidAccessKeyId": "it does not know the access key",
    "SignatureDoesNotMatch": "the secret key is not that of the access key",
    "AccessDenied": "they may not do this",
    "RequestTimeTooSkewed": "the clocks of the two machines differ too much",
    "ExpiredToken": "they have expired",
}


class AbsentError(NotFoundError):
    """There is no such object, bucket or upload."""


class ChangedError(ConflictError):
    """The object is not what the request was to be held to: another writer was faster."""


class PassingError(UnreachableError):
    """It may work when tried again."""


def failure(  # noqa: PLR0913, PLR0917 - what was asked of whom, and the answer
    endpoint: str, place: str, origin: str, status: int, code: str, message: str
) -> DmodError:
    """What an answer of `status` means, from a store that was asked with the keys of `origin`."""
    if status in _REFUSED:
        why = _WHY.get(code, message or f"HTTP {status}")
        return UnreachableError(
            f"the object store {endpoint} refuses the credentials of {origin}",
            why=f"{why} ({code})" if code else why,
            fix=f"put the right keys into {origin}",
        )
    if status == 412 or code in _CONDITION:
        return ChangedError(f"{place} was changed meanwhile", fix="try again")
    if status == 404 or code == "InvalidPart":
        return AbsentError(f"{place}: {message or 'there is no such object'}", fix="dmod dataset list")
    if _FULL.search(f"{code} {message}") or status == 507:
        return UnreachableError(
            f"the object store {endpoint} is full", why=message, fix="make room there; what was sent is kept"
        )
    if wrong := distrust(endpoint, message):
        return wrong
    said = f"{code}: {message}" if code else f"HTTP {status} {message}".strip()
    kind = PassingError if status in _PASSING else DmodError
    return kind(f"the object store {endpoint} fails", why=said[:300], fix=FIX)


def error_of(body: bytes) -> tuple[str, str]:
    """Code and message of an answer of S3; of another answer, no code and all of it."""
    text = body[:4096].decode("utf-8", "replace")
    if "<" not in text:
        return "", text.strip()
    found = (re.search(f"<{tag}>([^<]*)</{tag}>", text) for tag in ("Code", "Message"))
    code, message = (unescape(each[1]) if each else "" for each in found)
    return code, message
