"""A project with a past, whose clock stands still: jobs in every status, datasets, a simulation and its scores."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import platform
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from textual import events

from dmod import layout, project
from dmod.data.folder import FolderStore
from dmod.docker.build import Built
from dmod.docker.image import Image
from dmod.docker.stack_service import Service
from dmod.docker.steps import Steps
from dmod.errors import ConflictError, DmodError, UnreachableError
from dmod.hydro.period import TimeRange
from dmod.jobs.kinds.command import Command, CommandSpec
from dmod.jobs.kinds.evaluation import Evaluation, EvaluationSpec
from dmod.jobs.kinds.simulation import Simulation, SimulationSpec
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.prepared import Prepared
from dmod.jobs.resources import Allocation, Resources
from dmod.jobs.status import Status
from dmod.scheduler.lock import Lock
from dmod.scheduler.nodes import nodes
from dmod.scheduler.queue import Queue
from tui import image_rows, machine, stack_rows
from tui.app import Dashboard
from tui.options import Options
from tui.screens import images as images_screen
from tui.screens import stacks as stacks_screen
from tui.screens.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
BEGIN = datetime(1984, 1, 1, tzinfo=UTC)
DAYS = 1461
RIVERS = {"02472000": "nex-1", "02OJ007": "nex-2", "04080000": "nex-3"}
NEXUSES = tuple(RIVERS.values())


class Stage:
    """A project that tests can act in while a dashboard looks on."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, advance: Callable[..., None]) -> None:
        self.now = NOW
        self._advance = advance
        self.looks = 0
        monkeypatch.setattr(time, "time", self.clock_seconds)
        monkeypatch.setattr(machine, "read", self.reading)
        monkeypatch.setattr(platform, "node", lambda: "basin")
        monkeypatch.chdir(root)
        monkeypatch.delenv("NO_COLOR", raising=False)
        if not (root / "dmod.toml").exists():
            self._create(root)
        self.project = project.Project.find(root)
        self.store = FolderStore(self.project.datasets)
        self._queue: Queue | None = None

    def _create(self, root: Path) -> None:
        """The same machine everywhere."""
        file = project.create(root, "rivers").file
        text = file.read_text().replace("# cpus = 0 ", "cpus = 4 ").replace('# memory = "0"  ', 'memory = "16GiB"')
        file.write_text(text)

    @property
    def queue(self) -> Queue:
        if self._queue is None:
            self._queue = Queue(self.project.queue)
        return self._queue

    def close(self) -> None:
        if self._queue is not None:
            self._queue.close()

    def clock(self) -> datetime:
        return self.now

    def clock_seconds(self) -> float:
        return self.now.timestamp()

    def app(self, **options: object) -> Dashboard:
        return Dashboard(self.project, Options(**options), self.clock)

    def reading(self) -> machine.Reading:
        """Half the cpus busy, a quarter of the memory in use, at any time."""
        self.looks += 1
        return machine.Reading(self.looks, 2 * self.looks, 0.25)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def submit(self, spec, prepared: Prepared | None = None, **more: object) -> int:
        return self.queue.submit(Order(spec, self.project.root, prepared or Prepared(), **more))

    def command(self, name: str, *argv: str, cpus: int = 1, **more: object) -> int:
        table = Command(argv or ("/bin/true",))
        return self.submit(CommandSpec(kind="command", name=name, resources=Resources(cpus), command=table), **more)

    def array(self, name: str, numbers: str, **more: object) -> int:
        return self.command(name, "/opt/member", numbers=Numbers.parse(numbers), **more)

    def advance(self, job: int, to: Status, note: str = "", **more: object) -> None:
        """Lead a task on as the scheduler does."""
        self._advance(self.queue, job, to, note, **more)

    def simulation(self, name: str = "rivers") -> int:
        spec = SimulationSpec(
            kind="simulation", name=name, resources=Resources(2), simulation=Simulation(realization="rivers-gr4j")
        )
        end = BEGIN + timedelta(days=DAYS - 1)
        datasets = {"realization": ("rivers-gr4j",), "hydrofabric": ("three-rivers",), "forcing": ("rivers-daily",)}
        return self.submit(spec, Prepared(datasets, {}, TimeRange(BEGIN, end), 86_400, None, 3))

    def evaluation(self, simulated: str) -> int:
        table = Evaluation(simulation=simulated, observation="rivers-gauges")
        spec = EvaluationSpec(kind="evaluation", name="rivers-scores", evaluation=table)
        return self.submit(spec, Prepared({"simulation": (simulated,), "observation": ("rivers-gauges",)}))

    def run(
        self, job: int, *, seconds: float = 3, to: Status = Status.COMPLETED, note: str = "", task: int = 0
    ) -> None:
        """Lead a task to an end, or to where it runs."""
        held = (Allocation(nodes(self.project.config)[0].name, self.queue.get(job).cpus, 0),)
        self.advance(job, Status.STAGING, task=task, held=held)
        self.advance(job, Status.RUNNING, task=task)
        folder = self.folder(job)
        if to is Status.RUNNING:
            return
        self.wait(seconds=seconds)
        if to is Status.COMPLETED:
            self.advance(job, Status.COLLECTING, task=task)
            made = folder / layout.OUTPUT
            if made.is_dir():
                self.store.create(self.queue.get(job).output, "output", [made], job=job)
                shutil.rmtree(made)
        self.advance(job, to, note, task=task)

    @contextlib.contextmanager
    def scheduler(self) -> Iterator[None]:
        """As if one ran."""
        held = Lock(self.project.state)
        held.take()
        yield
        held.give()

    def folder(self, job: int) -> Path:
        folder = self.project.job_folder(job)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def progress(self, job: int, done: int, total: int, phase: str = "simulating") -> None:
        told = {"done": done, "total": total, "unit": "catchments", "phase": phase}
        (self.folder(job) / layout.PROGRESS).write_text(json.dumps(told))

    def discharge(self, folder: Path, features=NEXUSES) -> None:
        folder.mkdir(parents=True)
        for at, feature in enumerate(features):
            rows = [f"{day}, {stamp(day)} 00:00:00, {flow(day, at):.6f}" for day in range(DAYS)]
            (folder / f"{feature}_output.csv").write_text("\n".join(rows) + "\n")

    def observations(self) -> None:
        rows = [f"time,{','.join(RIVERS)}"]
        for day in range(DAYS):
            cells = [f"{flow(day - 1, at) * (1 + 0.2 * math.sin(day / 9)):.4f}" for at in range(3)]
            rows.append(f"{stamp(day)}T00:00:00Z,{','.join(cells if day % 200 > 20 else ('', '', ''))}")
        folder = self.project.root / "gauges"
        folder.mkdir()
        (folder / "discharge.csv").write_text("\n".join(rows) + "\n")
        (folder / "crosswalk.json").write_text(json.dumps(RIVERS))
        self.store.create("rivers-gauges", "observation", [folder], description="daily discharge of three gauges")

    def date(self) -> None:
        """Datasets are as old as the clock says."""
        for manifest in sorted(self.project.datasets.glob("*/dataset.json")):
            told = json.loads(manifest.read_text())
            told["created"] = f"{NOW - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
            manifest.write_text(json.dumps(told))


