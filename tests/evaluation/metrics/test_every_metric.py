"""What holds for every metric: facts, best value for identity, bad input, invariances."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evaluation.metrics import Metric, Outcome, Pair, all_metrics, score_pairs
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]

METRICS = list(all_metrics().values())
RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]
# Metrics that a gain on the estimate alone may not change.
BLIND_TO_GAIN = {
    "relative_loudness_error_lu",
    "stoi",
    "estoi",
    "pcc_logstft_global",
    "pcc_logstft_band_mean",
    "mrstft",
    "si_sdr_db",
}


def task_of(metric: Metric) -> str:
    return metric.facts.tasks[0] if metric.facts.tasks else "mix"


def make_pair(metric: Metric, estimate: Samples, reference: Samples, rate: int) -> Pair:
    """A pair for the metric's task; the stems are the signals at two levels."""
    sides = [Signal(np.asarray(side, dtype=np.float32), rate) for side in (estimate, reference)]
    stems = [
        {"lead": side, "backing": Signal(side.samples[:, ::-1] * np.float32(0.5), rate)}
        for side in sides
    ]
    return Pair(
        system="s",
        item="i",
        task=task_of(metric),
        estimate=sides[0],
        reference=sides[1],
        estimate_stems=stems[0],
        reference_stems=stems[1],
    )


def outcome(metric: Metric, estimate: Samples, reference: Samples, rate: int = 16000) -> Outcome:
    [[result]] = score_pairs([make_pair(metric, estimate, reference, rate)], [metric])
    return result


def value(metric: Metric, estimate: Samples, reference: Samples, rate: int = 16000) -> float:
    result = outcome(metric, estimate, reference, rate)
    assert result.value is not None, result.reason
    return result.value


each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.facts.id)


@each_metric
def test_its_facts_are_complete(metric: Metric) -> None:
    facts = metric.facts
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", facts.id)
    assert facts.direction in ("higher", "lower", "")
    assert all((facts.title, facts.citation, facts.version, facts.description, facts.delay))
    assert (facts.high if facts.direction == "higher" else facts.low) is not None
    if facts.unit in ("LU", "dB"):
        assert facts.id.endswith(f"_{facts.unit.lower()}")


@each_metric
@pytest.mark.parametrize("channels", [1, 2])
def test_the_reference_itself_scores_best(metric: Metric, channels: int, speechlike: Maker) -> None:
    clip = np.repeat(speechlike(16000, 1.5, 1), channels, axis=0)
    best = metric.facts.high if metric.facts.direction == "higher" else metric.facts.low
    tolerance = 1e-2 if metric.facts.unit == "MOS-LQO" else 1e-9  # its range is rounded
    assert value(metric, clip, clip) == pytest.approx(best, abs=tolerance)


@each_metric
def test_a_degraded_signal_scores_worse_and_within_range(
    metric: Metric, speechlike: Maker, noise: Noise
) -> None:
    clip = speechlike(16000, 1.5, 1)
    envelope = np.where(np.arange(24000) < 12000, 1.0, 0.1)
    mild, bad = (clip + level * envelope * noise(1, 24000, 2) for level in (0.02, 1.0))
    if metric.facts.needs == "stems":
        pair = make_pair(metric, clip, clip, 16000)
        louder = {**pair.estimate_stems, "lead": Signal(clip * np.float32(2), 16000)}
        [[result]] = score_pairs([replace(pair, estimate_stems=louder)], [metric])
        assert result.value == pytest.approx(20 * math.log10(2), abs=1e-5)
        return
    good, worse = value(metric, mild, clip), value(metric, bad, clip)
    assert good > worse if metric.facts.direction == "higher" else good < worse
    low, high = metric.facts.low, metric.facts.high
    assert (-math.inf if low is None else low) <= worse <= (math.inf if high is None else high)


@each_metric
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_mono_or_stereo_give_a_number_or_a_reason(
    metric: Metric, rate: int, channels: int, noise: Noise
) -> None:
    reference = noise(channels, rate, 3) * np.linspace(0.1, 1.0, rate, dtype=np.float32)
    result = outcome(metric, reference + 0.3 * noise(channels, rate, 4), reference, rate)
    low_rate = metric.facts.min_rate_hz is not None and rate < metric.facts.min_rate_hz
    assert result.status == ("not_applicable" if low_rate else "ok"), result.reason
    assert (result.value is None) == low_rate


def bad_input(kind: str, clip: Samples) -> tuple[Samples, Samples, str]:
    """(estimate, reference, what the reason says)."""
    silence, stereo = np.zeros_like(clip), np.repeat(clip, 2, axis=0)
    nan = clip.copy()
    nan[0, 100] = np.nan
    return {
        "a silent estimate": (silence, clip, "estimate is silent"),
        "a silent reference": (clip, silence, "reference is silent"),
        "two silent sides": (silence, silence, "silent"),
        "NaN in the estimate": (nan, clip, "estimate has NaN"),
        "NaN in the reference": (clip, nan, "reference has NaN"),
        "infinity": (clip / np.float32(0), clip, "estimate has NaN or infinite"),
        "one frame more": (np.pad(clip, ((0, 0), (0, 1))), clip, "frames differs"),
        "one frame less": (clip[:, :-1], clip, "frames differs"),
        "stereo against mono": (stereo, clip, "channels differs"),
        "mono against stereo": (clip, stereo, "channels differs"),
        "no frames": (clip[:, :0], clip[:, :0], "no samples"),
    }[kind]


