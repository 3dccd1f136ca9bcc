"""Dynamic and loudness features of FxNorm-automix and their percentage errors."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.signal
import torch
from torch import Tensor

from .batch import Gap, Scores, View, each_side, loudness_lufs, unmeasurable
from .fir import filtered_steps
from .fxnorm import (
    HOPS_PER_FRAME,
    RUNNING_FRAMES,
    Clips,
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
LOW_PASS_TAPS, LOW_PASS_TAPS_RATE_HZ = 1024, 48_000  # twice as many at twice the rate
_STEP_FRAMES = 256

WHAT = {
    "rms": "1 − RMS level in dBFS",
    "dynamic_spread": "1 − dynamic spread in dB (mean over samples of their level re the RMS)",
    "crest": "the crest factor as FxNorm-automix has it: peak level in dB over RMS level in dB",
    "low_frequency": (
        "the low-frequency weight: sum over bins of the magnitude after a zero-phase Butterworth "
        "low-pass of 1 kHz (order 4, both ways) over the magnitude before"
    ),
}


def dynamic_features(clips: Clips) -> dict[str, Tensor]:
    """The features of `WHAT` by name, mean over the channels: clip × 1 × frame, float64."""
    hop = hop_frames(clips.rate)
    size = HOPS_PER_FRAME * hop
    hops = -(-max(clips.samples.shape[-1], size) // hop)
    padded = torch.nn.functional.pad(clips.samples, (0, hops * hop - clips.samples.shape[-1]))
    cut = torch.unflatten(padded, -1, (hops, hop))
    energy = _over_frames(cut.square().sum(-1).double()).sum(-1)
    rms_db = _db((energy / size).sqrt())
    levels_db = _over_frames(_db(cut.abs()).sum(-1).double()).sum(-1) / size
    peaks_db = _db(_over_frames(cut.abs().amax(-1).double()).amax(-1))
    before, after = clips.magnitudes, magnitudes(_low_passed(padded, clips.rate), size, hop)
    after = after[:, :, : before.shape[2]]
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

    In float64: the weights divide by magnitudes near zero, where rounding would show.
    """
    response = _response(rate)
    steps = filtered_steps(samples.double(), response, len(response) // 2, _STEP_FRAMES)
    filtered = torch.cat([step.to(samples.dtype) for step in steps], 2).flatten(2)
    return filtered[..., : samples.shape[-1]]


@functools.lru_cache(maxsize=4)
def _response(rate: int) -> npt.NDArray[np.float64]:
    """Impulse response of zero phase; its ends are 12 orders of magnitude below its middle."""
    taps = LOW_PASS_TAPS * 2 ** max(0, math.ceil(math.log2(rate / LOW_PASS_TAPS_RATE_HZ)))
    b, a = scipy.signal.butter(LOW_PASS_ORDER, LOW_PASS_HZ, fs=rate)
    bins_hz = np.fft.rfftfreq(32 * taps, 1.0 / rate)
    _, response = scipy.signal.freqz(b, a, worN=bins_hz, fs=rate)
    impulse = np.fft.fftshift(np.fft.irfft(np.abs(response) ** 2))
    return np.asarray(impulse[len(impulse) // 2 - taps // 2 :][:taps])


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
