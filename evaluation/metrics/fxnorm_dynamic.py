"""Dynamic and loudness features of FxNorm-automix and their percentage errors."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import scipy.fft
import scipy.signal
import torch
from torch import Tensor

from .batch import Gap, Scores, View, each_side, loudness_lufs, unmeasurable
from .fxnorm import (
    HOPS_PER_FRAME,
    RUNNING_FRAMES,
    hop_frames,
    magnitudes,
    mape_facts,
    register_feature,
    tracks,
    trimmed,
)
from .registry import register
from .running import Track, mape_percent, mean_of
from .true_peak import sample_peaks

TINY = 1e-30
# Of levels: nearer to 0 LUFS or 0 dBFS than this, a percentage tells of the scale alone.
SMALLEST_LEVEL = 1.0
LOW_PASS_HZ, LOW_PASS_ORDER, MAGNITUDE_FLOOR = 1000.0, 4, 1e-5

WHAT = {
    "rms": "1 − RMS level in dBFS",
    "dynamic_spread": "1 − dynamic spread in dB (mean over samples of their level re the RMS)",
    "crest": "the crest factor as FxNorm-automix has it: peak level in dB over RMS level in dB",
    "low_frequency": (
        "the low-frequency weight: sum over bins of the magnitude after a zero-phase Butterworth "
        "low-pass of 1 kHz (order 4, both ways) over the magnitude before"
    ),
}


def dynamic_features(samples: Tensor, _lengths: Tensor, rate: int) -> dict[str, Tensor]:
    """The features of `WHAT` by name, mean over the channels: clip × 1 × frame, float64."""
    hop = hop_frames(rate)
    size = HOPS_PER_FRAME * hop
    hops = -(-max(samples.shape[-1], size) // hop)
    padded = torch.nn.functional.pad(samples, (0, hops * hop - samples.shape[-1]))
    cut = torch.unflatten(padded, -1, (hops, hop)).double()
    energy = _over_frames(cut.square().sum(-1)).sum(-1)
    rms_db = _db((energy / size).sqrt())
    levels_db = _over_frames(_db(cut.abs()).sum(-1)).sum(-1) / size
    peaks_db = _db(_over_frames(cut.abs().amax(-1)).amax(-1))
    before, after = (magnitudes(side, size, hop) for side in (padded, _low_passed(padded, rate)))
    found = {
        "rms": 1.0 - rms_db,
        "dynamic_spread": 1.0 - (levels_db - rms_db),
        "crest": peaks_db / rms_db,
        "low_frequency": (after / (before + MAGNITUDE_FLOOR)).sum(-1).double(),
    }
    return {name: values.mean(1, keepdim=True) for name, values in found.items()}


def _over_frames(hops: Tensor) -> Tensor:
    """… × hop → … × frame × hop of the frame."""
    return hops.unfold(-1, HOPS_PER_FRAME, 1)


def _db(values: Tensor) -> Tensor:
    return 20.0 * torch.log10(values + TINY)


def _low_passed(samples: Tensor, rate: int) -> Tensor:
    """The signal under the squared magnitude of the low-pass, zero beyond both ends.

    In float64: the weights divide by magnitudes near zero, where the rounding of a transform as
    long as the longest clip of the batch would show in the scores of all of them.
    """
    frames = samples.shape[-1]
    size = scipy.fft.next_fast_len(frames + rate // 20, real=True)
    spectrum = torch.fft.rfft(samples.double(), size) * _response(size, rate).to(samples.device)
    filtered: Tensor = torch.fft.irfft(spectrum, size)[..., :frames].to(samples.dtype)
    return filtered


@functools.lru_cache(maxsize=4)
def _response(size: int, rate: int) -> Tensor:
    b, a = scipy.signal.butter(LOW_PASS_ORDER, LOW_PASS_HZ, fs=rate)
    _, response = scipy.signal.freqz(b, a, worN=np.fft.rfftfreq(size, 1.0 / rate), fs=rate)
    return torch.from_numpy(np.abs(response) ** 2)


def dynamic_tracks(view: View) -> tuple[dict[str, Track], dict[str, Track]]:
    """The features of (estimate, reference) over time."""
    return tracks(view, "dynamic", dynamic_features)


def feature_mape(view: View, feature: str) -> Scores:
    """MAPE of one feature."""
    estimate, reference = dynamic_tracks(view)
    scores = mape_percent(
        estimate[feature], reference[feature], RUNNING_FRAMES, feature.replace("_", " ")
    )
    return Scores(scores.values, (*trimmed(view).gaps, *scores.gaps))


for _feature, _what in WHAT.items():
    register_feature(mape_facts(_feature, _what), feature_mape, _feature)


@register(
    mape_facts("dynamic", "dynamics: mean of the errors of RMS level, dynamic spread and crest")
)
def fxnorm_dynamic_mape_percent(view: View) -> Scores:
    """Mean over three features; the low-frequency weight is not among them."""
    return mean_of([feature_mape(view, name) for name in ("rms", "dynamic_spread", "crest")])


def _level_mape(estimate: Tensor, reference: Tensor, what: str) -> Scores:
    near = (reference > -SMALLEST_LEVEL) | (estimate > 0)
    reason = f"the {what} is too near 0 or above it, where a percentage means nothing"
    error = 100.0 * ((estimate - reference) / reference).abs()
    return Scores(error, (Gap(near, reason, "not_applicable"),))


_WHOLE = (
    " of the whole clip, whose silent ends change nothing. The same error is a larger percentage "
    "of a louder reference: prefer the errors in LU and dB."
)


@register(
    replace(
        mape_facts("loudness", ""),
        description=(
            "Absolute error in percent of integrated loudness in LUFS (ITU-R BS.1770-5; the "
            f"published code's meter reads 0.04 LU lower){_WHOLE}"
        ),
        parameters=(),
        measures_level=True,
    )
)
def fxnorm_loudness_mape_percent(view: View) -> Scores:
    """100 |ΔL / L(reference)|."""
    scores = _level_mape(*loudness_lufs(view), "loudness in LUFS")
    return Scores(scores.values, (*unmeasurable(view), *scores.gaps))


@register(
    replace(
        mape_facts("peak", ""),
        description=f"Absolute error in percent of the largest sample's level in dBFS{_WHOLE}",
        parameters=(),
        measures_level=True,
    )
)
def fxnorm_peak_mape_percent(view: View) -> Scores:
    """100 |ΔP / P(reference)|."""
    estimate, reference = each_side(
        view, "peak_dbfs", lambda samples, *_: 20.0 * torch.log10(sample_peaks(samples).double())
    )
    return _level_mape(estimate, reference, "peak level in dBFS")