def stamp(day: int) -> str:
    return f"{BEGIN + timedelta(days=day):%Y-%m-%d}"


def flow(day: int, river: int) -> float:
    """Floods every spring, rain in between, m³/s."""
    season = math.exp(-(((day - 110 - 9 * river) % 365 - 20) ** 2) / 900)
    rain = sum(math.exp(-((day * 7 + river * 31 + each * 53) % 211) / 9) for each in range(4))
    return (8 + 5 * river) * (0.6 + 9 * season + 1.7 * rain)


SCORES = {
    "job": "rivers-scores",
    "period": {"begin": "1984-01-01T00:00:00Z", "end": "1987-12-31T00:00:00Z", "step": 86_400},
    "metrics": [
        {"name": "nse", "unit": "", "ideal": 1},
        {"name": "kge", "unit": "", "ideal": 1},
        {"name": "pbias", "unit": "%", "ideal": 0},
        {"name": "rmse", "unit": "m³/s", "ideal": 0},
    ],
    "scores": [
        {"gauge": "02472000", "feature": "nex-1", "pairs": 1300, "nse": 0.812, "kge": 0.874, "pbias": -3.1,
         "rmse": 7.25, "reason": ""},
        {"gauge": "02OJ007", "feature": "nex-2", "pairs": 1300, "nse": 0.455, "kge": 0.61, "pbias": 12.7,
         "rmse": 12.4, "reason": ""},
        {"gauge": "04080000", "feature": "nex-3", "pairs": 1300, "nse": None, "kge": 0.12, "pbias": 41.0,
         "rmse": 31.9, "reason": "the observations do not vary"},
    ],
    "left_out": [{"gauge": "02OJ024", "reason": "the crosswalk does not say which feature it observes"}],
}  # fmt: skip


