"""What BuildKit really said, read as how far it is and as what failed."""

from __future__ import annotations

import pytest

from dmod.config_services import Build
from dmod.docker.build import ca_bundle, labels, pip_settings
from dmod.docker.failure import failure
from dmod.docker.recipe import Recipe
from dmod.docker.steps import Steps
from dmod.errors import NotFoundError

SAID = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 114B done
#1 DONE 0.0s

#4 [1/2] FROM docker.io/library/debian:trixie-slim
#4 CACHED

#5 [stage-0 2/2] RUN for i in $(seq 30); do echo line $i; done; false
""" + "".join(f"#5 0.153 line {number}\n" for number in range(1, 31))  # fmt: skip
FAILED = (
    "#5 ERROR: executor failed running [/bin/sh -c false]: exit code: 1\n------\n > [2/2] RUN false:\n0.1 line 30\n"
)
UNREACHABLE = """\
#3 [internal] load metadata for docker.io/nothere/such:1
#3 ERROR: failed to do request: Head "https://registry-1.docker.io/v2/nothere/such/manifests/1": no such host
"""


def fed(text: str, total: int = 2) -> Steps:
    steps = Steps(total)
    for line in text.splitlines(keepends=True):
        steps.feed(line)
    return steps


def recipe(tmp_path, text: str = "FROM nothere/such:1\n") -> Recipe:
    return Recipe("mine", str(tmp_path / "mine" / "Dockerfile"), text)


def test_how_far_it_is():
    steps = fed(SAID)
    assert (steps.begun, steps.total) == (2, 2)
    assert steps.now == "RUN for i in $(seq 30); do echo line $i; done; false"
    assert steps.last == "line 30"
    assert steps.failed is None


def test_only_what_is_new_is_worth_showing():
    steps = Steps(2)
    assert [steps.feed(line) for line in SAID.splitlines()[:10]] == [False] * 6 + [True] + [False] * 2 + [True]


def test_what_failed_and_its_last_twenty_lines(tmp_path):
    error = failure(recipe(tmp_path), fed(SAID + FAILED))
    assert error.message == "image mine was not built: RUN for i in $(seq 30); do echo line $i; done; false"
    assert error.tail == tuple(f"line {number}" for number in range(11, 31))
    assert error.why.endswith("exit code: 1")
    assert error.fix.endswith("Dockerfile, then dmod image build mine")


@pytest.mark.parametrize(
    ("said", "why", "fix"),
    [
        (UNREACHABLE, "an image of a FROM line is not to be had", "docker pull nothere/such:1"),
        (SAID + "#5 0.2 OSError: [Errno 28] no space left on device\n" + FAILED, "the engine's disk is full",
         "docker system df, then docker builder prune"),
        (SAID + "#5 0.2 SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed\n" + FAILED,
         "pip trusts no certificate of this network", "set ca_bundle in [build] of dmod.toml"),
        (SAID + "#5 0.2 Temporary failure resolving 'deb.debian.org'\n" + FAILED,
         "the network of the build reaches no packages", "set index in [build] of dmod.toml, or HTTPS_PROXY"),
    ],
    ids=["no such image", "no space", "a firewall", "no network"],
)  # fmt: skip
def test_what_mends_it(tmp_path, said, why, fix):
    error = failure(recipe(tmp_path), fed(said))
    assert (error.why, error.fix) == (why, fix)


def test_pip_is_told_by_dmod_toml_and_else_by_the_environment():
    environment = {"PIP_INDEX_URL": "https://user:secret@mirror/simple"}
    assert "index-url = https://user:secret@mirror/simple\n" in pip_settings(Build(), environment, "")
    told = pip_settings(Build(index="https://ours/simple"), environment, "/ca.pem")
    assert "index-url = https://ours/simple\n" in told
    assert "cert = /run/secrets/ca\n" in told
    assert "cert" not in pip_settings(Build(), {}, "")


def test_certificates_are_those_of_dmod_toml_or_of_the_environment(tmp_path):
    (tmp_path / "ca.pem").touch()
    given = {"PIP_CERT": str(tmp_path / "gone"), "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    assert ca_bundle(Build(), tmp_path, given) == given["SSL_CERT_FILE"]
    assert ca_bundle(Build(ca_bundle="ca.pem"), tmp_path, {}) == str(tmp_path / "ca.pem")
    assert ca_bundle(Build(), tmp_path, {}) == ""
    with pytest.raises(NotFoundError, match="there is no file"):
        ca_bundle(Build(ca_bundle="nothing.pem"), tmp_path, {})


def test_an_image_says_what_it_is():
    said = labels(Recipe("worker", "", ""), "123456789abc", "")
    assert said["dmod.image"] == "worker"
    assert said["dmod.content"] == "123456789abc"
    assert said["org.opencontainers.image.version"]
    assert "org.opencontainers.image.revision" not in said
