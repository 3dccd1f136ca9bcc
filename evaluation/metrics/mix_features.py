"""Errors of mix features in octaves and dB: the well-conditioned twins of the percentages.

Both sides are measured as FxNorm-automix measures them (`fxnorm.py`), but in units whose size does
not depend on where a scale has its zero, and only where the reference sounds.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .batch import Scores, View
from .facts import Facts
from .fxnorm import HOPS_PER_FRAME, RUNNING_FRAMES, Clips, hop_frames, tracks, trimmed
from .fxnorm_spectral import spectral_tracks
from .metric import Metric
from .registry import register
from .running import Track, distance, running_means

Between = Callable[[Tensor, Tensor], Tensor]
Tracks = tuple[dict[str, Track], dict[str, Track]]

LOW_HZ = 250.0
FLOOR_DB = -60.0  # of a ratio of powers, and of a level re the loudest of the reference
_METHOD = (
    "Averages over 1 s (40 frames of 93 ms) are compared at every frame, between the first and the "
    "last sound of the reference (100 ms at −60 dBFS or above); channels are averaged. Blind to a "
    "gain of the estimate."
)


def _octaves(estimate: Tensor, reference: Tensor) -> Tensor:
    return (estimate / reference).log2().abs()


def _difference(estimate: Tensor, reference: Tensor) -> Tensor:
    return (estimate - reference).abs()


def _power_ratio_db(estimate: Tensor, reference: Tensor) -> Tensor:
    smallest = 10.0 ** (FLOOR_DB / 10.0)
    levels = (10.0 * side.clamp(min=smallest).log10() for side in (estimate, reference))
    return _difference(*levels)


def _level_tracks(view: View) -> Tracks:
    """Share of the power below 250 Hz, and power, per frame."""
    return tracks(view, "levels", _levels)


def _levels(clips: Clips) -> dict[str, Tensor]:
    powers = clips.magnitudes.square()
    low = round(LOW_HZ * HOPS_PER_FRAME * hop_frames(clips.rate) / clips.rate)
    total = powers.sum(-1).double()
    share = powers[..., :low].sum(-1).double() / total.clamp(min=1e-30)
    return {"low_share": share, "power": total.mean(1, keepdim=True)}


def _profile_db(view: View) -> Scores:
    """Level over time, each re its clip's mean power."""
    inner = trimmed(view)
    estimate, reference = (side["power"] for side in _level_tracks(view))
    values = distance(_re_mean(estimate), _re_mean(reference), RUNNING_FRAMES, _power_ratio_db)
    return Scores(values, inner.gaps)


def _re_mean(power: Track) -> Track:
    means, inside = running_means(power, RUNNING_FRAMES)
    mean = torch.where(inside, means[:, 0], 0.0).sum(-1) / inside.sum(-1)
    return Track(power.values / mean[:, None, None], power.counts)


def _declare(metric_id: str, title: str, unit: str, what: str) -> Facts:
    return Facts(
        id=metric_id,
        title=title,
        unit=unit,
        low=0.0,
        high=None,
        direction="lower",
        level="as_is",
        channels="all",
        citation="Features: Martínez-Ramírez et al., ISMIR 2022 (FxNorm-automix); errors: ours",
        version="1",
        description=f"Mean absolute difference of {what}. {_METHOD}",
        tasks=("mix", "style"),
    )


def _register(facts: Facts, find: Callable[[View], Tracks], name: str, between: Between) -> Metric:
    def compute(view: View) -> Scores:
        estimate, reference = find(view)
        values = distance(estimate[name], reference[name], RUNNING_FRAMES, between)
        return Scores(values, trimmed(view).gaps)

    compute.__qualname__ = facts.id
    return register(facts)(compute)


for _name, _title, _what in (
    ("centroid", "Spectral centroid", "the logarithm of the spectral centroid"),
    ("bandwidth", "Spectral bandwidth", "the logarithm of the spectral bandwidth"),
    ("rolloff", "Roll-off frequency", "the logarithm of the 85 % roll-off frequency"),
):
    _register(
        _declare(f"spectral_{_name}_error_octaves", f"{_title} error", "octaves", _what),
        spectral_tracks,
        _name,
        _octaves,
    )
for _name, _title, _what in (
    ("contrast_low", "Spectral contrast (low)", "spectral contrast below 250 Hz"),
    ("contrast_mid", "Spectral contrast (mid)", "spectral contrast from 250 Hz to 2 kHz"),
    ("contrast_high", "Spectral contrast (high)", "spectral contrast above 2 kHz"),
    ("flatness", "Spectral flatness", "spectral flatness (20 lg of the ratio of mean powers)"),
):
    _register(
        _declare(f"spectral_{_name}_error_db", f"{_title} error", "dB", _what),
        spectral_tracks,
        _name,
        _difference,
    )
_register(
    _declare(
        "low_frequency_error_db",
        "Low-frequency share error",
        "dB",
        f"the share of the power below {LOW_HZ:g} Hz in dB, floored at {FLOOR_DB:g} dB",
    ),
    _level_tracks,
    "low_share",
    _power_ratio_db,
)
register(
    _declare(
        "level_profile_error_db",
        "Level profile error",
        "dB",
        f"power over time in dB re its mean over the clip, floored at {FLOOR_DB:g} dB",
    )
)(_profile_db)
