"""FxNorm-automix's features against a plain numpy reading of its definitions."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal

from earwitness.evaluation.metrics import Pair, all_metrics, metric, score_pairs
from earwitness.stimuli.audio import Signal

Samples = npt.NDArray[np.float64]
Noise = Callable[[int, int, int], npt.NDArray[np.float32]]
RATE, FRAMES_AVERAGED = 44100, 40
NAMES = [name for name in all_metrics() if name.startswith("fxnorm_")]


def mix(noise: Noise, seed: int) -> Samples:
    """2.4 s of stereo with quiet ends, moving level, colour and panning."""
    frames = round(2.4 * RATE)
    times = np.arange(frames) / RATE
    lead, left, right = (noise(1, frames, seed + k)[0].astype(np.float64) for k in range(3))
    lead = scipy.signal.lfilter([1.0], [1.0, -0.95], lead) * (0.6 + 0.4 * np.sin(5 * times))
    pan = 0.5 + 0.3 * np.sin(2 * times)
    both = np.stack([lead * pan + 0.1 * left, lead * (1 - pan) + 0.2 * right])
    return 0.5 * both * ((times > 0.25) & (times < 2.1))


def onset(samples: Samples) -> int:
    """First sample of the first 0.1 s in which the RMS of the last 20 ms stays at 0.1 %."""
    squares = np.pad(samples**2, ((0, 0), (882, 0)))
    mean = np.stack([np.convolve(row, np.ones(882) / 882, "valid")[1:] for row in squares])
    loud = (np.sqrt(mean) >= 0.001).any(0)
    return next(n for n in range(len(loud) - 4410) if loud[n : n + 4410].all())


def prepared(estimate: Samples, reference: Samples) -> tuple[Samples, Samples]:
    part = slice(onset(reference), reference.shape[1] - onset(reference[:, ::-1]))
    cut = estimate[:, part], reference[:, part]
    return cut[0] * 10**-0.05 / np.abs(cut[0]).max(), cut[1] * 10**-0.05 / np.abs(cut[1]).max()


def spectrogram(samples: Samples, size: int) -> Samples:
    """|STFT|, bin × frame."""
    window = np.sqrt(np.hanning(size + 1)[:-1])
    starts = range(0, len(samples) - size + 1, 1024)
    return np.abs([np.fft.rfft(samples[n : n + size] * window) for n in starts]).T


def spectral(samples: Samples) -> dict[str, Samples]:
    magnitude = spectrogram(samples, 4096)
    hz = np.arange(2049) * RATE / 4096
    share = magnitude / magnitude.sum(0)
    centroid = hz @ share
    powers = np.maximum(magnitude**2, 1e-10)
    flatness = np.exp(np.log(powers).mean(0)) / powers.mean(0)
    cumulated = np.cumsum(magnitude, axis=0)
    peaks, valleys = [], []
    for k, (low, high) in enumerate([(0, 250), (250, 500), (500, 1000), (1000, 2000), (2000, 4e9)]):
        bins = np.flatnonzero((hz >= low) & (hz <= high))
        bins = np.r_[bins[0] - 1, bins] if k else bins
        few = max(1, int(np.rint(0.02 * len(bins))))
        ordered = np.sort(magnitude[bins if k == 4 else bins[:-1]], axis=0)
        peaks.append(ordered[-few:].mean(0))
        valleys.append(ordered[:few].mean(0))
    high_db, low_db = (10 * np.log10(np.maximum(side, 1e-10)) for side in (peaks, valleys))
    contrast = np.maximum(high_db, high_db.max() - 80) - np.maximum(low_db, low_db.max() - 80)
    return {
        "centroid": centroid + 1,
        "bandwidth": np.sqrt((share * (hz[:, None] - centroid) ** 2).sum(0)) + 1,
        "contrast_low": contrast[0],
        "contrast_mid": contrast[1:4].mean(0),
        "contrast_high": contrast[4],
        "rolloff": hz[np.argmax(cumulated >= 0.85 * cumulated[-1], axis=0)] + 1,
        "flatness": 1 - 20 * np.log10(flatness),
    }


def panning(samples: Samples) -> dict[str, Samples]:
    left, right = (spectrogram(row, 2048) for row in samples)
    away = 1 - 2 * left * right / (left**2 + right**2)
    bands = {"total": (0, 1024), "low": (0, 11), "mid": (11, 116), "high": (116, 1024)}
    return {
        f"panning_{name}": np.sqrt((away[low:high] ** 2).mean(0))
        for name, (low, high) in bands.items()
    }


def dynamic(samples: Samples) -> dict[str, Samples]:
    def level(values: Samples) -> Samples:
        return 20 * np.log10(values + 1e-30)

    starts = range(0, samples.shape[1] - 4096 + 1, 1024)
    frames = np.stack([samples[:, n : n + 4096] for n in starts], axis=1)
    rms = level(np.sqrt((frames**2).mean(-1)))
    low_passed = scipy.signal.filtfilt(*scipy.signal.butter(4, 1000 / (RATE / 2)), samples)
    ratio = [
        (spectrogram(low, 4096) / (spectrogram(all_, 4096) + 1e-5)).sum(0)
        for low, all_ in zip(low_passed, samples, strict=True)
    ]
    return {
        "rms": 1 - rms.mean(0),
        "dynamic_spread": 1 - (level(np.abs(frames)) - rms[..., None]).mean(-1).mean(0),
        "crest": (level(np.abs(frames).max(-1)) / rms).mean(0),
        "low_frequency": np.mean(ratio, axis=0),
    }


def percentage(estimate: Samples, reference: Samples) -> float:
    mine, its = (
        np.convolve(track, np.ones(FRAMES_AVERAGED) / FRAMES_AVERAGED, "valid")
        for track in (estimate, reference)
    )
    return float(100 * np.mean(np.abs(mine - its) / np.abs(its)))


def expected_of(estimate: Samples, reference: Samples) -> dict[str, float]:
    """Every feature's percentage error by our metric ids."""
    sides = prepared(estimate, reference)
    per_channel = [[spectral(row) for row in side] for side in sides]
    found = {
        name: float(
            np.mean([percentage(e[name], r[name]) for e, r in zip(*per_channel, strict=True)])
        )
        for name in per_channel[0][0]
    }
    for measure in (panning, dynamic):
        mine, its = (measure(side) for side in sides)
        found |= {name: percentage(mine[name], its[name]) for name in its}
    contrast = np.mean([found[f"contrast_{band}"] for band in ("low", "mid", "high")])
    four = [found[name] for name in ("centroid", "bandwidth", "rolloff", "flatness")]
    found["spectral"] = float(np.mean([*four, contrast]))
    found["panning"] = float(np.mean([found[name] for name in found if name.startswith("panning")]))
    found["dynamic"] = float(np.mean([found[n] for n in ("rms", "dynamic_spread", "crest")]))
    return {f"fxnorm_{name}_mape_percent": value for name, value in found.items()}