class Show:
    """A dashboard and a pair of hands."""

    def __init__(self, app: Dashboard, pilot) -> None:
        self.app, self.pilot = app, pilot

    @property
    def jobs(self):
        return self.app.query_one(Jobs)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    def line(self, part: str) -> str:
        """The line of the screen in which a text is."""
        return next((line for line in self.text.splitlines() if part in line), "")

    async def press(self, *keys: str) -> Show:
        """Keys one after the other, each handled before the next; the pilot's own way sleeps with each."""
        for key in keys:
            name = _KEYS.get(key, key)
            event = events.Key(name, key if len(key) == 1 else None)
            event.set_sender(self.app)
            self.app._driver.send_message(event)
            for _ in range(4):  # a key becomes a message, which becomes another
                await self.pilot._wait_for_screen()
        await self.settle()
        return self

    async def type(self, text: str) -> Show:
        return await self.press(*text)

    async def settle(self) -> None:
        """Wait until threads are done and what they changed is laid out."""
        for _ in range(2):
            if not self.app.is_running or self.app._exit:
                return
            await self.app.workers.wait_for_complete()
            await self.pilot._wait_for_screen()
            drawn = asyncio.Event()
            self.app.screen.call_after_refresh(drawn.set)
            with contextlib.suppress(TimeoutError):  # it has left meanwhile
                await asyncio.wait_for(drawn.wait(), 1)

    async def until(self, holds, patience: float = 10) -> None:
        """Wait for a state; what is on the screen is the message if it never comes."""
        end = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < end, f"never came:\n{self.text}"
            await self.pilot.pause(0.02)


_KEYS = {
    "/": "slash", ":": "colon", "-": "minus", "+": "plus", "?": "question_mark", "*": "asterisk", ",": "comma",
    " ": "space", "{": "left_curly_bracket", "}": "right_curly_bracket", "[": "left_square_bracket",
    "]": "right_square_bracket", "<": "less_than_sign", ">": "greater_than_sign", "=": "equals_sign",
    ".": "full_stop", "(": "left_parenthesis", ")": "right_parenthesis",
}  # fmt: skip


@pytest.fixture
def play():
    """Run a dashboard without a terminal, and act in it: `play(app, story)`, `async def story(show)`."""

    def run(app, story, size=(120, 40)):
        async def session():
            async with app.run_test(size=size, notifications=True) as pilot:
                show = Show(app, pilot)
                await show.settle()
                await story(show)

        asyncio.run(session())
        return app

    return run


@pytest.fixture
def stage(tmp_path, monkeypatch, advance):
    """An empty project."""
    made = Stage(tmp_path, monkeypatch, advance)
    yield made
    made.close()


@pytest.fixture(scope="session")
def past(tmp_path_factory, advance):
    """The folder of a project with nine jobs, made once."""
    root = tmp_path_factory.mktemp("past")
    with pytest.MonkeyPatch.context() as patch:
        made = Stage(root, patch, advance)
        live(made)
        made.close()
    return root


