"""Errors of fundamental frequency: cents, gross errors, voicing."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from .batch import Gap, Scores, View
from .facts import Facts
from .pitch import HIGHEST_HZ, LOWEST_HZ, RATE_HZ, Track, frame_count, track
from .registry import register

FEWEST_FRAMES = 10
GROSS = 0.2

_TRACKER = (
    f"Pitch by YIN at 16 kHz, every 10 ms, {LOWEST_HZ:g}–{HIGHEST_HZ:g} Hz, voiced where less than "
    "20 % of the power is aperiodic and the level is within 40 dB of the clip's loudest frame. The "
    "reference is tracked in the same way, so its own errors enter: not for whispered or "
    "polyphonic sound."
)
Tracks = tuple[Track, Track, Tensor]  # estimate, reference, frames of each pair

_facts = functools.partial(
    Facts,
    low=0.0,
    direction="lower",
    level="as_is",
    channels="mono",
    rate_hz=RATE_HZ,
    tasks=("speech",),
    version="1",
)


@register(
    _facts(
        id="f0_rmse_cents",
        title="Pitch error",
        unit="cents",
        high=None,
        citation="de Cheveigné, Kawahara: YIN, JASA 111(4), 2002",
        description=(
            "Root mean square of the pitch difference in cents over the frames that are voiced on "
            f"both sides, gross errors included. {_TRACKER} Needs 10 such frames (100 ms)."
        ),
    )
)
def f0_rmse_cents(view: View) -> Scores:
    """sqrt(mean of (1200 log₂ f̂/f)²)."""
    return rmse_cents(_tracks(view))


def rmse_cents(tracks: Tracks) -> Scores:
    """The error of the pitch of `tracks`."""
    cents, both = _cents(tracks)
    mean_square = (cents.square() * both).sum(-1) / both.sum(-1).clamp(min=1)
    return Scores(mean_square.sqrt(), _too_few(both))


@register(
    _facts(
        id="f0_gross_error_percent",
        title="Gross pitch errors",
        unit="%",
        high=100.0,
        citation="Rabiner et al., IEEE TASSP 24(5), 1976; 20 % as in Chu, Alwan, ICASSP 2009",
        description=(
            "Share of the frames voiced on both sides whose pitch is more than 20 % off, octave "
            f"errors above all. {_TRACKER} Needs 10 such frames (100 ms)."
        ),
    )
)
def f0_gross_error_percent(view: View) -> Scores:
    """100 · share of |f̂/f − 1| > 0.2."""
    return gross_error_percent(_tracks(view))


def gross_error_percent(tracks: Tracks) -> Scores:
    """The share of gross errors of `tracks`."""
    cents, both = _cents(tracks)
    is_gross = ((2.0 ** (cents / 1200.0) - 1.0).abs() > GROSS) & both
    return Scores(100.0 * is_gross.sum(-1) / both.sum(-1).clamp(min=1).double(), _too_few(both))


@register(
    _facts(
        id="voicing_error_percent",
        title="Voicing errors",
        unit="%",
        high=100.0,
        citation="Chu, Alwan: Reducing F0 frame error, ICASSP 2009 (voicing decision error)",
        description=(
            "Share of the frames that are voiced on one side only, of all frames. "
            f"{_TRACKER} Needs a reference with 10 voiced frames (100 ms)."
        ),
    )
)
def voicing_error_percent(view: View) -> Scores:
    """100 · share of frames with another voicing decision."""
    return voicing_errors_percent(_tracks(view))


def voicing_errors_percent(tracks: Tracks) -> Scores:
    """The share of other voicing decisions in `tracks`."""
    estimate, reference, frames = tracks
    wrong = (estimate.voiced != reference.voiced).sum(-1)
    few = reference.voiced.sum(-1) < FEWEST_FRAMES
    gap = Gap(few, "fewer than 10 frames (100 ms) of the reference are voiced")
    return Scores(100.0 * wrong / frames.clamp(min=1).double(), (gap,))


def _cents(tracks: Tracks) -> tuple[Tensor, Tensor]:
    """(difference in cents, whether both sides are voiced), pair × frame."""
    estimate, reference, _ = tracks
    both = estimate.voiced & reference.voiced
    ratio = torch.where(both, estimate.hz, 1.0).double() / torch.where(both, reference.hz, 1.0)
    return 1200.0 * ratio.log2(), both


def _too_few(both: Tensor) -> tuple[Gap, ...]:
    reason = "fewer than 10 frames (100 ms) are voiced on both sides"
    return (Gap(both.sum(-1) < FEWEST_FRAMES, reason),)


def _tracks(view: View) -> Tracks:
    return view.memo("pitch", lambda: both_tracks(view, track, frame_count))


def both_tracks(
    view: View, follow: Callable[[Tensor, Tensor], Track], count: Callable[[Tensor], Tensor]
) -> Tracks:
    """What `follow` finds in clips (clip × frame, with their lengths) on both sides."""
    rows, back = view.distinct()
    estimate = follow(view.estimate[:, 0], view.lengths)
    once = follow(view.reference[rows, 0], view.lengths[rows])
    reference = Track(once.hz[back], once.voiced[back])
    return estimate, reference, count(view.lengths)
