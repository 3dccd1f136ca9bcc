"""A sung line: a glottal pulse train through vowels' formants, with vibrato and syllables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.signal

from .plan import SongPlan

Floats = npt.NDArray[np.float64]

# First three formants in Hz of five sung vowels (P. Ladefoged, A Course in Phonetics, rounded).
VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)
BANDWIDTHS_HZ = (80.0, 100.0, 140.0)
SCALE = (0, 2, 4, 7, 9)
VIBRATO_HZ, VIBRATO_CENTS = 5.5, 30.0


def sing(plan: SongPlan, frames: int, rate: int) -> Floats:
    """The dry voice, one channel of `frames` samples, peak 1."""
    draw = np.random.default_rng([plan.seed, 1])
    voice = np.zeros(frames)
    position = 0
    step = round(60.0 / plan.tempo_bpm / 2.0 * rate)
    while position < frames:
        length = min(int(draw.choice((1, 2, 2, 3, 4))) * step, frames - position)
        # A breath now and then, but never before the first note.
        if (draw.uniform() > 0.2 or not position) and length > rate // 20:
            note = SCALE[int(draw.integers(len(SCALE)))] + 12 * int(draw.integers(1, 3))
            pitch_hz = plan.tonic_hz * 2.0 ** (note / 12.0) * 2.0
            voice[position : position + length] = _syllable(plan, pitch_hz, length, rate, draw)
        position += length
    return voice / max(float(np.abs(voice).max()), 1e-9)


def _syllable(
    plan: SongPlan, pitch_hz: float, frames: int, rate: int, draw: np.random.Generator
) -> Floats:
    time_s = np.arange(frames) / rate
    cents = (
        VIBRATO_CENTS * np.sin(2.0 * np.pi * VIBRATO_HZ * time_s) * np.minimum(1.0, time_s / 0.3)
    )
    phase = np.cumsum(pitch_hz * 2.0 ** (cents / 1200.0)) / rate
    tilt = 1.0 + 1.6 * (1.0 - plan.brightness)  # harmonics fall with 1 / k^tilt
    harmonics = np.arange(1, max(2, int(min(12_000.0, 0.45 * rate) / pitch_hz)))
    source = np.zeros(frames)
    for harmonic in harmonics[:40]:
        source += np.sin(2.0 * np.pi * harmonic * phase) / harmonic**tilt
    vowel = VOWELS[int(draw.integers(len(VOWELS)))]
    voiced = sum(
        _resonator(source, frequency, bandwidth, rate)
        for frequency, bandwidth in zip(vowel, BANDWIDTHS_HZ, strict=True)
    )
    breath = 0.02 * draw.standard_normal(frames) * (0.3 + plan.brightness)
    envelope = np.minimum(1.0, time_s / 0.03) * np.minimum(1.0, (time_s[-1] - time_s) / 0.06)
    sung: Floats = (voiced / max(float(np.abs(voiced).max()), 1e-9) + breath) * envelope
    return sung


def _resonator(source: Floats, frequency_hz: float, bandwidth_hz: float, rate: int) -> Floats:
    radius = np.exp(-np.pi * bandwidth_hz / rate)
    angle = 2.0 * np.pi * frequency_hz / rate
    filtered: Floats = scipy.signal.lfilter(
        [1.0 - radius], [1.0, -2.0 * radius * np.cos(angle), radius * radius], source
    )
    return filtered
