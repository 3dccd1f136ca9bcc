"""STOI and extended STOI on batches, equal to pystoi 0.4.1 within 1e-6.

Conventions: both signals at 10 kHz; frames of 256 samples every 128 under a Hann window without
zero end points; 15 third-octave bands from 150 Hz; segments of 30 frames (384 ms). Frames of the
reference 40 dB below its loudest are taken out of both signals first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
        validated_for="noisy speech and speech after time-frequency masks or noise reduction",
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
    return _mean_over_chunks(view, _clipped_correlation)


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
        validated_for="noisy speech and speech after time-frequency masks or noise reduction",
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
    return _mean_over_chunks(view, _spectral_correlation)


@dataclass(frozen=True, eq=False)
class _Bands:
    """Third-octave envelopes of some pairs, band × frame; `reference` once for each owner.

    `back` is each pair's place among the owners, `frames` its number of frames.
    """

    estimate: Tensor
    reference: Tensor
    back: Tensor
    frames: Tensor


def _band_envelopes(view: View) -> list[_Bands]:
    return view.memo("stoi bands", lambda: [_bands(chunk) for chunk in view.chunks()])


def _bands(view: View) -> _Bands:
    # At least one segment's worth of samples, so that short clips pass through and are refused by
    # their frame count.
    least = HOP * (SEGMENT_FRAMES + 4)
    rows, back = view.distinct()
    reference, estimate = (
        pad(side[:, 0].double(), (0, max(0, least - side.shape[-1])))
        for side in (view.reference[rows], view.estimate)
    )
    order, still, frames = _speech_frames(reference, view.lengths[rows])
    spoken = _overlap_added(reference, order, still)
    heard = _overlap_added(estimate, order[back], still[back])
    return _Bands(_envelopes(heard), _envelopes(spoken), back, frames[back])


def _speech_frames(reference: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(order that brings the frames in which it speaks to the front, 1 for these, frames left)."""
    frames = reference.unfold(-1, FRAME, HOP) * _window(reference.device)
    # The reference implementation leaves out a last frame that ends with the signal.
    counts = (-(-(lengths - FRAME) // HOP)).clamp(min=0)
    exists = torch.arange(frames.shape[1], device=frames.device) < counts[:, None]
    energy_db = 20.0 * torch.log10(frames.norm(dim=-1) + EPS)
    energy_db = energy_db.masked_fill(~exists, -torch.inf)
    kept = exists & (energy_db.amax(-1, keepdim=True) - DYNAMIC_RANGE_DB < energy_db)
    order = kept.to(torch.uint8).argsort(dim=-1, descending=True, stable=True)
    return order, kept.gather(-1, order), (kept.sum(-1) - 1).clamp(min=0)


def _overlap_added(samples: Tensor, order: Tensor, still: Tensor) -> Tensor:
    """The signal that the windowed frames give when they overlap by half in the new order."""
    halves = samples[:, : (order.shape[1] + 1) * HOP].unflatten(1, (-1, HOP))  # type: ignore[no-untyped-call]
    window = _window(samples.device)
    first, second = (
        torch.take_along_dim(halves, (order + late)[..., None], 1).mul_(part).mul_(still[..., None])
        for late, part in ((0, window[:HOP]), (1, window[HOP:]))
    )
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


def _clipped_correlation(bands: _Bands) -> Tensor:
    """Mean over bands of equation 5, pair × segment.

    Segments start at every frame, so each sum over the frames of a segment runs over shifted
    copies of the envelopes: nothing 30 times as large is ever held.
    """
    x, y = bands.reference, bands.estimate
    x_mean, x_norm = _mean_and_norm(x)
    x_power, y_power = _sums(x * x), _sums(y * y)
    gain = x_power.sqrt()[bands.back] / (y_power.sqrt() + EPS)
    limit = 1.0 + 10.0 ** (-LOWER_SDR_DB / 20.0)
    total, square, product = (torch.zeros_like(gain) for _ in range(3))
    for clean, heard in zip(_shifts(x), _shifts(y), strict=True):
        centred = (clean - x_mean)[bands.back]
        clipped = torch.minimum(heard * gain, (clean * limit)[bands.back])
        total += clipped
        square.addcmul_(clipped, clipped)
        product.addcmul_(clipped, centred)
    variance = (square - total * total / SEGMENT_FRAMES).clamp(min=0.0)
    correlation = product / ((x_norm + EPS)[bands.back] * (variance.sqrt() + EPS))
    return correlation.mean(1)


def _spectral_correlation(bands: _Bands) -> Tensor:
    """Equation 6, pair × segment: mean over frames of the correlation across bands."""
    (x_mean, x_scale), (y_mean, y_scale) = (
        (mean, _inverse(norm, _sums(side * side)))
        for side in (bands.reference, bands.estimate)
        for mean, norm in (_mean_and_norm(side),)
    )
    total = torch.zeros((), dtype=torch.float64, device=x_mean.device)
    for clean, heard in zip(_shifts(bands.reference), _shifts(bands.estimate), strict=True):
        x = _unit((clean - x_mean).mul_(x_scale))
        y = _unit((heard - y_mean).mul_(y_scale))
        total = total + y.mul_(x[bands.back]).sum(1)
    return total / SEGMENT_FRAMES


def _shifts(envelopes: Tensor) -> Iterator[Tensor]:
    """Frame k of every segment, band × segment, for k = 0 … 29."""
    segments = envelopes.shape[-1] - SEGMENT_FRAMES + 1
    for k in range(SEGMENT_FRAMES):
        yield envelopes[..., k : k + segments]


def _sums(values: Tensor) -> Tensor:
    """Over the frames of each segment."""
    return sum(_shifts(values), torch.zeros((), dtype=values.dtype, device=values.device))


def _mean_and_norm(values: Tensor) -> tuple[Tensor, Tensor]:
    """Of the frames of each segment: the mean, and the norm of what is left without it."""
    mean = _sums(values) / SEGMENT_FRAMES
    square = torch.zeros_like(mean)
    for frame in _shifts(values):
        square += (frame - mean).square_()
    return mean, square.sqrt()


def _inverse(norm: Tensor, power: Tensor) -> Tensor:
    """1 / norm; 0 where there is nothing but rounding."""
    is_flat = norm <= 1e-12 * power.sqrt()
    return torch.where(is_flat, 0.0, 1.0 / torch.where(is_flat, 1.0, norm))


def _unit(values: Tensor) -> Tensor:
    """Without mean and with norm 1 across bands; 0 where there is nothing but rounding."""
    power = values.square().sum(1, keepdim=True)
    centred = values - values.mean(1, keepdim=True)
    return centred.mul_(_inverse(centred.norm(dim=1, keepdim=True), power))


def _mean_over_chunks(view: View, of_segments: Callable[[_Bands], Tensor]) -> Scores:
    """Mean over the segments that exist."""
    parts = _band_envelopes(view)
    counts = torch.cat([part.frames for part in parts]) - SEGMENT_FRAMES + 1
    means = []
    for part in parts:
        values = of_segments(part)
        index = torch.arange(values.shape[-1], device=values.device)
        number = (part.frames - SEGMENT_FRAMES + 1).clamp(min=0)
        exists = index < number[:, None]
        means.append(torch.where(exists, values, 0.0).sum(-1) / number.clamp(min=1))
    reason = "fewer than 30 frames (384 ms) of speech within 40 dB of the loudest"
    return Scores(torch.cat(means), (Gap(counts < 1, reason, "not_applicable"),))
