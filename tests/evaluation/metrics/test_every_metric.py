"""What holds for every metric: facts, best value for identity, bad input, invariances.

Each test scores one kind of pair with all metrics at once, as a run does, so that a new metric is
tested by being registered; a failure lists the metrics that it concerns.
"""

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

from earwitness.evaluation.metrics import Facts, Outcome, Pair, all_metrics, score_pairs
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]

# Networks that take a second for a clip have tests of their own (test_mos.py, test_pitch.py).
SLOW = {"speechmos", "torchcrepe"}
METRICS = [
    metric
    for metric in all_metrics().values()
    if not (metric.facts.is_of_sets or SLOW.intersection(metric.facts.packages))
]
FACTS = {metric.facts.id: metric.facts for metric in METRICS}
RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]
SECONDS = 3.5  # short-term loudness needs 3 s
# The power floor of the multi-resolution STFT is absolute, as in auraloss.
LOOSE = {"mrstft": 0.1}
# Defined for a few frames, or for any number of them.
ANY_LENGTH = {
    "si_sdr_db",
    "true_peak_error_db",
    "true_peak_difference_db",
    "crest_error_db",
    "fxnorm_peak_mape_percent",
    "mid_side_ratio_error_db",
    "phase_correlation_error",
    "pcc_waveform",
    "sdr_db",
}
# Without a value where nothing is voiced, as in noise.
NEEDS_PITCH = {"f0_rmse_cents", "f0_gross_error_percent", "voicing_error_percent"}


def make_pair(task: str, estimate: Samples, reference: Samples, rate: int) -> Pair:
    """A pair of a task; the stems are the signals at two levels."""
    sides = [Signal(np.asarray(side, dtype=np.float32), rate) for side in (estimate, reference)]
    stems = [
        {"lead": side, "backing": Signal(side.samples[:, ::-1] * np.float32(0.5), rate)}
        for side in sides
    ]
    return Pair(
        system="s",
        item="i",
        task=task,
        estimate=sides[0],
        reference=sides[1],
        estimate_stems=stems[0],
        reference_stems=stems[1],
    )


def outcomes(estimate: Samples, reference: Samples, rate: int = 16000) -> dict[str, Outcome]:
    """The outcome of every metric by id, each for a task that it has a meaning for."""
    found: dict[str, Outcome] = {}
    tasks = {facts.tasks[0] if facts.tasks else "mix" for facts in FACTS.values()}
    for task in sorted(tasks):
        metrics = [metric for metric in METRICS if (metric.facts.tasks or ("mix",))[0] == task]
        [row] = score_pairs([make_pair(task, estimate, reference, rate)], metrics)
        found |= {metric.facts.id: one for metric, one in zip(metrics, row, strict=True)}
    return found


def values(estimate: Samples, reference: Samples, rate: int = 16000) -> dict[str, float]:
    """The value of every metric; fails where one has none, but for a pitch where none is."""
    found = {
        name: one
        for name, one in outcomes(estimate, reference, rate).items()
        if not (name in NEEDS_PITCH and "voiced" in one.reason)
    }
    assert {name: one.reason for name, one in found.items() if one.value is None} == {}
    return {name: one.value for name, one in found.items() if one.value is not None}


def wide(mono: Samples, noise: Noise) -> Samples:
    """Two channels that differ in level and a little in content, 2 × frame."""
    right = np.float32(0.6) * mono + np.float32(0.1) * noise(1, mono.shape[1], 90)
    return np.concatenate([mono, right])


def tolerance(name: str, usual: float) -> float:
    return max(usual, LOOSE.get(name, 0.0), 1e-3 if FACTS[name].unit == "%" else 0.0)


def off(found: dict[str, float], expected: dict[str, float], usual: float) -> dict[str, object]:
    """The metrics whose value is not the expected one, within `usual` or their own tolerance."""
    return {
        name: (value, expected[name])
        for name, value in found.items()
        if name in expected and not abs(value - expected[name]) <= tolerance(name, usual)
    }


def best(facts: Facts) -> float:
    value = facts.high if facts.direction == "higher" else facts.low
    if facts.direction == "":
        return 0.0  # a signed difference
    assert value is not None, facts.id
    return value


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS)
def test_its_facts_are_complete(facts: Facts) -> None:
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", facts.id)
    assert facts.direction in ("higher", "lower", "")
    assert all((facts.title, facts.citation, facts.version, facts.description, facts.delay))
    assert math.isfinite(best(facts))
    if facts.unit in ("LU", "dB"):
        assert facts.id.endswith(f"_{facts.unit.lower()}")
    if facts.unit == "%":
        assert facts.id.endswith("_percent")


