"""Trust: whose certificates an object store may show, and what is wrong with one that it shows."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from dmod.errors import UnreachableError, UsageError
from dmod.paths import shown

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = "names in [tls] of dmod.toml there, then dmod stack up object-store there"
_CLEAR = "secure = false in [object_store], or enabled = true in [tls] of dmod.toml there"
_WRONG = (  # what OpenSSL or the server says -> what is wrong, and how to mend it
    ("Hostname mismatch", "its certificate is of another name", _NAMES),
    ("IP address mismatch", "its certificate is of another address", _NAMES),
    ("certificate has expired", "its certificate has ended", "dmod stack up object-store there"),
    ("WRONG_VERSION_NUMBER", "it speaks no TLS", _CLEAR),
    ("record layer failure", "it speaks no TLS", _CLEAR),
    ("HTTPS server", "it speaks TLS alone", "secure = true in [object_store]"),
    ("certificate verify failed", "nobody who is known here has signed its certificate",
     "copy its .dmod/tls/ca.crt, and name the copy: ca in [tls]"),
)  # fmt: skip


def trusting(authority: Path | None) -> ssl.SSLContext:
    """TLS that trusts the known authorities, and one more. Raises UsageError if its file is not good."""
    import certifi

    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
    try:
        if authority:
            context.load_verify_locations(authority)
    except OSError as error:  # ssl.SSLError is one
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{shown(authority)} is no certificate", why=why, fix="mend ca in [tls]") from error  # type: ignore[arg-type]
    return context


def distrust(endpoint: str, said: str) -> UnreachableError | None:
    """Why the two do not come to terms, by what OpenSSL or the server said; None if it was something else."""
    for pattern, why, fix in _WRONG:
        if pattern in said:
            return UnreachableError(f"there is no TLS with the object store {endpoint}", why=why, fix=fix)
    return None
