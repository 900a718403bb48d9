"""The order in a job's folder, and where its paths lead."""

from __future__ import annotations

import json

import pytest

from dmod.errors import NotFoundError, UsageError
from dmod.worker.order import Order

ORDER = {
    "id": 7, "name": "leaf", "kind": "simulation", "ranks": 2, "spec": {"hydrofabric": "leaf"},
    "period": {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-01T05:00:00Z", "step": 3600},
    "catchments": ["cat-1"], "output": {"format": "csv"},
    "datasets": {
        "hydrofabric": [{"name": "leaf", "category": "hydrofabric", "path": "/dmod/datasets/hydrofabric/leaf"}],
        "forcing": [{"name": "a", "path": "a"}, {"name": "b", "path": "/data/b"}],
    },
}  # fmt: skip


def read(folder, **changes: object) -> Order:
    (folder / "job.json").write_text(json.dumps(ORDER | changes))
    return Order.read(folder)


def test_an_order_says_what_to_run_and_when(tmp_path):
    order = read(tmp_path)
    assert (order.name, order.ranks, order.catchments, order.output_format) == ("leaf", 2, ("cat-1",), "csv")
    assert order.clock is not None
    assert (order.clock.steps, order.clock.step, order.clock.begin.isoformat()) == (
        6,
        3600,
        "2015-12-01T00:00:00+00:00",
    )


def test_datasets_stand_in_the_jobs_own_tree_unless_they_are_elsewhere(tmp_path):
    order = read(tmp_path)
    assert order.the("hydrofabric").path == tmp_path / "dmod" / "datasets" / "hydrofabric" / "leaf"
    assert [str(source.path) for source in order.datasets["forcing"]] == [str(tmp_path / "a"), "/data/b"]


def test_a_role_that_needs_one_dataset_refuses_none_and_two(tmp_path):
    order = read(tmp_path)
    with pytest.raises(NotFoundError, match="has 2 datasets for the role forcing"):
        order.the("forcing")
    with pytest.raises(NotFoundError, match="has 0 datasets for the role partition"):
        order.the("partition")


def test_paths_of_configs_lead_to_the_job_the_config_or_where_it_was_submitted(tmp_path, monkeypatch):
    for folder in ("job/dmod/bin", "config", "cwd"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("job/dmod/bin/ngen", "config/a.ini", "cwd/a.ini", "cwd/b.ini"):
        (tmp_path / file).write_text("")
    monkeypatch.chdir(tmp_path / "cwd")
    order, base = read(tmp_path / "job"), tmp_path / "config"
    assert order.resolve("/dmod/bin/ngen", base) == tmp_path / "job/dmod/bin/ngen"
    assert order.resolve("./a.ini", base).samefile(tmp_path / "config/a.ini")
    assert order.resolve("b.ini", base).samefile(tmp_path / "cwd/b.ini")
    with pytest.raises(NotFoundError) as refusal:
        order.resolve("c.ini", base)
    assert "config/c.ini" in refusal.value.why
    assert "cwd/c.ini" in refusal.value.why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"period": {"begin": "2015-12-01T00:00:00Z", "end": "2015-12-01T00:30:00Z", "step": 3600}}, "whole number"),
        ({"period": {"begin": "yesterday", "end": "2015-12-01T00:30:00Z", "step": 3600}}, "yesterday"),
        ({"ranks": "many"}, "many"),
        ({"datasets": {"forcing": [{"path": "a"}]}}, "name"),
        ({"datasets": []}, "items"),
    ],
)
def test_what_is_no_order_is_refused(tmp_path, changes, why):
    with pytest.raises(UsageError, match="is not a job") as refusal:
        read(tmp_path, **changes)
    assert why in refusal.value.why


def test_a_folder_without_an_order_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match=r"job\.json cannot be read"):
        Order.read(tmp_path)
    (tmp_path / "job.json").write_text("{")
    with pytest.raises(UsageError, match="is not JSON"):
        Order.read(tmp_path)