@pytest.fixture
def rivers(past, tmp_path, monkeypatch, advance):
    """A project with a past and a present: nine jobs, a scheduler."""
    shutil.copytree(past, tmp_path, dirs_exist_ok=True)
    stage = Stage(tmp_path, monkeypatch, advance)
    with stage.scheduler():
        yield stage
    stage.close()


def live(stage: Stage) -> None:
    """Let nine jobs happen."""
    stage.now = NOW - timedelta(hours=3)
    stage.observations()
    first = stage.command("unpack-forcing", "/usr/bin/tar", "-xf", "aorc-1984.tar")
    stage.run(first, seconds=42)
    stage.wait(minutes=20)
    simulated = stage.simulation()
    stage.discharge(stage.folder(simulated) / layout.OUTPUT)
    (stage.folder(simulated) / layout.STDOUT).write_text("".join(f"rank 0: cat-{at} done\n" for at in range(1, 4)))
    stage.run(simulated, seconds=7.4)
    scored = stage.evaluation("rivers-2")
    made = stage.folder(scored) / layout.OUTPUT
    made.mkdir()
    (made / "scores.json").write_text(json.dumps(SCORES))
    stage.run(scored, seconds=1.2)
    stage.wait(hours=1, minutes=31)
    failed = stage.simulation("vpu09-aorc")
    (stage.folder(failed) / layout.STDERR).write_text("reading forcing\nerror: cat-2391 ends early\n")
    stage.run(
        failed, seconds=95, to=Status.FAILED, note="rank 3: cat-2391 ends early (has 1985-06-30, needs 1987-12-31)"
    )
    stage.run(stage.command("tiles-09", "/bin/sleep", "600"), to=Status.CANCELED, note="canceled by user", seconds=20)
    stage.wait(minutes=50)
    going = stage.simulation("au-saumon-hourly")
    stage.run(going, to=Status.RUNNING)
    stage.progress(going, 311, 640)
    stage.command("regrid", "/opt/regrid", cpus=4)
    stage.simulation("leaf-2deg")
    stage.simulation("leaf-4deg")
    stage.date()


@pytest.fixture
def night(stage):
    """A night's work: arrays that are done, have failed, run, wait, are held and wait for others; a scheduler."""
    stage.now = NOW - timedelta(hours=2)
    spinup = stage.array("spinup", "1-3")
    for task in (1, 2, 3):
        stage.run(spinup, task=task, seconds=20)
    calibrated = stage.array("calibrate", "1,3,5-12")
    for task, why in ((1, "exit 1: no such gauge: 02472000"), (3, ""), (5, "exit 1: no such gauge: 02472000")):
        stage.run(calibrated, task=task, seconds=30, to=Status.FAILED if why else Status.COMPLETED, note=why)
    stage.queue.cancel(calibrated)
    stage.now = NOW - timedelta(minutes=10)
    ensemble = stage.array("ensemble", "1-40", after=[spinup])
    for task in range(1, 12):
        why = {4: "killed by SIGKILL, out of memory", 7: "exit 1: cannot open forcing.nc", 8: "exit 3"}.get(task, "")
        stage.run(ensemble, task=task, seconds=30, to=Status.FAILED if why else Status.COMPLETED, note=why)
    for task in (12, 13):
        stage.run(ensemble, task=task, to=Status.RUNNING)
    (stage.folder(ensemble) / "7").mkdir()
    (stage.folder(ensemble) / "4").mkdir()
    (stage.folder(ensemble) / "4" / layout.STDERR).write_text("error: not enough memory for member 4\n")
    (stage.folder(ensemble) / "7" / layout.STDOUT).write_text("member 7 begins\n")
    stage.now = NOW - timedelta(minutes=3)
    stage.array("regrid", "1-20", cpus=4)
    stage.array("publish", "1-1000", held=True)
    stage.command("report", after=[ensemble], after_any=[calibrated])
    stage.now = NOW
    with stage.scheduler():
        yield stage


