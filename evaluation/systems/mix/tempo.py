"""Tempo of a song: the lag at which its onsets repeat best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.stimuli.audio import Samples

Floats = npt.NDArray[np.float64]

LOWEST_BPM, HIGHEST_BPM = 60.0, 200.0
HOP_S = 0.01
WINDOW_S = 0.04
FAVOURED_BPM = 120.0  # where listeners tap: a log-normal weight around it settles octaves
OCTAVES = 1.4  # its width
BANDS = 24


@dataclass(frozen=True)
class Tempo:
    """`confidence`: the autocorrelation at the beat's lag, 0 to 1; `alternatives_bpm`: the tempi an
    octave away that are in range, which no method tells apart for sure."""

    bpm: float
    confidence: float
    alternatives_bpm: tuple[float, ...]


def estimate_tempo(samples: Samples, rate: int) -> Tempo:
    """Tempo between 60 and 200 beats per minute from the onset strength's autocorrelation.

    Without any onset (silence, a steady tone) it is 120 with confidence 0.
    """
    onsets = onset_strength(samples.mean(axis=0, dtype=np.float64), rate)
    if onsets.size < 2 or not onsets.std():
        return _tempo(FAVOURED_BPM, 0.0)
    correlation = _autocorrelation(onsets - onsets.mean())
    lags = np.arange(1, len(correlation))
    tempi = 60.0 / (lags * HOP_S)
    weight = np.exp(-0.5 * np.square(np.log2(tempi / FAVOURED_BPM) / OCTAVES))
    inside = (tempi >= LOWEST_BPM) & (tempi <= HIGHEST_BPM)
    if not inside.any():
        return _tempo(FAVOURED_BPM, 0.0)
    score = np.where(inside, correlation[1:] * weight, -np.inf)
    best = int(np.argmax(score))
    lag = lags[best] + _parabola(correlation, lags[best])
    return _tempo(60.0 / (lag * HOP_S), float(np.clip(correlation[lags[best]], 0.0, 1.0)))


def onset_strength(mono: Floats, rate: int) -> Floats:
    """How much log energy rises from frame to frame, mean over bands; 100 frames per second."""
    window, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    if len(mono) < window + hop:
        return np.zeros(0)
    _, _, spectrum = scipy.signal.stft(
        mono, rate, nperseg=window, noverlap=window - hop, boundary=None, padded=False
    )
    edges = np.unique(np.geomspace(1, len(spectrum) - 1, BANDS + 1).astype(int))
    power = np.add.reduceat(np.square(np.abs(spectrum)), edges[:-1], axis=0)
    floor = max(float(power.max()) * 1e-6, np.finfo(float).tiny)
    rise: Floats = np.maximum(0.0, np.diff(np.log(power + floor), axis=1)).mean(axis=0)
    return rise


def _autocorrelation(values: Floats) -> Floats:
    """Normalised to 1 at lag 0, each lag by its number of products."""
    full = scipy.signal.correlate(values, values, mode="full", method="fft")[len(values) - 1 :]
    count = np.arange(len(values), 0, -1)
    scaled: Floats = (full / count) / max(full[0] / count[0], np.finfo(float).tiny)
    return scaled[: max(2, len(values) * 3 // 4)]


def _parabola(values: Floats, peak: int) -> float:
    """Where between its neighbours a maximum lies, −0.5 to 0.5."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, middle, right = values[peak - 1 : peak + 2]
    curvature = left - 2.0 * middle + right
    return float(np.clip(0.5 * (left - right) / curvature, -0.5, 0.5)) if curvature < 0.0 else 0.0


def _tempo(bpm: float, confidence: float) -> Tempo:
    near = 0.01 * bpm  # a beat of 60 per minute may be measured as 59.99
    octaves = (float(bpm / 2.0), float(bpm * 2.0))
    inside = tuple(t for t in octaves if LOWEST_BPM - near <= t <= HIGHEST_BPM + near)
    return Tempo(float(bpm), confidence, inside)
