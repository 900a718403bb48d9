"""`dmod dashboard --web`: a real server, asked by a real client, and by a browser if there is one."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="pip install 'dmod[web]'")
pytest.importorskip("textual_serve", reason="pip install 'dmod[web]'")


@pytest.fixture
def site(rivers, request):
    """The address that the command says."""
    words = [sys.executable, "-m", "dmod.cli", "dashboard", "--web", *getattr(request, "param", ())]
    with subprocess.Popen(words, cwd=rivers.project.root, stdout=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().strip()
        yield address
        server.terminate()


def asked(address: str, **headers: str) -> int:
    try:
        with urlopen(Request(address, headers=headers), timeout=30) as answer:  # noqa: S310 - our own
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            return answer.status
    except HTTPError as error:
        return error.code


async def seen(address: str, until: str, *keys: str, said: str = "") -> str:
    """What the terminal behind the web socket writes, after some keys."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address.replace("http:", "ws:") + "ws?width=120&height=40") as socket,
    ):
        text, end = "", time.monotonic() + 60
        async for message in socket:
            data = message.data
            text += data.decode(errors="replace") if isinstance(data, bytes) else data
            if until in text and keys:
                await socket.send_str(json.dumps(["stdin", "".join(keys)]))
                until, keys = said, ()
            elif until in text:
                return text
            assert time.monotonic() < end, text[-2000:]
    return text


def test_only_with_the_token(site):
    base = site.rsplit("/", 2)[0]
    assert site.startswith("http://127.0.0.1:")
    assert asked(site) == 200
    assert asked(f"{site}static/js/textual.js") == 200
    assert asked(f"{base}/") == 404
    assert asked(f"{base}/ws") == 404
    assert asked(f"{base}/{'A' * 32}/") == 404
    assert asked(site, Host="rivers.example") == 403


def test_it_shows_and_changes_nothing(site):
    assert "--read-only" in asyncio.run(seen(site, "leaf-4deg", "C", said="--read-only"))


@pytest.mark.parametrize("site", [("--allow-changes",)], indirect=True)
def test_changes_are_allowed(site):
    assert "Cancel job 9" in asyncio.run(seen(site, "leaf-4deg", "C", said="Cancel job 9"))


def dashboards(root: Path) -> list[int]:
    """The dashboards of a project that run, but for the server."""
    mark, found = [b"-C", os.fsencode(root), b"dashboard"], []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            found += [int(process.name)] if words[3:6] == mark else []
    return found


def test_who_ends_the_server_ends_the_dashboards_of_its_visitors(rivers):
    words = [sys.executable, "-m", "dmod.cli", "dashboard", "--web"]

    async def visit(address: str, server: subprocess.Popen[str]) -> None:
        url = address.replace("http:", "ws:") + "ws?width=120&height=40"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.receive()
            assert dashboards(rivers.project.root)
            server.terminate()
            await asyncio.to_thread(server.wait, 30)

    with subprocess.Popen(words, cwd=rivers.project.root, stdout=subprocess.PIPE, text=True) as server:
        asyncio.run(visit(server.stdout.readline().strip(), server))
    end = time.monotonic() + 10
    while dashboards(rivers.project.root):
        assert time.monotonic() < end
        time.sleep(0.1)


async def drawn(port: str) -> bytes:
    """A picture of the page of a browser, once the dashboard has had time to come."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json") as answer:
            pages = [each for each in await answer.json() if each["type"] == "page"]
        async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            for at in range(60):
                code = "document.body.classList.contains('-first-byte')"
                await socket.send_json({"id": at, "method": "Runtime.evaluate", "params": {"expression": code}})
                if (await socket.receive_json())["result"]["result"].get("value"):
                    break
                await asyncio.sleep(0.5)
            else:
                pytest.fail("the dashboard never came")
            await asyncio.sleep(1)
            await socket.send_json({"id": 99, "method": "Page.captureScreenshot"})
            return base64.b64decode((await socket.receive_json())["result"]["data"])


@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no chromium")
def test_a_browser_draws_it(site, tmp_path):
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    words += ["--remote-debugging-port=0", "--window-size=1200,700", site]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as browser:
        line = next(line for line in browser.stderr if "DevTools listening" in line)
        picture = asyncio.run(drawn(line.split("127.0.0.1:")[1].split("/")[0]))
        browser.terminate()
    (tmp_path / "web.png").write_bytes(picture)
    assert len(picture) > 30_000  # an empty page is a tenth of that
