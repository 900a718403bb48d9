"""SeaweedFS for tests: a real object store on free ports, with its data in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from dmod.data.objects.bucket import Bucket
from dmod.data.objects.credentials import Credentials
from dmod.errors import DmodError

KEYS = Credentials("dmod-tests", "a-secret-of-tests", "", "the tests")


def program() -> str | None:
    """The server, if it is installed: in the folder of this Python, or on PATH."""
    return shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


class Weed:
    """A server that can be killed and started again with the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: _free() for name in ("master", "filer", "volume", "s3")}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.ports['s3']}"

    def bucket(self, name: str = "dmod", credentials: Credentials = KEYS) -> Bucket:
        return Bucket(self.endpoint, name, credentials, secure=False, region="us-east-1")

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = [
            str(program()), "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            "-s3.port.iceberg=0", "-webdav=false", "-admin.ui=false", "-master.volumeSizeLimitMB=256",
            *(f"-{name}.port={port}" for name, port in self.ports.items()),
        ]  # fmt: skip
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": KEYS.access_key, "AWS_SECRET_ACCESS_KEY": KEYS.secret_key}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log, cwd=self.folder)
        self._wait()
        return self

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _wait(self) -> None:
        """Until it keeps something: it answers before it can."""
        end = time.monotonic() + 60
        while True:
            try:
                bucket = self.bucket("probe")
                bucket.make()
                bucket.put("probe", b"x")
            except DmodError:
                if time.monotonic() > end or self.process is None or self.process.poll() is not None:
                    raise
            else:
                return


def _free() -> int:
    """A port that is free, as the one 10,000 above it, which the server takes too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if not 20_000 < port < 32_000:
                port = 20_000 + port % 12_000
            try:
                other.bind(("127.0.0.1", port + 10_000))
                with socket.socket() as third:
                    third.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
