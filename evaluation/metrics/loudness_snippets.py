"""Relative loudness between the stems, snippet by snippet."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .batch import Gap, Scores, View, hops, unmeasurable
from .facts import STEMS, Facts
from .loudness import CHANNEL_WEIGHTS, STEP_S, Hops
from .meter import ABSOLUTE_GATE_LUFS, MOMENTARY_STEPS, block_powers, gated_lufs
from .metric import Metric
from .registry import register


def register_relative_loudness_snippets(metric_id: str, *, window_s: float, hop_s: float) -> Metric:
    """Register the relative loudness error over windows of this length and hop.

    Args:
        metric_id: ends in `_lu`.
        window_s: length of a snippet in seconds, a multiple of 0.1, at least 0.4.
        hop_s: from one snippet to the next, a multiple of 0.1.
    """
    window, hop = round(window_s / STEP_S), round(hop_s / STEP_S)

    def compute(stems: Mapping[str, View]) -> Scores:
        return _snippet_error(stems, window, hop)

    compute.__qualname__ = f"{metric_id}({window_s:g}, {hop_s:g})"
    return register(_facts(metric_id, window_s, hop_s))(compute)


def _facts(metric_id: str, window_s: float, hop_s: float) -> Facts:
    return Facts(
        id=metric_id,
        title="Relative loudness error of snippets",
        unit="LU",
        low=0.0,
        high=None,
        direction="lower",
        level="as_is",
        channels="all",
        citation="ITU-R BS.1770-5 (2023), Annex 1",
        version="1",
        description=(
            "Mean absolute difference between estimate and reference of the relative loudness "
            "L(lead) − L(backing) of each window, measured on the processed stems. Loudness of a "
            "window is integrated loudness of its whole 400 ms blocks, gated within the window. "
            "Windows count in which both stems of the reference are above −70 LUFS; a stem of the "
            "estimate below that counts as −70 LUFS."
        ),
        parameters=(("window_s", window_s), ("hop_s", hop_s)),
        tasks=("mix",),
        needs="stems",
    )


def _snippet_error(stems: Mapping[str, View], window: int, hop: int) -> Scores:
    view = stems["lead"]
    if view.reference.shape[1] not in CHANNEL_WEIGHTS:
        return Scores(torch.full(view.lengths.shape, torch.nan), unmeasurable(view))
    lead, backing = (
        [_snippet_lufs(side, window, hop) for side in hops(stems[name])] for name in STEMS
    )
    active = torch.isfinite(lead[1]) & torch.isfinite(backing[1])
    estimate, reference = (
        upper.clamp(min=ABSOLUTE_GATE_LUFS) - lower.clamp(min=ABSOLUTE_GATE_LUFS)
        for upper, lower in zip(lead, backing, strict=True)
    )
    errors = torch.where(active, (estimate - reference).abs(), 0.0)
    counts = active.sum(-1)
    reason = f"no {window * STEP_S:g} s in which both stems of the reference exceed −70 LUFS"
    clip = hops(view)[1]
    short = clip.counts < window * clip.per_100_ms
    gaps = (
        Gap(short, f"shorter than {window * STEP_S:g} s", "not_applicable"),
        Gap(counts == 0, reason),
    )
    return Scores(errors.sum(-1) / counts, gaps)


def _snippet_lufs(side: Hops, window: int, hop: int) -> Tensor:
    """Gated loudness of each window (clip × window), −inf where no block passes or it is cut."""
    blocks, whole = block_powers(side, MOMENTARY_STEPS, side.per_100_ms)
    size = window - MOMENTARY_STEPS + 1
    missing = max(0, size - blocks.shape[-1])
    powers, inside = (
        torch.nn.functional.pad(row, (0, missing)).unfold(-1, size, hop) for row in (blocks, whole)
    )
    return gated_lufs(powers, inside & inside.all(-1, keepdim=True))


# Nearly half-overlapping windows of the 65,536 samples (1.49 s at 44.1 kHz) on which automatic
# mixing networks are trained.
relative_loudness_snippet_error_lu = register_relative_loudness_snippets(
    "relative_loudness_snippet_error_lu", window_s=1.5, hop_s=0.7
)
