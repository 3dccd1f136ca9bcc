"""From features to the synthesizer's controls, by rule: no weights.

The timbre vector is a spectral envelope. Voiced frames put it on the harmonics, unvoiced ones on
the noise; the loudness then sets the level of each frame.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from earwitness.stimuli.audio import Samples

from .features import Features, a_weighting_db, analyse, band_centres_hz, envelope_db
from .synthesizer import HARMONICS, NOISE_BANDS, RATE, Controls, synthesize

Floats = npt.NDArray[np.float64]

BREATH_DB = -22.0  # noise beside the harmonics of a voiced frame
VOICED_TOP_HZ = 4_000.0  # above it a voice is noise rather than harmonics


def resynthesize(samples: Samples) -> Samples:
    """Speech through its features and back, as long as it was, `1 × frame`."""
    return decode(analyse(samples), samples.shape[1])


def decode(features: Features, frames: int) -> Samples:
    """Speech of the features, `1 × frames` at 16 kHz."""
    audio = synthesize(controls_of(features))[0].numpy()
    padded = np.pad(audio, (0, max(0, frames - len(audio))))[:frames]
    samples: Samples = padded[None].astype(np.float32)
    return samples


def controls_of(features: Features) -> Controls:
    """Controls of one item (batch 1)."""
    envelope = envelope_db(features.z)
    f0, voiced = features.f0_hz, np.clip(features.voiced, 0.0, 1.0)
    level = 10.0 ** (features.loudness_db / 20.0)
    at_harmonics = f0[:, None] * np.arange(1, HARMONICS + 1)
    amplitude = _amplitudes(envelope, at_harmonics) * (at_harmonics < RATE / 2)
    amplitude *= 1.0 / (1.0 + (at_harmonics / VOICED_TOP_HZ) ** 4)
    bands_hz = np.linspace(0.0, RATE / 2, NOISE_BANDS)
    noise = _amplitudes(envelope, np.broadcast_to(bands_hz, (features.frames, NOISE_BANDS)))
    # Scale each part so that its A-weighted power is that of the frame.
    harmonic_gain = level / np.sqrt(_weighted_power(amplitude, at_harmonics))
    noise_gain = level / np.sqrt(_weighted_power(noise, bands_hz) * 16.0 / NOISE_BANDS)
    breath = np.maximum(1.0 - voiced, 10.0 ** (BREATH_DB / 20.0))
    silent = features.loudness_db <= -79.0
    total = np.where(silent, 0.0, voiced * harmonic_gain * amplitude.sum(axis=1))
    magnitudes = np.where(silent, 0.0, breath * noise_gain)[:, None] * noise
    return Controls(
        f0_hz=_tensor(f0),
        amplitude=_tensor(total),
        distribution=_tensor(amplitude / np.maximum(amplitude.sum(axis=1, keepdims=True), 1e-9)),
        noise=_tensor(magnitudes),
    )


def _amplitudes(envelope: Floats, hz: Floats) -> Floats:
    """The envelope at frequencies, `frame × frequency`, as amplitudes."""
    centres = band_centres_hz()
    levels = np.stack([np.interp(at, centres, row) for at, row in zip(hz, envelope, strict=True)])
    amplitudes: Floats = 10.0 ** (levels / 20.0)
    return amplitudes


def _weighted_power(amplitudes: Floats, hz: Floats) -> Floats:
    grid = np.linspace(0.0, RATE / 2, len(a_weighting_db()))
    weights = 10.0 ** (np.interp(hz, grid, a_weighting_db()) / 10.0)
    power: Floats = (np.square(amplitudes) * weights).sum(axis=1)
    return np.maximum(power, 1e-12)


def _tensor(values: Floats) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).float()[None]
