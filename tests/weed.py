"""SeaweedFS for tests: a real object store on free ports, with its data in a temporary folder."""

from __future__ import annotations

import os
import random
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
        self.ports: dict[str, int] = {}  # chosen at the first start, then kept
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.ports['s3']}"

    def bucket(self, name: str = "dmod", credentials: Credentials = KEYS) -> Bucket:
        return Bucket(self.endpoint, name, credentials, secure=False, region="us-east-1")

    def start(self) -> Self:
        """Start it; the first time again with other ports where another server was faster to take one."""
        new = not self.ports
        for _ in range(5 if new else 1):
            if new:
                self.kill()
                shutil.rmtree(self.folder, ignore_errors=True)
                self.ports = _free("master", "filer", "volume", "s3")
            self._run()
            try:
                self._wait()
            except DmodError as error:
                last = error
            else:
                return self
        raise last

    def _run(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = [
            str(program()), "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            "-s3.port.iceberg=0", "-webdav=false", "-admin.ui=false", "-master.volumeSizeLimitMB=256",
            *(f"-{name}.port={port}" for name, port in self.ports.items()),
        ]  # fmt: skip
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": KEYS.access_key, "AWS_SECRET_ACCESS_KEY": KEYS.secret_key}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log, cwd=self.folder)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _wait(self) -> None:
        """Until it keeps something: it answers before it can."""
        end = time.monotonic() + 30
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


def _free(*names: str) -> dict[str, int]:
    """Ports that are free, as are those 10,000 above, which the server takes too; none that the system gives out."""
    chosen: list[int] = []
    while len(chosen) < len(names):
        port = random.randrange(10_000, 22_000)  # noqa: S311 - no secret
        try:
            for each in (port, port + 10_000):
                with socket.socket() as door:
                    door.bind(("127.0.0.1", each))
        except OSError:
            continue
        if not {port, port + 10_000} & {taken for each in chosen for taken in (each, each + 10_000)}:
            chosen.append(port)
    return dict(zip(names, chosen, strict=True))