def test_the_reference_itself_scores_best(speechlike: Maker, noise: Noise) -> None:
    clip = wide(speechlike(16000, SECONDS, 1), noise)
    found = values(clip, clip)
    expected = {name: best(facts) for name, facts in FACTS.items()}
    coarse = {name for name in found if name.startswith("pesq")}
    assert off({k: v for k, v in found.items() if k not in coarse}, expected, 1e-9) == {}
    assert off({k: v for k, v in found.items() if k in coarse}, expected, 1e-2) == {}


def test_a_degraded_signal_scores_worse_and_within_range(speechlike: Maker, noise: Noise) -> None:
    clip = wide(speechlike(16000, 5.0, 1), noise)
    frames = clip.shape[1]
    envelope = np.where(np.arange(frames) < frames // 2, 1.0, 0.1)
    added = [level * envelope * noise(2, frames, 2) for level in (0.02, 1.0)]
    good, worse = (values(clip + one, clip) for one in added)
    wrong = []
    for name, facts in FACTS.items():
        if name == "f0_gross_error_percent":
            continue  # noise makes no octave errors
        rises = {"higher": good[name] > worse[name], "lower": good[name] < worse[name], "": True}
        low, high = facts.low, facts.high
        is_inside = (low is None or low <= worse[name]) and (high is None or worse[name] <= high)
        if not is_inside or not (rises[facts.direction] or facts.needs == "stems"):
            wrong.append((name, good[name], worse[name]))
    assert wrong == []


def test_a_louder_lead_is_an_error_of_its_gain(speechlike: Maker) -> None:
    clip = speechlike(16000, SECONDS, 1)
    metrics = [metric for metric in METRICS if metric.facts.needs == "stems"]
    pair = make_pair("mix", clip, clip, 16000)
    louder = {**pair.estimate_stems, "lead": Signal(clip * np.float32(2), 16000)}
    [row] = score_pairs([replace(pair, estimate_stems=louder)], metrics)
    expected = [20 * math.log10(2)] * len(metrics)
    assert [one.value for one in row] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_mono_or_stereo_give_a_number_or_a_reason(
    rate: int, channels: int, noise: Noise
) -> None:
    frames = round(3.1 * rate)
    reference = noise(channels, frames, 3) * np.linspace(0.1, 1.0, frames, dtype=np.float32)
    found = outcomes(reference + 0.3 * noise(channels, frames, 4), reference, rate)
    wrong = {}
    for name, facts in FACTS.items():
        if name in NEEDS_PITCH:
            assert found[name].value is not None or "voiced" in found[name].reason
            continue
        is_meaningless = (facts.min_rate_hz or 0) > rate or facts.min_channels > channels
        status = "not_applicable" if is_meaningless else "ok"
        if (found[name].status, found[name].value is None) != (status, is_meaningless):
            wrong[name] = found[name]
    assert wrong == {}


def bad_input(kind: str, clip: Samples) -> tuple[Samples, Samples, str]:
    """(estimate, reference, what the reason says)."""
    silence, three = np.zeros_like(clip), np.repeat(clip[:1], 3, axis=0)
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
        "mono against stereo": (clip[:1], clip, "channels differs"),
        "three channels against stereo": (three, clip, "channels differs"),
        "no frames": (clip[:, :0], clip[:, :0], "no samples"),
    }[kind]


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
        "mono against stereo",
        "three channels against stereo",
        "no frames",
    ],
)
def test_bad_input_is_a_failed_row_with_its_reason(
    kind: str, speechlike: Maker, noise: Noise
) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, reference, reason = bad_input(kind, wide(speechlike(16000, 1.0, 5), noise))
    wrong = {
        name: one
        for name, one in outcomes(estimate, reference).items()
        if (one.status, one.value) != ("failed", None) or reason not in one.reason
    }
    assert wrong == {}


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize("frames", [1, 2, 127, "0.05 s"])
def test_a_clip_of_50_ms_or_less_has_no_invented_number(
    rate: int, frames: int | str, noise: Noise
) -> None:
    length = round(0.05 * rate) if isinstance(frames, str) else frames
    reference = noise(2, length, 6)
    found = outcomes(reference + 0.1 * noise(2, length, 7), reference, rate)
    assert {name for name, one in found.items() if one.value is not None} <= ANY_LENGTH
    assert {name: one for name, one in found.items() if one.value is None and not one.reason} == {}
    assert length <= 2 or found["si_sdr_db"].status == found["crest_error_db"].status == "ok"


