"""The backing of a song: drums, bass and chords on two channels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.signal

from .plan import SongPlan

Floats = npt.NDArray[np.float64]

CHORD = (0, 4, 7)


def accompany(plan: SongPlan, frames: int, rate: int) -> Floats:
    """Drums, bass and chords together, `2 × frames`, peak 1."""
    draw = np.random.default_rng([plan.seed, 2])
    beat = 60.0 / plan.tempo_bpm * rate
    mix = _drums(plan, frames, rate, beat, draw)
    mix += 0.5 * _bass(plan, frames, rate, beat)
    mix = mix + (0.15 + 0.45 * plan.density) * _chords(plan, frames, rate, beat)
    return mix / max(float(np.abs(mix).max()), 1e-9)


def _drums(
    plan: SongPlan, frames: int, rate: int, beat: float, draw: np.random.Generator
) -> Floats:
    kick, snare, hat = (
        _kick(rate),
        _noise(rate, 0.18, 1_500.0, draw),
        _noise(rate, 0.05, 7_000.0, draw),
    )
    drums = np.zeros(frames)
    for number in range(int(np.ceil(frames / beat))):
        _add(drums, kick if number % 2 == 0 else 0.7 * snare, round(number * beat))
        hats = 2 if plan.density < 0.5 else 4
        for part in range(hats):
            _add(drums, (0.1 + 0.3 * plan.density) * hat, round((number + part / hats) * beat))
    return np.stack([drums, drums])


def _kick(rate: int) -> Floats:
    time_s = np.arange(round(0.25 * rate)) / rate
    phase = np.cumsum(50.0 + 100.0 * np.exp(-time_s * 40.0)) / rate
    return np.sin(2.0 * np.pi * phase) * np.exp(-time_s * 14.0)


def _noise(rate: int, length_s: float, high_pass_hz: float, draw: np.random.Generator) -> Floats:
    frames = round(length_s * rate)
    section = scipy.signal.butter(
        2, min(high_pass_hz, 0.4 * rate), "highpass", fs=rate, output="sos"
    )
    decay = np.exp(-np.arange(frames) / frames * 6.0)
    filtered: Floats = scipy.signal.sosfilt(section, draw.standard_normal(frames)) * decay
    return 0.3 * filtered


def _bass(plan: SongPlan, frames: int, rate: int, beat: float) -> Floats:
    time = np.arange(frames)
    roots = _roots(plan, time, beat)
    phase = np.cumsum(plan.tonic_hz * 2.0 ** (roots / 12.0)) / rate
    pluck = np.exp(-((time % beat) / rate) * 3.0)
    line = (np.sin(2.0 * np.pi * phase) + 0.4 * np.sin(4.0 * np.pi * phase)) * pluck
    return np.stack([line, line])


def _chords(plan: SongPlan, frames: int, rate: int, beat: float) -> Floats:
    """Saw-like tones, more harmonics the denser the song; each note at its own place."""
    time = np.arange(frames)
    roots = _roots(plan, time, beat)
    sides = np.zeros((2, frames))
    for number, interval in enumerate(CHORD):
        phase = np.cumsum(4.0 * plan.tonic_hz * 2.0 ** ((roots + interval) / 12.0)) / rate
        harmonics = range(1, 4 + round(8 * plan.density))
        tone = sum(np.sin(2.0 * np.pi * k * phase + number) / k for k in harmonics)
        left = 0.3 + 0.2 * number
        sides += np.stack([left * tone, (1.0 - left) * tone])
    spread: Floats = sides / (2.0 * len(CHORD))
    return spread


def _roots(plan: SongPlan, time: npt.NDArray[np.int_], beat: float) -> Floats:
    bars = (time // (4.0 * beat)).astype(int) % len(plan.progression)
    roots: Floats = np.array(plan.progression, dtype=float)[bars]
    return roots


def _add(track: Floats, sound: Floats, start: int) -> None:
    length = min(len(sound), len(track) - start)
    if length > 0:
        track[start : start + length] += sound[:length]
