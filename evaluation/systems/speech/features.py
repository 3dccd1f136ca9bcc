"""The features that speech is decoded from: pitch, loudness, voicing and a short timbre vector."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from earwitness.stimuli.audio import Samples
from earwitness.stimuli.mel import mel_edges_hz, mel_triangles

from ...metrics import pitch
from .synthesizer import HOP, RATE

Floats = npt.NDArray[np.float64]

TRANSFORM = 512
BANDS = 40
LOWEST_HZ = 60.0
TIMBRE = 16
LOUDNESS_RANGE_DB = 80.0
FLOOR = 1e-5
UNVOICED_HZ = 120.0  # where a voice without pitch rests; harmonics are off there


@dataclass(frozen=True, eq=False)
class Features:
    """One item, one row a frame, 250 frames per second.

    Attributes:
        f0_hz: pitch; interpolated through frames without voice.
        voiced: 1 where there is a pitch, 0 elsewhere; between them where a decoder is unsure.
        loudness_db: A-weighted, −80 to 0.
        z: 16 cepstral coefficients of 40 mel bands in dB, the level taken out (`frame × 16`).
    """

    f0_hz: Floats
    voiced: Floats
    loudness_db: Floats
    z: Floats

    @property
    def frames(self) -> int:
        return len(self.f0_hz)


def analyse(samples: Samples) -> Features:
    """Features of speech at 16 kHz, `channel × frame`; one frame for each 64 samples."""
    mono = torch.from_numpy(samples).mean(dim=0)
    frames = len(mono) // HOP
    power = _power(mono, frames)
    weights = torch.from_numpy(10.0 ** (a_weighting_db() / 10.0)).float()
    loudness = 10.0 * torch.log10((power * weights).sum(-1).clamp_min(1e-12))
    bands = 10.0 * torch.log10((power @ filterbank().T).clamp_min(FLOOR**2))
    z = (bands - bands.mean(-1, keepdim=True)) @ cosines().T
    track = pitch.track(mono[None], torch.tensor([len(mono)]))
    f0, voiced = _at_frames(track.hz[0].numpy(), track.voiced[0].numpy(), frames)
    return Features(
        f0, voiced, loudness.clamp(-LOUDNESS_RANGE_DB, 0.0).double().numpy(), z.double().numpy()
    )


def envelope_db(z: Floats) -> Floats:
    """The 40 mel bands of timbre vectors, `frame × band`, in dB around 0."""
    bands: Floats = z @ cosines().double().numpy()
    return bands


@functools.cache
def a_weighting_db() -> Floats:
    """A-weighting at each bin of the transform (IEC 61672-1, annex E), in dB."""
    squared = np.square(np.linspace(0.0, RATE / 2, TRANSFORM // 2 + 1))
    poles = np.square([20.598997, 107.65265, 737.86223, 12194.217])
    response = (poles[3] * squared**2) / (
        (squared + poles[0])
        * np.sqrt((squared + poles[1]) * (squared + poles[2]))
        * (squared + poles[3])
    )
    weighting: Floats = 2.0 + 20.0 * np.log10(np.maximum(response, 1e-4))
    return weighting


@functools.cache
def filterbank() -> Tensor:
    """Triangles equally spaced in mel, each of area 1 over its bins, `band × bin`."""
    bank = mel_triangles(BANDS, TRANSFORM // 2 + 1, RATE, low_hz=LOWEST_HZ)
    return torch.from_numpy(bank / np.maximum(bank.sum(axis=1, keepdims=True), 1e-9)).float()


def band_centres_hz() -> Floats:
    """Where each band peaks."""
    return mel_edges_hz(BANDS, RATE, low_hz=LOWEST_HZ)[1:-1]


@functools.cache
def cosines() -> Tensor:
    """The first 16 rows of an orthonormal cosine transform after the constant, `16 × band`."""
    row = np.arange(1, TIMBRE + 1)[:, None]
    basis = np.sqrt(2.0 / BANDS) * np.cos(np.pi * row * (np.arange(BANDS) + 0.5) / BANDS)
    return torch.from_numpy(basis).float()


def _power(mono: Tensor, frames: int) -> Tensor:
    """Power spectrum around each frame, scaled so that a full-scale sine has 0 dB in sum."""
    window = torch.hann_window(TRANSFORM)
    spectrum = torch.stft(mono, TRANSFORM, HOP, window=window, return_complex=True)[:, :frames]
    return spectrum.abs().square().T * (4.0 / (TRANSFORM * float(window.square().sum())))


def _at_frames(
    hz: npt.NDArray[np.float32], voiced: npt.NDArray[np.bool_], frames: int
) -> tuple[Floats, Floats]:
    """The pitch track (every 10 ms) at 250 frames per second, interpolated where unvoiced."""
    time = np.arange(frames) * HOP
    # A frame of the track looks at its window and the longest lag: its middle is later.
    centres = np.arange(len(hz)) * pitch.HOP + pitch.WINDOW // 2
    if not voiced.any():
        return np.full(frames, UNVOICED_HZ), np.zeros(frames)
    f0 = np.interp(time, centres[voiced], hz[voiced].astype(np.float64))
    return f0, np.interp(time, centres, voiced.astype(np.float64))
