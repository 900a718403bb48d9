"""Authority: the one that signs the certificates of a deployment, and what it signs.

The key of the authority stays in .dmod/secrets; its certificate, .dmod/tls/ca.crt, is what clients trust.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dmod.paths import keep

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_DECADE = timedelta(days=3650)  # how long an authority is one
YEAR = timedelta(days=365)  # how long what it signs holds
_SKEW = timedelta(hours=1)  # clocks of other machines may be behind


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that signs others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def kept(cls, certificate: Path, key: Path, name: str, until: datetime) -> Authority:
        """That of two files; a new one in them if there is none, or it ends before what it signed by `until` would."""
        found = cls._read(certificate, key)
        if found and found.certificate.not_valid_after_utc > until + YEAR:
            return found
        made = cls.new(name, datetime.now(UTC))
        for folder in (key.parent, certificate.parent):
            folder.mkdir(parents=True, exist_ok=True)
        keep(key, _private(made.key), 0o600)
        keep(certificate, made.certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        return made

    @classmethod
    def _read(cls, certificate: Path, key: Path) -> Authority | None:
        """That of two files; None if they hold none that was made here."""
        try:
            private = serialization.load_pem_private_key(key.read_bytes(), None)
            found = x509.load_pem_x509_certificate(certificate.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        right = isinstance(private, ec.EllipticCurvePrivateKey) and _goes_with(found, private)
        return cls(found, private) if right else None  # type: ignore[arg-type]

    @classmethod
    def new(cls, name: str, now: datetime) -> Authority:
        """One that may sign servers, and no other authorities."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), _name(f"{name} authority")
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = (
            _begun(subject, subject, key.public_key(), now, _DECADE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(made, key)

    def sign(self, name: str, names: Collection[str], now: datetime | None = None) -> tuple[bytes, bytes]:
        """A certificate for a server of these names and addresses, and its key, both as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            _begun(_name(name), self.certificate.subject, key.public_key(), now or datetime.now(UTC), YEAR)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_general(each) for each in sorted(names)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.certificate.public_key()),  # type: ignore[arg-type]
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM), _private(key)


def holds(certificate: bytes, key: bytes, authority: bytes, names: Collection[str], until: datetime) -> bool:
    """Whether a certificate goes with its key and authority, is of all the names, and ends after `until`."""
    try:
        mine, theirs = x509.load_pem_x509_certificate(certificate), x509.load_pem_x509_certificate(authority)
        mine.verify_directly_issued_by(theirs)
        if not _goes_with(mine, serialization.load_pem_private_key(key, None)):
            return False
    except (ValueError, TypeError, InvalidSignature):
        return False
    return set(names) <= named(mine) and mine.not_valid_after_utc > until


def read(certificate: bytes, key: bytes) -> x509.Certificate:
    """The certificate of a file, whose chain may follow it; ValueError if it is none, or the key is of another."""
    found = x509.load_pem_x509_certificate(certificate)
    try:
        private = serialization.load_pem_private_key(key, None)
    except TypeError as error:
        raise ValueError("the key has a password") from error
    if not _goes_with(found, private):
        raise ValueError("the key is of another certificate")
    return found


def named(certificate: x509.Certificate) -> set[str]:
    """The names and addresses that it is of."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _goes_with(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    return certificate.public_key() == key.public_key()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])  # X.509 takes no more


def _general(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _private(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
