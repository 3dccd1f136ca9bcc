"""STOI and extended STOI on batches, equal to pystoi 0.4.1 within 1e-6.

Conventions: both signals at 10 kHz; frames of 256 samples every 128 under a Hann window without
zero end points; 15 third-octave bands from 150 Hz; segments of 30 frames (384 ms). Frames of the
reference 40 dB below its loudest are taken out of both signals first.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import pad

from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register
from .stft import power

RATE_HZ = 10_000
FRAME, HOP, TRANSFORM = 256, 128, 512
BANDS, LOWEST_CENTRE_HZ = 15, 150.0
SEGMENT_FRAMES = 30
DYNAMIC_RANGE_DB = 40.0
LOWER_SDR_DB = -15.0
EPS = float(np.finfo(np.float64).eps)

_REFUSES = (
    "Needs 30 frames (384 ms) of speech within 40 dB of the reference's loudest frame. Blind to "
    "the estimate's gain; a delay of more than a few milliseconds counts as damage."
)


@register(
    Facts(
        id="stoi",
        title="STOI",
        unit="",
        low=-1.0,
        high=1.0,
        direction="higher",
        level="as_is",
        channels="mono",
        rate_hz=RATE_HZ,
        tasks=("speech",),
        has_chance=True,
        citation=(
            "Taal, Hendriks, Heusdens, Jensen: An algorithm for intelligibility prediction of "
            "time–frequency weighted noisy speech, IEEE TASLP 19(7), 2011"
        ),
        version="1",
        description=(
            "Mean correlation of third-octave band envelopes over 384 ms segments, the estimate "
            f"clipped at −15 dB SDR. {_REFUSES}"
        ),
    )
)
def stoi(view: View) -> Scores:
    """Equations 3–6 of the paper."""
    estimate, reference, frames = _band_envelopes(view)
    x, y = _segments(reference), _segments(estimate)
    y = y * (x.norm(dim=-1, keepdim=True) / (y.norm(dim=-1, keepdim=True) + EPS))
    y = torch.minimum(y, x * (1.0 + 10.0 ** (-LOWER_SDR_DB / 20.0)))
    correlation = (_standardised(x) * _standardised(y)).sum(-1)
    return _mean_over_segments(correlation.mean(1), frames)


@register(
    Facts(
        id="estoi",
        title="ESTOI",
        unit="",
        low=-1.0,
        high=1.0,
        direction="higher",
        level="as_is",
        channels="mono",
        rate_hz=RATE_HZ,
        tasks=("speech",),
        has_chance=True,
        citation=(
            "Jensen, Taal: An algorithm for predicting the intelligibility of speech masked by "
            "modulated noise maskers, IEEE/ACM TASLP 24(11), 2016"
        ),
        version="1",
        description=(
            "Mean spectral correlation of third-octave band envelopes that were standardised over "
            f"time within 384 ms segments. {_REFUSES} A band that is constant over a segment "
            "correlates with nothing (0)."
        ),
    )
)
def estoi(view: View) -> Scores:
    """Equations 3–7 of the paper."""
    estimate, reference, frames = _band_envelopes(view)
    x, y = (_unit(_unit(_segments(side), -1), 1) for side in (reference, estimate))
    return _mean_over_segments((x * y).sum((1, 3)) / SEGMENT_FRAMES, frames)


def _band_envelopes(view: View) -> tuple[Tensor, Tensor, Tensor]:
    """Third-octave envelopes of (estimate, reference), pair × band × frame, and frame counts."""

    def make() -> tuple[Tensor, Tensor, Tensor]:
        # At least one segment's worth of samples, so that short clips pass through and are
        # refused by their frame count.
        least = HOP * (SEGMENT_FRAMES + 4)
        x, y = (
            pad(side[:, 0].double(), (0, max(0, least - side.shape[-1])))
            for side in (view.reference, view.estimate)
        )
        x, y, frames = _without_silence(x, y, view.lengths)
        return _envelopes(y), _envelopes(x), frames

    return view.memo("stoi bands", make)


def _without_silence(x: Tensor, y: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Drop the frames in which the reference `x` is silent, and overlap-add the others."""
    window = _window(x.device)
    x_frames, y_frames = (side.unfold(-1, FRAME, HOP) * window for side in (x, y))
    # The reference implementation leaves out a last frame that ends with the signal.
    counts = (-(-(lengths - FRAME) // HOP)).clamp(min=0)
    exists = torch.arange(x_frames.shape[1], device=x.device) < counts[:, None]
    energy_db = 20.0 * torch.log10(x_frames.norm(dim=-1) + EPS)
    energy_db = energy_db.masked_fill(~exists, -torch.inf)
    kept = exists & (energy_db.amax(-1, keepdim=True) - DYNAMIC_RANGE_DB < energy_db)
    order = kept.to(torch.uint8).argsort(dim=-1, descending=True, stable=True)
    still = kept.gather(-1, order)[..., None]
    x_kept, y_kept = (
        torch.take_along_dim(side, order[..., None], 1) * still for side in (x_frames, y_frames)
    )
    frames = (kept.sum(-1) - 1).clamp(min=0)
    return _overlap_added(x_kept), _overlap_added(y_kept), frames


def _overlap_added(frames: Tensor) -> Tensor:
    """Signals from frames that overlap by half."""
    first, second = frames[..., :HOP], frames[..., HOP:]
    return (pad(first, (0, 0, 0, 1)) + pad(second, (0, 0, 1, 0))).flatten(1)


def _envelopes(samples: Tensor) -> Tensor:
    frames = samples.unfold(-1, FRAME, HOP) * _window(samples.device)
    bands = torch.from_numpy(third_octave_bands()).to(samples.device)
    return (power(frames, TRANSFORM) @ bands.T).sqrt().transpose(1, 2)


def _window(device: torch.device) -> Tensor:
    window = torch.hann_window(FRAME + 2, periodic=False, dtype=torch.float64, device=device)
    inner: Tensor = window[1:-1]
    return inner


@functools.lru_cache(maxsize=1)
def third_octave_bands() -> npt.NDArray[np.float64]:
    """1 where a bin belongs to a band, band × bin; edges are rounded to the nearest bin."""
    bins_hz = np.arange(TRANSFORM // 2 + 1) * RATE_HZ / TRANSFORM
    band = np.arange(BANDS)
    low, high = (
        np.abs(bins_hz - (LOWEST_CENTRE_HZ * 2.0 ** ((2 * band + side) / 6))[:, None]).argmin(1)
        for side in (-1, 1)
    )
    index = np.arange(len(bins_hz))
    inside = (low[:, None] <= index) & (index < high[:, None])
    return np.asarray(inside, dtype=np.float64)


def _segments(envelopes: Tensor) -> Tensor:
    """Pair × band × segment × frame."""
    return envelopes.unfold(-1, SEGMENT_FRAMES, 1)


def _standardised(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(-1, keepdim=True)
    standardised: Tensor = centred / (centred.norm(dim=-1, keepdim=True) + EPS)
    return standardised


def _unit(values: Tensor, dim: int) -> Tensor:
    """Without mean and with norm 1 along `dim`; 0 where there is nothing but rounding."""
    centred = values - values.mean(dim, keepdim=True)
    norm = centred.norm(dim=dim, keepdim=True)
    is_flat = norm <= 1e-12 * values.norm(dim=dim, keepdim=True)
    return torch.where(is_flat, 0.0, centred / torch.where(is_flat, 1.0, norm))


def _mean_over_segments(values: Tensor, frames: Tensor) -> Scores:
    """Mean over the segments that exist (pair × segment)."""
    counts = (frames - SEGMENT_FRAMES + 1).clamp(min=0)
    exists = torch.arange(values.shape[-1], device=values.device) < counts[:, None]
    mean = torch.where(exists, values, 0.0).sum(-1) / counts.clamp(min=1)
    reason = "fewer than 30 frames (384 ms) of speech within 40 dB of the loudest"
    return Scores(mean, (Gap(counts < 1, reason),))
