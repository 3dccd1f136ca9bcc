"""`evaluate` with metrics of whole sets: rows, sizes, intervals, resume, failures, the page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from earwitness.evaluation.metrics import all_metrics
from earwitness.evaluation.progress import Progress
from earwitness.evaluation.run import Run, evaluate
from earwitness.stimuli.schema import SCORES

from ..conftest import Workplace, noise

SONGS = tuple(f"song-{place:02d}" for place in range(14))
METRICS = [name for name, one in all_metrics().items() if one.facts.is_of_sets]
OF_SETS = [name for name in METRICS if all_metrics()[name].facts.needs == "set"]


class Watch(Progress):
    """Collects what was embedded."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []

    def embedded(self, system: str, item: str) -> None:
        self.pairs.append((system, item))


def make(workplace: Workplace, songs: tuple[str, ...] = SONGS) -> Workplace:
    """Systems that are near and far from the human mix, which is a system too."""
    workplace.dataset(songs)
    leads = [noise(2 * one, peak=0.05 * 10 ** ((6 + one) / 20)) for one in range(len(songs))]
    backings = [noise(2 * one + 1) for one in range(len(songs))]
    human = {song: leads[one] + backings[one] for one, song in enumerate(songs)}
    unmixed = {song: leads[one] / 2 + backings[one] for one, song in enumerate(songs)}
    dull = {song: np.cumsum(samples, axis=1) / 50 for song, samples in human.items()}
    workplace.rendered("dull", {song: one - one.mean() for song, one in dull.items()})
    workplace.rendered("human", human, role="reference")
    workplace.rendered("unmixed", unmixed, role="baseline")
    return workplace


def run(workplace: Workplace, watch: Watch | None = None) -> Run:
    return evaluate(workplace.models, out=workplace.run, only=METRICS, progress=watch or Watch())


def cell(frame: pd.DataFrame, **keys: str) -> pd.Series:
    for name, value in keys.items():
        frame = frame[frame[name] == value]
    [row] = frame.to_dict("records")
    return pd.Series(row)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workplace, Run]:
    workplace = make(Workplace(tmp_path_factory.mktemp("sets")))
    return workplace, run(workplace)


def test_each_system_has_one_row_of_each_set_metric_with_its_size(
    done: tuple[Workplace, Run],
) -> None:
    scores = done[1].scores
    sets = scores[scores["item"] == "*"]
    assert sorted(zip(sets["system"], sets["metric"], strict=True)) == sorted(
        (system, metric) for system in ("dull", "human", "unmixed") for metric in OF_SETS
    )
    assert set(sets["status"]) == {"ok"}
    assert set(sets["items"]) == {14}
    assert set(sets["embeddings"]) == {14 * 6}
    assert set(sets["dimensions"]) == {40}
    assert (sets["rank"] <= 40).all()
    assert scores[scores["item"] != "*"]["items"].isna().all()
    stored = pd.read_parquet(done[1].folder / "scores.parquet")
    assert list(stored.columns) == SCORES.names


def test_a_distance_has_an_interval_and_finds_the_far_system(done: tuple[Workplace, Run]) -> None:
    board = done[1].leaderboard
    for metric in ("fad_handcrafted", "kad_handcrafted"):
        dull = cell(board, system="dull", metric=metric)
        unmixed = cell(board, system="unmixed", metric=metric)
        human = cell(board, system="human", metric=metric)
        assert human["mean"] == pytest.approx(0.0, abs=1e-9)
        assert dull["ci_low"] < dull["mean"] < dull["ci_high"]
        assert unmixed["ci_high"] < dull["ci_low"]
        assert (dull["baseline"], dull["verdict"]) == ("unmixed", "no_test_of_sets")
        assert dull["difference"] == pytest.approx(dull["mean"] - unmixed["mean"])
        assert 0 < dull["difference_ci_low"] < dull["difference"] < dull["difference_ci_high"]
        assert (dull["n"], dull["groups"], human["verdict"]) == (14, 14, "reference")
    per_item = cell(board, system="dull", metric="embedding_distance_handcrafted")
    assert per_item["n"] == 14
    assert per_item["p"] is not None


def test_the_page_tells_how_much_a_value_is_over(done: tuple[Workplace, Run]) -> None:
    page = (done[1].folder / "report.html").read_text()
    assert "over 14 items: 84 embeddings of 40 dimensions" in page
    manifest = json.loads((done[1].folder / "manifest.json").read_text())
    assert {one["id"] for one in manifest["metrics"]} == set(METRICS)


def test_a_second_call_embeds_and_computes_nothing(done: tuple[Workplace, Run]) -> None:
    workplace, first = done
    watch = Watch()
    again = run(workplace, watch)
    assert watch.pairs == []
    pd.testing.assert_frame_equal(again.scores, first.scores)
    (next((first.folder / "store" / "embeddings").glob("*.npy"))).unlink()
    lost = run(workplace, watch)
    assert len(watch.pairs) in (1, 3)  # an estimate, or a reference of three
    pd.testing.assert_frame_equal(lost.scores, first.scores)


def test_a_failed_rendering_leaves_the_set_without_a_value_and_the_items_with_theirs(
    workplace: Workplace,
) -> None:
    songs = SONGS[:3]
    make(workplace, songs)
    Path(workplace.models / "dull" / "audio" / "song-01.wav").unlink()
    scores = run(workplace).scores
    fad = cell(scores, system="dull", item="*", metric="fad_handcrafted")
    assert fad["status"] == "failed"
    assert "1 of 3 items have no embeddings" in fad["reason"]
    for metric, statuses in {
        "embedding_distance_handcrafted": ["ok", "failed", "ok"],
        "fad_item_handcrafted": ["not_applicable", "failed", "not_applicable"],  # 18 ≤ 40
    }.items():
        own = scores[(scores["system"] == "dull") & (scores["metric"] == metric)]
        assert list(own["status"]) == statuses
    small = cell(scores, system="unmixed", item="*", metric="fad_handcrafted")
    assert small["status"] == "not_applicable"
    assert small["reason"] == "18 embeddings of 40 dimensions; a covariance needs more than 40"
    assert pd.isna(small["value"])


def test_silence_and_a_moment_have_reasons(workplace: Workplace) -> None:
    make(workplace, SONGS[:2])
    workplace.stems("song-00", noise(1, frames=800), noise(2, frames=800))
    workplace.rendered("dull", {song: noise(5, frames=800) for song in SONGS[:2]})
    scores = run(workplace).scores
    own = scores[(scores["system"] == "dull") & (scores["item"] == "*")]
    assert set(own["status"]) == {"failed"}
    assert scores["reason"][scores["status"] != "ok"].str.len().min() > 10
