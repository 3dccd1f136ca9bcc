"""Spectral features of FxNorm-automix and their percentage errors.

Every feature is moved away from zero as in the published code: by 1 Hz, or as 1 − value where the
value is a negative level.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from .batch import Scores, View
from .fxnorm import (
    HOPS_PER_FRAME,
    RUNNING_FRAMES,
    Clips,
    frame_counts,
    hop_frames,
    mape_facts,
    register_feature,
    tracks,
    trimmed,
)
from .registry import register
from .running import Track, mape_percent, mean_of

SHIFT_HZ = 1.0
POWER_FLOOR, TINY = 1e-10, 1e-30
ROLL_OFF = 0.85
# Contrast: lower edges of the bands in Hz, the share of bins that is a peak or a valley, and how
# far under a clip's largest peak (or valley) a smaller one counts.
BAND_EDGES_HZ = (0.0, 250.0, 500.0, 1000.0, 2000.0)
TOP_EDGE_HZ, QUANTILE, RANGE_DB = 4000.0, 0.02, 80.0
_GROUP = 8  # bins
_BLOCK_BINS = {"cpu": 2**18, "cuda": 2**27}

WHAT = {
    "centroid": "the spectral centroid (magnitude-weighted mean frequency, + 1 Hz)",
    "bandwidth": "the spectral bandwidth (magnitude-weighted deviation from the centroid, + 1 Hz)",
    "contrast_low": "the spectral contrast in dB below 250 Hz (2 % highest over 2 % lowest bins)",
    "contrast_mid": "the spectral contrast in dB, mean of the octaves from 250 Hz to 2 kHz",
    "contrast_high": "the spectral contrast in dB above 2 kHz",
    "rolloff": "the roll-off frequency (85 % of the summed magnitude lie below, + 1 Hz)",
    "flatness": "1 − spectral flatness in dB (geometric over arithmetic mean power, 20 lg)",
}


def spectral_features(clips: Clips) -> dict[str, Tensor]:
    """The features of `WHAT` by name, clip × channel × frame, float64."""
    spectrum, rate = clips.magnitudes, clips.rate
    count, bins = spectrum.shape[2:]
    hz = torch.arange(bins, device=spectrum.device) * (rate / (HOPS_PER_FRAME * hop_frames(rate)))
    parts = [
        _frame_features(part, hz) for part in torch.split(spectrum, _frames_at_once(spectrum), 2)
    ]
    found = {name: torch.cat([part[name] for part in parts], -1) for name in parts[0]}
    inside = torch.arange(count, device=hz.device) < frame_counts(clips.lengths, rate)[:, None]
    peaks, valleys = (_clipped_db(found.pop(name), inside) for name in ("peaks", "valleys"))
    contrast = peaks - valleys
    found |= {
        "contrast_low": contrast[0],
        "contrast_mid": contrast[1:-1].mean(0),
        "contrast_high": contrast[-1],
    }
    return {name: values.double() for name, values in found.items()}


def _frames_at_once(spectrum: Tensor) -> int:
    """As many as stay in a CPU's cache with all that is made of them."""
    per_frame = spectrum[:, :, 0].numel()
    return max(1, _BLOCK_BINS[spectrum.device.type] // per_frame)


def _frame_features(spectrum: Tensor, hz: Tensor) -> dict[str, Tensor]:
    """What a frame tells by itself; peaks and valleys are band × clip × channel × frame."""
    shares = spectrum / spectrum.sum(-1, keepdim=True).clamp(min=TINY)
    centroid = shares @ hz
    deviation = (hz - centroid[..., None]).square_()
    cumulated = spectrum.cumsum(-1)
    below = (cumulated < ROLL_OFF * cumulated[..., -1:]).sum(-1)
    powers = spectrum.square().clamp_(min=POWER_FLOOR)
    arithmetic = powers.mean(-1)
    flatness = powers.log_().mean(-1).exp() / arithmetic
    peaks, valleys = _extremes(spectrum, hz)
    return {
        "centroid": centroid + SHIFT_HZ,
        "bandwidth": deviation.mul_(shares).sum(-1).sqrt() + SHIFT_HZ,
        "rolloff": hz[below] + SHIFT_HZ,
        "flatness": 1.0 - 20.0 * torch.log10(flatness + TINY),
        "peaks": peaks,
        "valleys": valleys,
    }


def _extremes(spectrum: Tensor, hz: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of the highest and of the lowest bins of each band of the contrast."""
    peaks, valleys = [], []
    edges = (*BAND_EDGES_HZ, TOP_EDGE_HZ)
    for index, (low, high) in enumerate(itertools.pairwise(edges)):
        is_last = index == len(BAND_EDGES_HZ) - 1
        first = int((hz < low).sum()) - (index > 0)
        last = len(hz) if is_last else int((hz <= high).sum())
        bins = max(1, round(QUANTILE * (last - first)))
        band = spectrum[..., first : last if is_last else last - 1]
        peaks.append(_mean_of_highest(band, bins))
        valleys.append(-_mean_of_highest(-band, bins))
    return torch.stack(peaks), torch.stack(valleys)


def _mean_of_highest(band: Tensor, count: int) -> Tensor:
    """Mean of the `count` highest bins.

    They lie in the `count` groups with the highest maxima, so that few bins need to be sorted.
    """
    groups = band.shape[-1] // _GROUP
    if groups > 2 * count:
        grouped = torch.unflatten(band[..., : groups * _GROUP], -1, (_GROUP, groups))
        highest = grouped.amax(-2).topk(count, sorted=False).indices[..., None, :]
        chosen = torch.take_along_dim(grouped, highest, -1).flatten(-2)
        band = torch.cat([chosen, band[..., groups * _GROUP :]], -1)
    return band.topk(count, sorted=False).values.mean(-1)


def _clipped_db(values: Tensor, inside: Tensor) -> Tensor:
    """10 lg, at most `RANGE_DB` under the largest value of the clip's channel in any band."""
    levels = 10.0 * torch.log10(values.clamp(min=POWER_FLOOR))
    largest = torch.where(inside[:, None], levels, -torch.inf).amax((0, -1), keepdim=True)
    return levels.maximum(largest - RANGE_DB)


def spectral_tracks(view: View) -> tuple[dict[str, Track], dict[str, Track]]:
    """The features of (estimate, reference) over time."""
    return tracks(view, "spectral", spectral_features)


def feature_mape(view: View, feature: str) -> Scores:
    """MAPE of one feature, mean over the channels."""
    estimate, reference = spectral_tracks(view)
    scores = mape_percent(
        estimate[feature], reference[feature], RUNNING_FRAMES, feature.replace("_", " ")
    )
    return Scores(scores.values, (*trimmed(view).gaps, *scores.gaps))


for _feature, _what in WHAT.items():
    register_feature(mape_facts(_feature, _what), feature_mape, _feature)


@register(
    mape_facts(
        "spectral",
        "the spectrum: mean of the errors of centroid, bandwidth, contrast (mean of low, mid and "
        "high), roll-off and flatness",
    )
)
def fxnorm_spectral_mape_percent(view: View) -> Scores:
    """Mean over the five features."""
    contrast = mean_of([feature_mape(view, f"contrast_{band}") for band in ("low", "mid", "high")])
    others = ("centroid", "bandwidth", "rolloff", "flatness")
    return mean_of([contrast, *(feature_mape(view, name) for name in others)])
