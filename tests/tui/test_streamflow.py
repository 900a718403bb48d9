from __future__ import annotations

import json

import numpy as np
import pytest

from tui.results import Results, load
from tui.streamflow import Streamflow
from tui.widgets.hydrograph import painted


def test_gauged_rivers_come_first_and_gaps_stay_gaps(rivers):
    output = rivers.store.path("rivers-2")
    flow = Streamflow.open(output, rivers.store.path("rivers-gauges"))
    assert flow.features == ("nex-1", "nex-2", "nex-3")
    river = flow.river(1)
    assert river.gauge == "02OJ007"
    assert river.simulated.shape == river.observed.shape == (1461,)
    assert np.isnan(river.observed[:20]).all()
    assert np.isfinite(river.observed[21:150]).all()
    assert Streamflow.open(output).river(0).observed is None
    flow.close()


@pytest.mark.parametrize(("step", "measured"), [(43_200, "at"), (172_800, "mean")])
def test_measurements_of_another_step(tmp_path, step, measured):
    output, observed = tmp_path / "out", tmp_path / "obs"
    output.mkdir()
    observed.mkdir()
    start = np.datetime64("2015-12-01T00:00:00")
    times = start + np.arange(8) * np.timedelta64(step, "s")
    rows = [f"{at}, {str(time).replace('T', ' ')}, {at}.0" for at, time in enumerate(times)]
    (output / "nex-7_output.csv").write_text("\n".join(rows) + "\n")
    days = [f"{start.astype('datetime64[D]') + np.timedelta64(at, 'D')}T00:00:00Z,{at}" for at in range(20)]
    (observed / "q.csv").write_text("\n".join(["time,nex-7", *days]) + "\n")
    flow = Streamflow.open(output, observed)
    found = flow.river(0).observed.tolist()
    assert found == ([0, 0, 1, 1, 2, 2, 3, 3] if measured == "at" else [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5])


def test_results_are_read_again_only_when_something_changed(rivers):
    job, judge = rivers.queue.get(2), rivers.queue.get(3)
    first = load(rivers.project, rivers.store, job, [judge], Results())
    assert first.lines["02472000"] == "NSE 0.812   KGE 0.874"
    assert load(rivers.project, rivers.store, job, [judge], first) is first
    assert load(rivers.project, rivers.store, job, [], first) is not first


def test_observations_are_found_without_an_evaluation(rivers):
    found = load(rivers.project, rivers.store, rivers.queue.get(2), [], Results())
    assert set(found.streamflow.gauges.values()) == {"02472000", "02OJ007", "04080000"}
    assert found.table()[1] == ((" No scores yet.", "muted"),)


def test_why_there_is_nothing_to_draw(rivers):
    def said(job):
        found = load(rivers.project, rivers.store, rivers.queue.get(job), [], Results())
        return "\n".join(text for line in found.said for text, _ in line)

    assert "before there was anything to draw" in said(4)
    assert "rivers appear as they are done" in said(7 - 1)
    rivers.store.delete("rivers-2")
    assert "was the dataset deleted?" in said(2)
    assert "is not there any more" in said(3)


def test_scores_that_cannot_be_read_are_none(rivers):
    path = rivers.store.path("rivers-scores-3") / "scores.json"
    for text in ("{", "[]", json.dumps({"scores": []})):
        path.write_text(text)
        assert load(rivers.project, rivers.store, rivers.queue.get(3), [], Results()).scores == {}


def test_colours_of_the_plot_become_those_of_the_theme():
    line = "\x1b[2m│\x1b[0m \x1b[35m⣿\x1b[0m\x1b[34m▒▒\x1b[0mx"
    assert painted(line) == (("│", "muted"), (" ", "text"), ("⣿", "line"), ("▒▒", "area"), ("x", "text"))
