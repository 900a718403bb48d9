"""The report: whole in one file, safe whatever gauges are called, true to every peak."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from dmod.hydro.metrics import METRICS, scores
from dmod.worker import plot, report
from dmod.worker.comparison import Comparison, Pair
from dmod.worker.evaluation import Evaluation, Score

NAMES = ("nse", "kge", "pbias", "rmse", "peak_error")


def stamps(steps: int) -> np.ndarray:
    return np.datetime64("1984-01-01T00:00:00", "s") + np.arange(steps) * np.timedelta64(86_400, "s")


def wave(steps: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 3.0, steps) + 1


def evaluation(*gauges: str, steps: int = 50, left_out: dict[str, str] | None = None) -> Evaluation:
    pairs = tuple(
        Pair(gauge, f"nex-{at}", wave(steps) * (1 + 0.01 * at), wave(steps)) for at, gauge in enumerate(gauges)
    )
    told = tuple(Score(p.gauge, p.feature, p.pairs, scores(p.simulated, p.observed, NAMES), "") for p in pairs)
    comparison = Comparison(stamps(steps), 86_400, pairs, left_out or {})
    read = ({"role": "simulation", "name": "run-1", "category": "output", "digest": "ab" * 32, "job": 7},)
    return Evaluation("scores", comparison, tuple(METRICS[name] for name in NAMES), told, read)


class Page(HTMLParser):
    """What a browser would load, run and show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.texts.append(data)


def data(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_the_page_needs_nothing_but_itself():
    text = report.report(evaluation("leaf"))
    page = Page(text)
    assert not [tag for tag, has in page.tags if {"src", "srcset", "data"} & has.keys() or tag in {"link", "iframe"}]
    assert all(has.get("href", "#").startswith("#") for _, has in page.tags)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp", text)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert not re.search(r"\$[a-z]", text), "a placeholder is left"


def test_it_says_what_was_compared_how_well_and_from_which_data():
    page = " ".join(Page(report.report(evaluation("leaf", "saumon", left_out={"lost": "no such nexus"}))).texts)
    for said in ("leaf", "saumon", "nex-1", "NSE", "KGE", "PBIAS", "1984-01-01 to 1984-02-19", "50 steps of 1d"):
        assert said in page
    assert "Not scored lost : no such nexus" in page
    assert "run-1" in page
    assert "job 7" in page
    assert "abababab" in page
    assert "Nash and Sutcliffe 1970" in page


def test_a_name_cannot_become_markup_or_script():
    evil = '</script><img src=x onerror="alert(1)">&'
    text = report.report(evaluation(evil))
    page = Page(text)
    assert "img" not in {tag for tag, _ in page.tags}
    assert evil in page.texts
    assert data(text)["pairs"]["0"]["sim"]


def test_the_script_gets_every_value_and_null_for_a_gap():
    made = evaluation("leaf")
    made.comparison.pairs[0].observed[3] = np.nan
    told = data(report.report(made))
    assert told["begin"] == 441_763_200
    assert told["step"] == 86_400
    assert told["pairs"]["0"]["obs"][3] is None
    assert told["pairs"]["0"]["sim"] == pytest.approx(made.comparison.pairs[0].simulated.tolist(), rel=1e-3)


def test_of_many_gauges_all_are_in_the_table_and_the_worst_are_drawn():
    names = [f"g{at}" for at in range(report.DRAWN + 5)]
    text = report.report(evaluation(*names, steps=12))
    assert text.count("<figure data-pair") == report.DRAWN
    assert all(f">{name}</a>" in text for name in names)
    assert 'id="g0"' not in text, "the best is not drawn"
    assert f"The {report.DRAWN} of {len(names)} gauges" in text


def test_a_page_carries_no_more_values_than_a_browser_likes(monkeypatch):
    monkeypatch.setattr(report, "VALUES", 99)
    text = report.report(evaluation("leaf"))
    assert data(text) == {}
    assert "<svg" in text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("nse", 0.90525, "0.905"), ("pbias", 9.76, "+9.8"), ("rmse", 101.8, "102"), ("rmse", 0.01234, "0.0123"),
     ("nse", float("nan"), "-")],
)  # fmt: skip
def test_scores_have_the_digits_they_are_worth(name, value, text):
    assert report.shown(value, METRICS[name]) == text


def curves(svg: str) -> dict[str, str]:
    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    return {
        path.get("class"): path.get("d") for path in root.iter("path") if path.get("class") in {"sim", "obs", "area"}
    }


def heights(path: str) -> list[float]:
    return [float(pair.split()[1]) for pair in re.split("[MLZ]", path) if pair]


def test_a_gap_breaks_the_line_and_the_area():
    observed = wave(50)
    observed[20:25] = np.nan
    drawn = curves(plot.hydrograph(stamps(50), wave(50), observed, "x"))
    assert drawn["obs"].count("M") == 2
    assert drawn["area"].count("Z") == 2
    assert drawn["sim"].count("M") == 1


def test_a_single_peak_among_a_million_steps_is_drawn():
    flow = np.ones(1_000_000)
    flow[654_321] = 500.0
    drawn = curves(plot.hydrograph(stamps(flow.size), flow, np.full(flow.size, np.nan), "x"))
    assert min(heights(drawn["sim"])) == pytest.approx(plot.HYDROGRAPH.top)
    assert len(drawn["sim"]) < 50_000
    assert drawn["obs"] == ""


def test_a_flow_duration_curve_falls():
    drawn = curves(plot.duration(wave(100, 2), wave(100, 3), "x"))
    for kind in ("sim", "obs"):
        down = heights(drawn[kind])
        assert len(down) == 100
        assert down == sorted(down), "px count from above"


def test_pictures_have_words_for_those_who_cannot_see_them():
    root = ET.fromstring(plot.hydrograph(stamps(50), wave(50), wave(50), 'of "a" & b'))  # noqa: S314 - our own picture
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'of "a" & b'
