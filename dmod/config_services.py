"""The tables of dmod.toml for what runs beside dmod: images, stacks, an object store."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Build:
    """How images are built, and where they are sent."""

    ca_bundle: str = field(
        default="",
        metadata={
            "doc": 'certificates that pip trusts in a build, behind a firewall that looks into TLS; "" is PIP_CERT',
            "aliases": ("ca", "cert", "certificates", "ca_file", "cafile", "certs"),
        },
    )
    index: str = field(
        default="",
        metadata={
            "doc": 'where pip finds packages in a build; "" is PIP_INDEX_URL, or else PyPI',
            "aliases": ("index_url", "pip_index", "pypi", "mirror"),
        },
    )
    registry: str = field(
        default="",
        metadata={
            "doc": 'where dmod image push sends images; "" is the registry of the own stack',
            "aliases": ("push_to", "remote", "repository"),
        },
    )


@dataclass(frozen=True, slots=True)
class ImageTable:
    """An image of one's own: another one with modules in it, or around a compiled ngen."""

    from_: str = field(
        default="",
        metadata={
            "key": "from",
            "doc": "an image of dmod's, or any with a compiled ngen in it; by default what its name begins with",
            "aliases": ("base", "image", "parent", "source"),
        },
    )
    modules: tuple[str, ...] = field(
        default=(),
        metadata={"doc": "folders with a module.toml, compiled into it", "aliases": ("module", "models", "with")},
    )
    ngen: str = field(
        default="",
        metadata={
            "doc": 'where ngen lies in the image of "from", where it is not found',
            "aliases": ("ngen_path", "path", "binary"),
        },
    )


@dataclass(frozen=True, slots=True)
class ObjectStoreTable:
    """A store of objects that several machines share; its keys are never in this file."""

    endpoint: str = field(
        default="",
        metadata={
            "doc": "host:port of an S3 server; without one there is none",
            "aliases": ("url", "host", "address", "server", "endpoint_url"),
        },
    )
    bucket: str = field(
        default="dmod",
        metadata={
            "doc": "one for all datasets; made with the first",
            "aliases": ("name", "bucket_name", "container"),
        },
    )
    secure: bool = field(
        default=True,
        metadata={
            "doc": "TLS; false only on a network of your own",
            "aliases": ("tls", "ssl", "https", "use_ssl"),
        },
    )
    region: str = field(
        default="us-east-1",
        metadata={
            "doc": "as the provider names it",
            "aliases": ("location", "region_name"),
        },
    )
    credentials: Path = field(
        default=Path(".dmod/secrets/object-store.toml"),
        metadata={
            "doc": "a file of mode 600 with access_key and secret_key",
            "aliases": ("credentials_file", "secret", "secrets", "keys", "access_key", "secret_key"),
        },
    )


@dataclass(frozen=True, slots=True)
class Tls:
    """How registry and object store are spoken to: in the clear on this machine, or under certificates."""

    enabled: bool = field(
        default=False,
        metadata={
            "doc": "true: the services of stacks show a certificate",
            "aliases": ("on", "enable", "secure", "use_tls"),
        },
    )
    names: tuple[str, ...] = field(
        default=(),
        metadata={
            "doc": "more names and addresses that they are reached by",
            "aliases": ("hosts", "addresses", "san", "sans", "domains"),
        },
    )
    certificate: str = field(
        default="",
        metadata={
            "doc": 'a file with it and its chain; "" is one that dmod makes, and renews',
            "aliases": ("cert", "certificate_file", "cert_file", "crt"),
        },
    )
    key: str = field(
        default="",
        metadata={"doc": "the file with its private key", "aliases": ("private_key", "key_file", "secret_key")},
    )
    ca: str = field(
        default="",
        metadata={
            "doc": 'a file with the authority that clients trust beside the known ones; "" is that of dmod',
            "aliases": ("authority", "ca_file", "cafile", "ca_bundle", "ca_cert"),
        },
    )

    def __post_init__(self) -> None:
        """A certificate is of no use without its key."""
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key must be given both, or neither")


@dataclass(frozen=True, slots=True)
class Stacks:
    """Where the services of stacks run, and where they listen."""

    mode: str = field(
        default="compose",
        metadata={
            "doc": "compose: on this machine; swarm: on the nodes of its Swarm",
            "choices": ("compose", "swarm"),
            "aliases": ("orchestrator", "engine", "with", "use"),
        },
    )

    address: str = field(
        default="127.0.0.1",
        metadata={"doc": 'of this machine; "0.0.0.0" is for everybody', "aliases": ("host", "bind", "ip", "listen")},
    )
    registry_port: int = field(
        default=5000, metadata={"doc": "of the registry", "minimum": 1, "aliases": ("registry", "port")}
    )
    object_store_port: int = field(
        default=8333, metadata={"doc": "of the object store", "minimum": 1, "aliases": ("object_store", "s3_port")}
    )

    @property
    def swarm(self) -> bool:
        """Whether services run on the nodes of a Swarm."""
        return self.mode == "swarm"
