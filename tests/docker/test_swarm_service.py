"""What a Swarm says of a service and its tasks: when it is as it should be, and what it last failed of."""

from __future__ import annotations

import pytest

from dmod.docker.swarm_service import failed, service, settled

OLD, NEW = {"ContainerSpec": {"Image": "dmod/main:1"}}, {"ContainerSpec": {"Image": "dmod/main:2"}}


def said(replicas=1, update=None, mode="Replicated"):
    """A service of the newest specification."""
    spec = {"Name": "dmod-x-main_main", "TaskTemplate": NEW, "Mode": {mode: {"Replicas": replicas}}}
    return {"ID": "s", "Spec": spec, "CreatedAt": "2026-01-01T00:00:05.1Z", "UpdateStatus": update or {}}


def task(state="running", desired="running", spec=NEW, *, at="2026-01-01T00:00:06.5Z", err=None, message=None):
    return {
        "DesiredState": desired,
        "Status": {"State": state, "Err": err, "Message": message},
        "Spec": spec,
        "CreatedAt": at,
    }


@pytest.mark.parametrize(
    ("of", "tasks", "well"),
    [
        (said(), [task()], True),
        (said(), [task("starting")], False),
        (said(), [], False),
        (said(0), [], True),
        (said(2), [task()], False),
        (said(2), [task(), task()], True),
        (said(), [task(), task(desired="shutdown")], True),
        (said(), [task(), task(spec=OLD)], False),
        (said(), [task(spec=OLD)], False),
        (said(), [task(spec=NEW | {"ForceUpdate": 1})], False),
        (said(update={"State": "updating"}), [task()], False),
        (said(update={"State": "completed"}), [task()], True),
        (said(mode="Global"), [task(), task()], True),
        (said(mode="Global"), [], False),
    ],
)
def test_a_service_is_settled_when_all_its_tasks_run_as_it_says(of, tasks, well):
    assert settled(of, tasks) is well


@pytest.mark.parametrize(
    ("of", "tasks", "told"),
    [
        (said(), [], ("", 0)),
        (said(), [task()], ("", 0)),
        (said(), [task("failed", err="exit code 1"), task("rejected", err="no such image")], ("exit code 1", 2)),
        (said(), [task("failed", err="", message="started"), task("failed", err="exit code 2")], ("started", 2)),
        (said(), [task("failed"), task("failed", err="exit code 2")], ("exit code 2", 2)),
        (said(), [task("complete", err="over")], ("", 0)),
        (said(), [task("pending", err="no suitable node")], ("no suitable node", 0)),
        (said(), [task("pending", err="no node"), task("orphaned", message="lost")], ("lost", 1)),
        (said(), [task("failed", at="2026-01-01T00:00:04.9Z", err="before")], ("", 0)),
        (said(), [task("failed", at="2026-01-01T00:00:05.0Z", err="in its second")], ("in its second", 1)),
        (said(update={"StartedAt": "2026-01-01T00:00:07Z"}), [task("failed", err="before")], ("", 0)),
    ],
)
def test_what_a_service_failed_of_is_told_by_its_last_tasks(of, tasks, told):
    assert failed(of, tasks) == told


def test_the_tasks_of_a_service_are_asked_for_once():
    class Client:
        asked = 0

        def tasks(self, filters):
            assert filters == {"service": "s"}
            self.asked += 1
            return [task("failed", "shutdown", at="2026-01-01T00:00:06Z", err="exit code 1"), task("starting")]

    client = Client()
    found = service(client, "main", "dmod-x-main", said())
    assert (found.service, found.state, found.health, found.restarts) == ("main", "starting", "starting", 1)
    assert (found.error, found.node, client.asked) == ("exit code 1", "none yet", 1)
