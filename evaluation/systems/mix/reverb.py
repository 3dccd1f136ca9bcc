"""Reverb whose time follows the tempo: decaying noise, convolved with the lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.stimuli.audio import Samples

Floats = npt.NDArray[np.float64]

DRY_WET = 0.16
FADE_IN_S = 0.2
DECAY_DB = 60.0
SEED = 20220912  # the same room each time


@dataclass(frozen=True)
class Reverb:
    """`rt60_s`: time in which the tail falls by 60 dB; `dry_wet`: share of the wet signal, 0 to 1;
    `fade_in_s`: time in which the tail rises."""

    rt60_s: float
    dry_wet: float = DRY_WET
    fade_in_s: float = FADE_IN_S


def rt60_of_tempo_s(tempo_bpm: float) -> float:
    """Reverberation time by tempo: max(0, 40/9 − tempo/45) seconds (regression on pop mixes)."""
    return max(0.0, 40.0 / 9.0 - tempo_bpm / 45.0)


def impulse_response(reverb: Reverb, rate: int, channels: int) -> Floats:
    """Exponentially decaying noise, `channel × frame`, different on each channel, unit energy.

    Schroeder's backward integral of it falls by 60 dB in `rt60_s`, but for the fade-in.
    """
    frames = max(1, round(1.2 * reverb.rt60_s * rate))
    time_s = np.arange(frames) / rate
    noise = np.random.default_rng(SEED).standard_normal((channels, frames))
    decay = 10.0 ** (-DECAY_DB / 20.0 * time_s / max(reverb.rt60_s, 1.0 / rate))
    # A fade-in longer than a fifth of the tail would leave nothing of a short one.
    fade_s = min(reverb.fade_in_s, reverb.rt60_s / 5.0)
    rise = np.minimum(1.0, time_s / fade_s) if fade_s > 0.0 else 1.0
    response = noise * decay * rise
    energy = np.sqrt(np.square(response).sum(axis=1, keepdims=True))
    normalised: Floats = response / np.maximum(energy, np.finfo(float).tiny)
    return normalised


def reverberate(samples: Samples, rate: int, reverb: Reverb) -> Samples:
    """Dry and wet mixed; as long as the input, so that the tail of the end is cut."""
    if reverb.dry_wet <= 0.0 or reverb.rt60_s <= 0.0:
        return samples
    response = impulse_response(reverb, rate, len(samples))
    wet = scipy.signal.oaconvolve(samples, response, axes=1)[:, : samples.shape[1]]
    mixed: Samples = ((1.0 - reverb.dry_wet) * samples + reverb.dry_wet * wet).astype(np.float32)
    return mixed


def decay_time_s(response: Floats, rate: int) -> float:
    """T30 of one channel: −5 to −35 dB of Schroeder's integral, extrapolated to 60 dB (ISO 3382-1).

    Raises:
        ValueError: the response does not fall by 35 dB.
    """
    energy = np.cumsum(np.square(response)[::-1])[::-1]
    level_db = 10.0 * np.log10(np.maximum(energy / energy[0], 1e-15))
    if level_db[-1] > -35.0:
        raise ValueError("the response ends before it has fallen by 35 dB")
    inside = (level_db <= -5.0) & (level_db >= -35.0)
    slope_db = np.polyfit(np.flatnonzero(inside) / rate, level_db[inside], 1)[0]
    return float(-DECAY_DB / slope_db)
