"""The page of a run: what it says first, marks as best, shows of failures, and escapes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from earwitness.evaluation.report import MAX_ITEMS, write_report
from earwitness.stimuli.audio import Signal, write_wav
from earwitness.stimuli.errors import DataError
from earwitness.stimuli.schema import LEADERBOARD, SCORES, conform

MANIFEST = {
    "schema": 1,
    "digest": "run:0",
    "datasets": [
        {"name": "d", "rate": 16000, "licence": "CC0 <b>", "may_publish": False, "task": "mix"}
    ],
    "metrics": [
        {
            "id": "mrstft",
            "level": "matched",
            "channels": "all",
            "rate_hz": None,
            "resampler": "none",
            "delay": "none",
            "version": "1",
        }
    ],
    "uncertainty": {"min_groups": 8},
    "device": {"type": "cpu", "name": ""},
    "versions": {"torch": "2"},
}

ROLES = {"good": "model", "bad": "baseline", "low": "anchor", "human": "reference"}
MEANS = {"good": 0.5, "bad": 1.0, "low": 2.0, "human": 0.0}


@dataclass
class RunFolder:
    """A run on disk that a test may change before the page is written."""

    folder: Path
    scores: pd.DataFrame
    board: pd.DataFrame

    def page(self) -> str:
        conform(self.scores, SCORES).to_parquet(self.folder / "scores.parquet")
        conform(self.board, LEADERBOARD).to_csv(self.folder / "leaderboard.csv", index=False)
        return write_report(self.folder).read_text(encoding="utf-8")


def row(system: str, item: str, value: float) -> dict[str, object]:
    return {
        "system": system,
        "role": ROLES[system],
        "task": "mix",
        "dataset": "d",
        "item": item,
        "metric": "mrstft",
        "value": value,
        "unit": "",
        "direction": "lower",
        "status": "ok",
        "reason": "",
        "seconds": 0.1,
    }


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    scores = [row(s, item, MEANS[s] + k / 10) for s in ROLES for k, item in enumerate("xy")]
    board = [
        {
            "system": system,
            "metric": "mrstft",
            "n": 2,
            "mean": mean + 0.05,
            "baseline": "bad",
            "difference": None if system == "bad" else mean - 1.0,
            "verdict": {"good": "undecidable_at_this_n", "bad": "baseline"}.get(
                system, ROLES[system]
            ),
        }
        for system, mean in MEANS.items()
    ]
    sound = Signal(np.zeros((1, 16), np.float32), 16000)
    write_wav(tmp_path / "audio" / "good" / "x.wav", sound)
    return RunFolder(tmp_path, pd.DataFrame(scores), pd.DataFrame(board))


def test_the_finding_comes_first_in_words(run: RunFolder) -> None:
    page = run.page()
    finding = page.index("Best of the models and baselines: good by mrstft.")
    assert finding < page.index("points without intervals") < page.index("<h2>")
    assert "Compared: 4 systems (1 model, 1 baseline, 1 anchor, 1 reference) on 2 items" in page
    assert "Nothing failed: all 8 scores are there." in page


def test_only_the_best_model_or_baseline_has_the_star(run: RunFolder) -> None:
    page = run.page()
    assert page.count('<span class="best">★ 0.550</span>') == 1
    assert page.count("★") == 2  # and the legend
    assert "Δ −0.500" in page
    assert "allow no claim about others" in page
    headings = page.count('<th scope="col" class="marked">')
    assert headings == 2 * (1 + 2)  # anchor and reference; in the board and for two items


def test_intervals_and_verdicts_are_shown_where_they_exist(run: RunFolder) -> None:
    good = run.board["system"] == "good"
    run.board.loc[good, ["ci_low", "ci_high"]] = [0.4, 0.7]
    run.board.loc[good, ["difference_ci_low", "difference_ci_high", "p_adjusted"]] = [
        -0.7,
        -0.2,
        0.01,
    ]
    run.board.loc[good, "verdict"] = "better"
    page = run.page()
    assert "0.400 to 0.700" in page
    assert "Δ −0.500 (−0.700 to −0.200)" in page
    assert "Of the comparisons with the baseline: 1 better than the baseline." in page


def test_a_failure_is_visible_with_its_reason_and_takes_the_star(run: RunFolder) -> None:
    broken = (run.scores["system"] == "good") & (run.scores["item"] == "x")
    run.scores.loc[broken, "value"] = None
    run.scores.loc[broken, ["status", "reason"]] = ["failed", "the estimate is silent"]
    page = run.page()
    assert "1 of 8 scores are missing" in page
    assert "1 failed" in page
    assert "<td>the estimate is silent</td>" in page
    assert "★" not in page.split("<h3>Every item</h3>")[0].replace("★ best mean", "")


def test_players_point_to_the_audio_that_exists(run: RunFolder) -> None:
    page = run.page()
    assert page.count("<audio") == 1
    assert 'src="audio/good/x.wav" aria-label="good, x"' in page
    assert "no audio" in page


def test_what_comes_from_files_is_escaped(run: RunFolder) -> None:
    hostile = "<script>alert('x')</script>$\\frac"
    run.scores.loc[0, "value"] = None
    run.scores.loc[0, ["status", "reason"]] = ["failed", hostile]
    run.scores["system"] = run.scores["system"].replace("low", hostile)
    run.board["system"] = run.board["system"].replace("low", hostile)
    page = run.page()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "CC0 &lt;b&gt;" in page


def test_the_page_needs_no_network(run: RunFolder) -> None:
    page = run.page()
    links = [part.split('"')[0] for part in page.replace("src=", "href=").split('href="')[1:]]
    assert not [link for link in links if "//" in link]
    assert page.count("<svg") == 1
    assert 'role="img" aria-label="mrstft, means: good 0.55' in page


def test_a_plot_follows_the_pages_colours(run: RunFolder) -> None:
    svg = run.page().split("<svg")[1].split("</svg>")[0]
    assert "currentColor" in svg
    assert "var(--accent)" in svg
    assert "var(--marked)" in svg
    assert "#0" not in svg


def test_a_long_run_shows_some_items_and_says_how_many_more(run: RunFolder) -> None:
    items = [row("good", f"item-{k}", 0.1) for k in range(MAX_ITEMS + 3)]
    run.scores = pd.DataFrame(items)
    page = run.page()
    assert page.count("<details") == MAX_ITEMS
    assert "3 more items are in" in page


def test_an_incomplete_run_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a complete run"):
        write_report(tmp_path)


def test_models_that_declare_a_step_become_a_training_curve(run: RunFolder) -> None:
    assert "Curves" not in run.page()
    steps = {"good": 2000, "bad": 1000}
    systems = [
        {"name": name, "factors": {"step": step, "rnn": True}} for name, step in steps.items()
    ]
    manifest = {**MANIFEST, "systems": systems}
    (run.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = run.page()
    curve = page[page.index("<h3>Curves</h3>") : page.index("<h3>Listen</h3>")]
    assert curve.count("<svg") == 1
    assert "mrstft along the training steps" in curve
    assert ">human<" in curve  # the reference to compare with
    assert ">low<" in curve


def test_values_over_snippets_stand_beside_those_of_the_song(run: RunFolder) -> None:
    run.scores["metric"] = "relative_loudness_error_lu"
    snippets = run.scores.assign(metric="relative_loudness_snippet_error_lu")
    run.scores = pd.concat([run.scores, snippets], ignore_index=True)
    page = run.page()
    assert f"snippets against whole items, {len(snippets)} points" in page
    assert "whole item" in page


def test_many_items_are_a_distribution_of_bounded_size(run: RunFolder) -> None:
    few = len(run.page())
    values = np.random.default_rng(0).normal(size=500)
    rows = [row(s, f"i{k:03d}", v) for s in ("good", "bad") for k, v in enumerate(values)]
    constant = [row("human", f"i{k:03d}", 0.0) for k in range(500)]
    run.scores = pd.DataFrame([*rows, *constant])
    page = run.page()
    assert page.count("<summary>") == MAX_ITEMS
    assert "460 more items" in page
    assert len(page) < few + MAX_ITEMS * 3_000 + 20_000
