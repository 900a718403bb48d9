"""Processes are known by what does not change: pid and start, session, environment, parents."""

from __future__ import annotations

import os
import signal
import subprocess

from programs import lives, until

from dmod.executors import processes


def test_a_process_is_known_by_pid_and_start(tmp_path):
    mark = f"DMOD_JOB_FOLDER={tmp_path}".encode()
    child = subprocess.Popen(["/bin/sleep", "60"], env={"DMOD_JOB_FOLDER": str(tmp_path)})
    found = processes.stat(child.pid)
    assert found.parent == os.getpid()
    assert processes.alive(child.pid, found.start)
    assert not processes.alive(child.pid, found.start + 1)
    until(lambda: processes.belonging([], [mark]) == [child.pid])
    assert processes.belonging([], [mark + b"x", str(tmp_path).encode()]) == []
    assert child.pid in processes.children()
    processes.send([child.pid], signal.SIGKILL)
    until(lambda: not lives(child.pid))
    assert processes.stat(child.pid) is None
    assert processes.stat(child.pid, zombie=True) == found
    assert processes.belonging([], [mark]) == []
    child.wait()
    assert processes.stat(child.pid, zombie=True) is None
    processes.send([child.pid], signal.SIGKILL)


def test_what_a_leader_started_belongs_to_it_also_without_environment_and_session():
    script = "env -i setsid sh -c 'sleep 60; :' & sleep 61"
    leader = subprocess.Popen(["/bin/sh", "-c", script], env={"PATH": os.environ["PATH"]}, start_new_session=True)
    until(lambda: len(processes.belonging([leader.pid], [])) == 4)
    processes.send(processes.belonging([leader.pid], []), signal.SIGKILL)
    leader.wait()
    until(lambda: not processes.belonging([leader.pid], []))


def test_who_asks_does_not_belong():
    assert os.getpid() not in processes.belonging([os.getsid(0), os.getpid()], [])
