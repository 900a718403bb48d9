"""Certificates: made once, of all names, renewed in time, trusted by clients that know the authority and no others."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("cryptography", reason="pip install 'dmod[docker]'")

from dmod.config import Config
from dmod.docker import authority, certificate
from dmod.errors import UsageError
from dmod.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def project_of(folder: Path, tls: str = "enabled = true") -> Project:
    (folder / "dmod.toml").write_text(f'[project]\nname = "basin"\n[tls]\n{tls}\n')
    return Project(folder, Config.read(folder / "dmod.toml", {}))


@pytest.fixture
def project(tmp_path) -> Project:
    return project_of(tmp_path)


def handshake(project: Project, name: str, authority_: Path | None) -> ssl.SSLSocket:
    """What a client meets that asks for `name` and trusts one authority."""
    secrets = project.state / "secrets"
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(secrets / "tls.crt", secrets / "tls.key")
    client = ssl.create_default_context(cafile=authority_)
    mine, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(mine, server_hostname=name) as found:
            return found.getpeercert()
    finally:
        mine.close()
        thread.join()


def test_without_tls_there_is_none(tmp_path):
    assert certificate.ready(project_of(tmp_path, "")) is None
    assert not (tmp_path / ".dmod").exists()


def test_clients_that_know_the_authority_trust_it_under_each_of_its_names_and_others_do_not(project):
    certificate.ready(project)
    for name in ("localhost", "127.0.0.1", "::1", "registry", "object-store", socket.gethostname()):
        assert handshake(project, name, project.authority)["subject"] == ((("commonName", "dmod-basin"),),)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(project, "elsewhere.example.org", project.authority)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed certificate in|unable to get local issuer"):
        handshake(project, "localhost", None)


def test_a_second_program_agrees(project):
    certificate.ready(project)
    said = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", project.authority,
         project.state / "secrets" / "tls.crt"], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.stdout.endswith("tls.crt: OK\n"), said.stderr


def test_it_is_made_once_and_only_the_user_may_read_the_keys(project):
    first = certificate.ready(project)
    assert certificate.ready(project) == first == certificate.there(project)
    assert timedelta(days=364) < first.expires - datetime.now(UTC) <= timedelta(days=365)
    for name in ("tls.key", "tls-ca.key", "tls.crt"):
        assert stat.S_IMODE((project.state / "secrets" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((project.state / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(project.authority.stat().st_mode) == 0o644
    assert (project.state / "secrets" / "tls-ca.key").stat().st_uid == os.geteuid()


@pytest.mark.parametrize("lost", ["secrets/tls.key", "secrets/tls.crt", "secrets/tls-ca.key", "tls/ca.crt"])
def test_what_was_lost_or_cut_off_is_made_anew(project, lost):
    first = certificate.ready(project)
    (project.state / lost).write_bytes(b"")
    second = certificate.ready(project)
    assert second.digest != first.digest
    assert handshake(project, "localhost", project.authority)


def test_another_name_makes_another_certificate_of_the_same_authority(project, tmp_path):
    first, ca = certificate.ready(project), project.authority.read_bytes()
    more = project_of(tmp_path, 'enabled = true\nnames = ["basin.example.org", "10.9.8.7"]')
    assert certificate.ready(more).digest != first.digest
    assert more.authority.read_bytes() == ca
    for name in ("basin.example.org", "10.9.8.7"):
        assert handshake(more, name, more.authority)


def test_it_is_renewed_before_it_ends_and_so_is_the_authority(tmp_path):
    now = datetime.now(UTC)
    files = (tmp_path / "ca.crt", tmp_path / "ca.key")
    signer = authority.Authority.kept(*files, "basin", now)
    ca = files[0].read_bytes()
    made = signer.sign("basin", {"localhost"}, now - timedelta(days=330))
    assert authority.holds(*made, ca, {"localhost"}, now + timedelta(days=34))
    assert not authority.holds(*made, ca, {"localhost"}, now + timedelta(days=36))
    same = authority.Authority.kept(*files, "basin", now + timedelta(days=3650 - 366))
    assert same.certificate == signer.certificate
    other = authority.Authority.kept(*files, "basin", now + timedelta(days=3650 - 364))
    assert other.certificate != signer.certificate
    assert not authority.holds(*made, files[0].read_bytes(), {"localhost"}, now)


def test_given_files_are_handed_over_as_they_are(tmp_path):
    signer = authority.Authority.new("agency", datetime.now(UTC))
    given = signer.sign("agency", {"localhost"})
    for name, data in zip(("site.crt", "site.key"), given, strict=True):
        (tmp_path / name).write_bytes(data)
    project = project_of(tmp_path, 'enabled = true\ncertificate = "site.crt"\nkey = "site.key"\nca = "agency.crt"')
    found = certificate.ready(project)
    assert (project.state / "secrets" / "tls.crt").read_bytes() == given[0]
    assert found == certificate.ready(project)
    assert not (project.state / "tls").exists()
    assert project.authority == tmp_path / "agency.crt"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, r"tls\.certificate: .*site\.crt cannot be read: no such file"),
        ({"site.crt": b"x", "site.key": b"y"}, "cannot be used"),
        ({"site.crt": "ended", "site.key": "ended"}, "ended on"),
        ({"site.crt": "good", "site.key": "other"}, "cannot be used"),
    ],
)
def test_given_files_that_are_no_good_are_refused_with_their_reason(tmp_path, files, said):
    signer, now = authority.Authority.new("agency", datetime.now(UTC)), datetime.now(UTC)
    pairs = {
        "good": signer.sign("agency", {"a"}),
        "other": signer.sign("agency", {"a"}),
        "ended": signer.sign("agency", {"a"}, now - timedelta(days=366)),
    }
    for at, name in enumerate(("site.crt", "site.key")):
        if name in files:
            data = files[name]
            (tmp_path / name).write_bytes(data if isinstance(data, bytes) else pairs[data][at])
    project = project_of(tmp_path, 'enabled = true\ncertificate = "site.crt"\nkey = "site.key"')
    with pytest.raises(UsageError, match=said) as error:
        certificate.ready(project)
    assert "[tls]" in error.value.fix


def test_a_certificate_without_its_key_is_a_mistake_of_dmod_toml(tmp_path):
    with pytest.raises(UsageError, match=r"dmod\.toml:3:1 certificate and key must be given both"):
        project_of(tmp_path, 'certificate = "a"')


def test_two_that_need_one_at_once_get_the_same(project):
    found = []
    threads = [threading.Thread(target=lambda: found.append(certificate.ready(project))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