def test_channels_that_cancel_out_are_no_number_for_a_mono_metric(speechlike: Maker) -> None:
    clip = speechlike(16000, SECONDS, 8)
    found = outcomes(np.concatenate([clip, -clip]), np.concatenate([clip, np.float32(0.5) * clip]))
    reason = "the channels of the estimate cancel out"
    for name, facts in FACTS.items():
        is_mono = facts.channels == "mono"
        assert (found[name].reason == reason) == is_mono, name
        assert (found[name].status == "failed") == is_mono, name


@settings(max_examples=2, deadline=None)
@given(gain_db=st.floats(-12.0, 12.0))
def test_a_gain_on_both_sides_changes_nothing(
    gain_db: float, speechlike: Maker, noise: Noise
) -> None:
    # Quiet, as a peak near full scale has no percentage.
    reference = np.float32(0.2) * wide(speechlike(16000, SECONDS, 1), noise)
    estimate = reference + 0.04 * noise(2, reference.shape[1], 10)
    gain = np.float32(10 ** (gain_db / 20))
    changed = values(gain * estimate, gain * reference)
    expected = values(estimate, reference)
    # FxNorm-automix trims silence at a fixed level, and percentages of levels depend on them.
    # A stem's quiet blocks may pass the absolute gate of BS.1770 at one level and not at another.
    relative = {
        name: value
        for name, value in changed.items()
        if "FxNorm" not in FACTS[name].citation and FACTS[name].needs != "stems"
    }
    assert off(relative, expected, 2e-3) == {}


@settings(max_examples=2, deadline=None)
@given(gain_db=st.floats(-12.0, 12.0))
def test_a_gain_on_the_estimate_shows_only_where_level_is_measured(
    gain_db: float, speechlike: Maker, noise: Noise
) -> None:
    reference = np.float32(0.2) * wide(speechlike(16000, SECONDS, 1), noise)
    estimate = reference + 0.04 * noise(2, reference.shape[1], 12)
    gain = np.float32(10 ** (gain_db / 20))
    changed, expected = values(gain * estimate, reference), values(estimate, reference)
    blind = {
        name: value
        for name, value in changed.items()
        if not (FACTS[name].measures_level or name.startswith("pesq"))
    }
    assert off(blind, expected, 1e-4) == {}
    louder = values(gain * estimate, estimate)
    for name, facts in FACTS.items():
        if facts.measures_level and facts.unit in ("LU", "dB"):
            shift = gain_db if facts.direction == "" else abs(gain_db)
            assert louder[name] == pytest.approx(shift, abs=1e-3), name


def test_swapping_the_channels_of_both_sides_changes_nothing(noise: Noise) -> None:
    frames = round(SECONDS * 16000)
    reference = noise(2, frames, 13) * np.linspace(0.2, 1, frames, dtype=np.float32)
    estimate = reference + np.array([[0.1], [0.4]], np.float32) * noise(2, frames, 14)
    swapped = values(estimate[::-1], reference[::-1])
    assert off(swapped, values(estimate, reference), 1e-6) == {}


@pytest.mark.parametrize("delay", [160, 1600])
def test_a_common_delay_changes_little(delay: int, speechlike: Maker, noise: Noise) -> None:
    reference = wide(speechlike(16000, SECONDS, 1), noise)
    estimate = reference + 0.2 * noise(2, reference.shape[1], 16)
    sides = [np.pad(side, ((0, 0), (4800, 4800))) for side in (estimate, reference)]
    later = [np.roll(side, delay, axis=1) for side in sides]
    found, expected = values(later[0], later[1]), values(sides[0], sides[1])
    for usual, names in (
        (0.5, [name for name in found if name.startswith("lra_")]),  # a few blocks of 3 s
        (0.1, [name for name in found if FACTS[name].unit and not name.startswith("lra_")]),
        (0.05, [name for name in found if not FACTS[name].unit]),
    ):
        assert off({name: found[name] for name in names}, expected, usual) == {}