@each_metric
@pytest.mark.parametrize(
    "kind",
    [
        "a silent estimate",
        "a silent reference",
        "two silent sides",
        "NaN in the estimate",
        "NaN in the reference",
        "infinity",
        "one frame more",
        "one frame less",
        "stereo against mono",
        "mono against stereo",
        "no frames",
    ],
)
def test_bad_input_is_a_failed_row_with_its_reason(
    metric: Metric, kind: str, speechlike: Maker
) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, reference, reason = bad_input(kind, speechlike(16000, 1.0, 5))
    result = outcome(metric, estimate, reference)
    assert (result.status, result.value) == ("failed", None)
    assert reason in result.reason


@each_metric
@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize("frames", [1, 2, 127, "0.05 s"])
def test_a_clip_of_50_ms_or_less_has_no_invented_number(
    metric: Metric, rate: int, frames: int | str, noise: Noise
) -> None:
    length = round(0.05 * rate) if isinstance(frames, str) else frames
    reference = noise(1, length, 6)
    result = outcome(metric, reference + 0.1 * noise(1, length, 7), reference, rate)
    if metric.facts.id == "si_sdr_db" and length > 2:
        assert result.status == "ok"  # defined for any length
    else:
        assert result.value is None or metric.facts.id == "si_sdr_db"
        assert result.status in ("failed", "not_applicable", "ok")
        assert result.status != "failed" or result.reason


@each_metric
def test_channels_that_cancel_out_are_no_number_for_a_mono_metric(
    metric: Metric, speechlike: Maker
) -> None:
    clip = speechlike(16000, 1.0, 8)
    result = outcome(metric, np.concatenate([clip, -clip]), np.concatenate([clip, clip]))
    if metric.facts.channels == "mono":
        assert (result.status, result.reason) == (
            "failed",
            "the channels of the estimate cancel out",
        )
    else:
        assert result.status == "ok"


@each_metric
@settings(max_examples=5, deadline=None)
@given(gain_db=st.floats(-12.0, 12.0))
def test_a_gain_on_both_sides_changes_nothing(
    metric: Metric, gain_db: float, speechlike: Maker, noise: Noise
) -> None:
    reference = speechlike(16000, 1.5, 1)
    estimate = reference + 0.2 * noise(1, reference.shape[1], 10)
    gain = np.float32(10 ** (gain_db / 20))
    expected = value(metric, estimate, reference)
    # The power floor of the multi-resolution STFT is absolute, as in auraloss.
    tolerance = 0.1 if metric.facts.id == "mrstft" else 2e-3
    changed = value(metric, gain * estimate, gain * reference)
    assert changed == pytest.approx(expected, abs=tolerance)


@each_metric
@settings(max_examples=5, deadline=None)
@given(gain_db=st.floats(-12.0, 12.0))
def test_a_gain_on_the_estimate_shows_only_where_level_is_measured(
    metric: Metric, gain_db: float, speechlike: Maker, noise: Noise
) -> None:
    reference = speechlike(16000, 1.5, 1)
    estimate = reference + 0.2 * noise(1, reference.shape[1], 12)
    changed = value(metric, np.float32(10 ** (gain_db / 20)) * estimate, reference)
    expected = value(metric, estimate, reference)
    if metric.facts.id in BLIND_TO_GAIN:
        assert changed == pytest.approx(expected, abs=1e-4)
    elif metric.facts.measures_level:
        louder = value(metric, estimate, estimate * np.float32(10 ** (-gain_db / 20)))
        assert louder == pytest.approx(abs(gain_db), abs=1e-3)


@each_metric
def test_swapping_the_channels_of_both_sides_changes_nothing(metric: Metric, noise: Noise) -> None:
    reference = noise(2, 24000, 13) * np.linspace(0.2, 1, 24000, dtype=np.float32)
    estimate = reference + np.array([[0.1], [0.4]], np.float32) * noise(2, 24000, 14)
    swapped = value(metric, estimate[::-1], reference[::-1])
    assert swapped == pytest.approx(value(metric, estimate, reference), abs=1e-6)


@each_metric
@pytest.mark.parametrize("delay", [160, 1600])
def test_a_common_delay_changes_little(
    metric: Metric, delay: int, speechlike: Maker, noise: Noise
) -> None:
    reference = speechlike(16000, 2.0, 1)
    estimate = reference + 0.2 * noise(1, 32000, 16)
    sides = [np.pad(side, ((0, 0), (4800, 4800))) for side in (estimate, reference)]
    later = [np.roll(side, delay, axis=1) for side in sides]
    difference = abs(value(metric, *later) - value(metric, *sides))
    assert difference < (0.1 if metric.facts.unit else 0.03)