@functools.cache
def scored(noise: Noise) -> tuple[dict[str, float | None], dict[str, float]]:
    estimate, reference = 0.7 * mix(noise, 10) ** 3 * 20, mix(noise, 1)
    estimate = (estimate + 0.5 * reference).astype(np.float32).astype(np.float64)
    reference = reference.astype(np.float32).astype(np.float64)
    [row] = score_pairs([a_pair(estimate, reference)], [metric(name) for name in NAMES])
    ours = {name: one.value for name, one in zip(NAMES, row, strict=True)}
    return ours, expected_of(estimate, reference)


def a_pair(estimate: Samples, reference: Samples, rate: int = RATE) -> Pair:
    sides = [Signal(side.astype(np.float32), rate) for side in (estimate, reference)]
    return Pair(system="s", item="i", task="style", estimate=sides[0], reference=sides[1])


@pytest.mark.parametrize("name", [n for n in NAMES if "loudness" not in n and "peak" not in n])
def test_it_equals_the_plain_numpy_reading(name: str, noise: Noise) -> None:
    ours, expected = scored(noise)
    assert expected[name] > 0.01
    assert ours[name] == pytest.approx(expected[name], rel=2e-4, abs=5e-5)


def test_every_published_feature_is_there(noise: Noise) -> None:
    levels = {"fxnorm_loudness_mape_percent", "fxnorm_peak_mape_percent"}
    assert set(NAMES) == set(scored(noise)[1]) | levels


def test_one_loudness_unit_is_a_percentage_of_the_reference(noise: Noise) -> None:
    reference = mix(noise, 1).astype(np.float32)
    louder = reference * np.float32(10 ** (1 / 20))
    sides = {"estimate": louder, "reference": reference, "rate": RATE}
    error = metric("loudness_difference_lu")(**sides)
    assert error == pytest.approx(1.0, abs=1e-5)
    # −19 → −18 LUFS is 5.26 %, the example of the literature on what such a percentage is worth.
    to_19 = np.float32(10 ** ((-19 - integrated(reference)) / 20))
    value = metric("fxnorm_loudness_mape_percent")(
        estimate=louder * to_19, reference=reference * to_19, rate=RATE
    )
    assert value == pytest.approx(100 / 19, abs=1e-3)


def integrated(samples: npt.NDArray[np.float32]) -> float:
    from earwitness.stimuli.level import integrated_loudness_lufs

    return integrated_loudness_lufs(Signal(samples, RATE))


def test_a_peak_at_full_scale_has_no_percentage(noise: Noise) -> None:
    reference = mix(noise, 1)
    loud = reference / np.abs(reference).max()
    [[one]] = score_pairs([a_pair(reference, loud)], [metric("fxnorm_peak_mape_percent")])
    assert (one.status, one.value) == ("not_applicable", None)
    assert "too near 0" in one.reason


def test_a_mono_reference_in_two_channels_has_no_panning_error(noise: Noise) -> None:
    reference = np.repeat(mix(noise, 1)[:1], 2, axis=0)
    panned = [metric(name) for name in NAMES if "panning" in name]
    [row] = score_pairs([a_pair(mix(noise, 2), reference)], panned)
    assert {one.status for one in row} == {"not_applicable"}
    assert {one.reason for one in row} == {"fewer than 40 frames of the reference are panned"}


def test_less_than_a_running_mean_without_its_silence_has_no_value(noise: Noise) -> None:
    short = mix(noise, 1)[:, : round(1.2 * RATE)]
    [row] = score_pairs([a_pair(short, short)], [metric("fxnorm_centroid_mape_percent")])
    assert (row[0].status, row[0].reason) == ("not_applicable", "shorter than 1 s without silence")