class Engine:
    """What an engine has, and what it was told to do."""

    def __init__(self, now) -> None:
        self.away: DmodError | None = None
        self.told: list[tuple[object, ...]] = []
        self.go = threading.Event()  # a build waits for it
        self.services = [
            Service("registry", "registry", "dmod-rivers-registry-1", "running", "healthy", "registry:2.8.3",
                    ("127.0.0.1:5000",), 0, now - timedelta(hours=5), ""),
            Service("object-store", "minio", "dmod-rivers-object-store-1", "running", "unhealthy", "minio/minio",
                    ("127.0.0.1:9000", "127.0.0.1:9001"), 3, now - timedelta(minutes=2), "curl: (7) refused"),
        ]  # fmt: skip
        self.images = [
            image("base", "ready", now - timedelta(days=1), containers=("dmod-rivers-main-1",)),
            image("scheduler", "outdated", now - timedelta(days=9), stands_on=("dmod/base",)),
            image("worker", "missing", None, stands_on=("dmod/base",)),
        ]

    def answer(self, found):
        if self.away is not None:
            raise self.away
        return list(found)

    def names(self, stacks):
        return [each.name for each in stacks]


def image(name, state, created, stands_on=("debian:12",), containers=()):
    there = state != "missing"
    return Image(
        name, state, f"dmod/{name}:1f0c3e5a7b9d", f"sha256:{name}" if there else "", 190 << 20 if there else 0, created,
        "0.1.0" if there else "", "", stands_on, containers, (), (),
    )  # fmt: skip


@pytest.fixture
def engine(rivers, monkeypatch):
    """At the seam of the screens: what they ask, and what they have done."""
    made = Engine(rivers.now)
    monkeypatch.setattr(stack_rows, "shown", lambda file: f"stacks/{file.parent.name}/{file.name}")
    monkeypatch.setattr(stack_rows, "services", lambda *_: made.answer(made.services))
    monkeypatch.setattr(image_rows, "images", lambda *_: made.answer(made.images))
    layers = [{"size": 81 << 20, "created_by": "RUN apt-get install python3"}]
    monkeypatch.setattr(image_rows, "layers", lambda _, name: (name, made.answer(layers)))

    def up(_, stacks, told):
        made.told.append(("up", made.names(stacks), told))
        if made.names(stacks) == ["object-store"]:
            raise ConflictError("port 9000 is taken", why="by another program", fix="dmod config set it")
        return [each for each in made.services if each.stack in made.names(stacks)]

    def restart(_, stacks, told):
        made.told.append(("restart", made.names(stacks), told))
        return made.services[:1]

    monkeypatch.setattr(
        stacks_screen,
        "orchestration",
        SimpleNamespace(
            told=lambda *told: {"BUILT": str(len(told) > 2)},
            up=up,
            restart=restart,
            down=lambda _, stack, __, volumes: made.told.append(("down", stack.name, volumes)),
        ),
    )
    monkeypatch.setattr(stacks_screen, "network", SimpleNamespace(clear=lambda _: made.told.append(("networks",))))

    def build(_, names, told):
        made.told.append(("build", names))
        steps = Steps(2)
        steps.feed("#5 [1/2] FROM docker.io/library/debian:12")
        steps.feed("#6 [2/2] RUN pip install dmod")
        told(names[0], steps)
        made.go.wait(10)
        return [Built(name, f"dmod/{name}:1f0c3e5a7b9d", name != "base", 4.2) for name in names]

    monkeypatch.setattr(images_screen, "build", build)

    def push(_, image, registry, told):
        made.told.append(("push", image.name, registry))
        told(1 << 20, 2 << 20, "2 layers")
        return {"digest": "sha256:4a7d1ed414474e4033ac29ccb8653d9b"}

    monkeypatch.setattr(images_screen.image, "push", push)
    monkeypatch.setattr(images_screen.image, "disposable", lambda _, names: {f"sha256:{names[0]}": ("dmod/base:old",)})
    monkeypatch.setattr(images_screen.image, "delete", lambda found: made.told.append(("delete", *found)) or 3 << 20)
    yield made
    made.go.set()


@pytest.fixture
def away(engine):
    """The same, and it does not answer."""
    engine.away = UnreachableError("no Docker Engine answers", why="no socket", fix="sudo systemctl start docker")
    return engine
