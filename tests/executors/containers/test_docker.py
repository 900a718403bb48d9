"""Containers of a real engine, by the tests of all executors and by those that only hold for containers."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from enclosed_programs import IMAGE, Enclosed
from engines import containers, docker
from executor_tests import ExecutorTests
from programs import SH, ends, news, out, run, started, told_of, until

from dmod.docker.container import Containers
from dmod.executors import EXECUTORS, enclosed
from dmod.executors.docker import MARK, Docker
from dmod.executors.executor import LOST, Ended, Started
from dmod.executors.owner import owner
from dmod.jobs.launch import Container

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.slow]


class TestDocker(Enclosed, ExecutorTests):
    def test_it_is_what_dmod_toml_calls_docker(self, state):
        executor = EXECUTORS["docker"].make(state)
        assert isinstance(executor, Docker)
        executor.close()


class TestContainers(Enclosed):
    def test_it_may_do_no_more_than_its_task_needs(self, executor, program, state):
        asked = program("/bin/sleep", "100", cpus=(0,), total=200 * 2**20)
        executor.start([asked])
        (said,) = json.loads(docker("inspect", str(started(executor).handle["container"])))
        host = said["HostConfig"]
        assert (host["ReadonlyRootfs"], host["CapDrop"], host["SecurityOpt"]) == (True, ["ALL"], ["no-new-privileges"])
        assert (host["Memory"], host["MemorySwap"], host["CpusetCpus"]) == (200 * 2**20, 200 * 2**20, "0")
        assert (host["PidsLimit"], host["NetworkMode"], host["Init"]) == (4096, "none", True)
        assert said["Config"]["User"] == f"{os.getuid()}:{os.getgid()}"
        assert containers(state) == [enclosed.name(owner(state), asked)]
        executor.stop(asked, {}, kill=True)
        assert ends(executor, 1)[0].code == 137

    def test_cpus_that_it_is_not_bound_to_are_a_share_of_time(self, executor, program):
        asked = program("/bin/sleep", "100", container=Container(IMAGE, 1))
        executor.start([asked])
        (said,) = json.loads(docker("inspect", str(started(executor).handle["container"])))
        assert said["HostConfig"]["NanoCpus"] == (10**9 if (os.cpu_count() or 1) > 1 else 0)
        executor.stop(asked, {}, kill=True)
        ends(executor, 1)

    def test_what_is_set_for_it_is_no_business_of_others(self, executor, program):
        env = {"TOKEN": "it's\n$HOME `id` secret"}
        asked = program(SH, "-c", 'printf %s "$TOKEN"; read line < go', env=env)
        os.mkfifo(asked.folder / "go")
        executor.start([asked])
        (said,) = json.loads(docker("inspect", str(started(executor).handle["container"])))
        assert "secret" not in json.dumps(said)
        (asked.folder / "go").write_text("go\n")
        assert ends(executor, 1)[0].code == 0
        assert out(asked) == env["TOKEN"]
        assert not (asked.folder / enclosed.SETTINGS).exists()

    def test_a_variable_that_no_shell_can_set_is_the_cause(self, executor, program):
        told = run(executor, program("/bin/true", env={"odd-name": "x"}))
        assert (told.code, told.cause) == (127, 'start: in a container no variable can be called "odd-name"')

    def test_nothing_can_be_written_but_where_it_may(self, executor, program, tmp_path: Path):
        for name in ("read", "write", "write/.dmod"):
            (tmp_path / name).mkdir()
        (tmp_path / "write/.dmod/key").write_text("secret")
        (tmp_path / "read/data").write_text("data")
        script = f"cd {tmp_path}; cat read/data; touch read/x write/y /etc/z /tmp/t; ls -A write write/.dmod"
        reads, write = (tmp_path / "read",), tmp_path / "write"
        box = Container(IMAGE, 1, reads=reads, writes=(write,), hides=(write / ".dmod",))
        asked = program(SH, "-c", script, cwd=write, container=box)
        run(executor, asked)
        assert out(asked) == "datawrite:\n.dmod\ny\n\nwrite/.dmod:\n"
        said = (asked.folder / "stderr.log").read_text()
        assert said.count("Read-only file system") == 2
        assert "write/y" not in said
        assert "'/tmp/t'" not in said

    def test_a_folder_that_only_its_owner_may_enter_is_no_wall_for_him(self, program, state):
        """Whoever owns the project: of what is hidden, its own folder is seen, by a user who is not root either."""
        asked = program(SH, "-c", "pwd", container=Container(IMAGE, 1, writes=(state.parent,), hides=(state,)))
        (state / "shown").mkdir()
        state.chmod(0o700)
        state.parent.chmod(0o755)
        made = replace(
            enclosed.recipe(owner(state), asked),
            argv=("/bin/ls", "-A", str(state)), user="4242:4242", cwd="/",
            mounts=((state / "shown", str(state / "shown"), False), (state.parent, str(state.parent), False)),
        )  # fmt: skip
        containers = Containers()
        container = containers.create(made)
        containers.start(container)
        containers.wait(container)
        said = docker("logs", container)
        containers.remove(container)
        assert said == "shown"

    def test_it_stays_until_its_end_is_forgotten(self, executor, program, state):
        executor.start([program(SH, "-c", "exit 4")])
        (told,) = ends(executor, 1)
        assert len(containers(state)) == 1
        assert (state / MARK).exists()
        executor.forget([(told.key, told.attempt)])
        until(lambda: not containers(state) and not (state / MARK).exists())

    def test_one_that_somebody_else_removes_is_lost(self, executor, program):
        executor.start([program("/bin/sleep", "100")])
        docker("rm", "--force", str(started(executor).handle["container"]))
        (told,) = ends(executor, 1)
        assert (told.code, told.cause) == (LOST, "its container was removed by somebody else")

    def test_one_that_is_gone_when_the_next_scheduler_comes_is_lost(self, executors, program):
        first, asked = executors(), program("/bin/sleep", "100")
        first.start([asked])
        handle = started(first).handle
        first.close()
        docker("rm", "--force", str(handle["container"]))
        second = executors()
        assert second.adopt([(asked, handle)]) == set()
        (told,) = ends(second, 1)
        assert (told.code, told.cause) == (LOST, "its container is gone")

    def test_one_that_was_made_and_not_started_is_started_by_the_next(self, executors, program):
        first, asked = executors(), program(SH, "-c", "echo once; exit 5")
        enclosed.hide(asked)
        first._containers.create(enclosed.recipe(first._project, asked))
        first.close()
        second = executors()
        assert second.adopt([(asked, {})]) == set()
        assert told_of(second, asked) == [Started, Ended]
        assert out(asked) == "once\n"

    @pytest.mark.parametrize(("image", "said"), [("no/such:image", "No such image: no/such:image")])
    def test_an_image_that_is_gone_is_the_cause(self, executor, program, state, image: str, said: str):
        told = run(executor, program("/bin/true", container=Container(image, 1)))
        assert (told.code, told.cause) == (127, f"start: {said}")
        until(lambda: not containers(state))

    def test_a_network_that_is_not_there_is_the_cause(self, executor, program, state):
        told = run(executor, program("/bin/true", container=Container(IMAGE, 1, network="no-such-network")))
        assert told.code == 127
        assert told.cause.startswith("start: ")
        assert "network no-such-network not found" in told.cause  # an engine in a swarm says more
        until(lambda: not containers(state))

    def test_two_projects_do_not_see_each_other(self, executors, program, tmp_path: Path):
        first, asked = executors(), program("/bin/sleep", "100")
        first.start([asked])
        handle = started(first).handle
        other = Docker(tmp_path)
        assert other.adopt([(program("/bin/true", task=1), {})]) == {(1, 1)}
        other.close()
        assert self.running(handle)
        first.stop(asked, handle, kill=True)
        ends(first, 1)

    def test_an_engine_that_is_not_there_is_the_cause_in_the_end(self, executors, program, monkeypatch, tmp_path: Path):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        monkeypatch.setattr("dmod.executors.docker.PATIENCE", 0.2)
        executor = executors()
        assert executor.adopt([]) == set()
        told = run(executor, program("/bin/true"))
        assert told.code == 127
        assert told.cause.startswith("start: no Docker Engine answers: nobody listens at")

    def test_news_come_in_their_order(self, executor, program):
        executor.start([program("/bin/true", task=task) for task in range(1, 9)])
        heard: list[Started | Ended] = []
        while sum(isinstance(told, Ended) for told in heard) < 8:
            heard += news(executor, 30)
        for task in range(1, 9):
            assert [type(told) for told in heard if told.key == (1, task)] == [Started, Ended]
