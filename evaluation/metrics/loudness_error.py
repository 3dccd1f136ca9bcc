"""Errors of integrated loudness: of the whole signal, and of the lead against the backing."""

from __future__ import annotations

from collections.abc import Mapping

from .batch import Scores, View, loudness_lufs, unmeasurable
from .difference import register_error
from .facts import Facts

_METER = (
    "Integrated loudness by ITU-R BS.1770-5: whole 400 ms blocks, 75 % overlap, gates at −70 LUFS "
    "and −10 LU; K-weighting at the signal's own rate (below 32 kHz with the response at 48 kHz)."
)


@register_error(
    Facts(
        id="loudness_error_lu",
        title="Loudness error",
        unit="LU",
        low=0.0,
        high=None,
        direction="lower",
        level="as_is",
        channels="all",
        validated_for="loudness of broadcast programmes, speech and music",
        validated_tasks=("mix", "speech", "style"),
        citation="ITU-R BS.1770-5 (2023), Annex 1",
        version="1",
        description=(
            f"Absolute difference of integrated loudness, estimate − reference. {_METER} "
            "Not applicable where the evaluation, not the system, set the level."
        ),
        measures_level=True,
    ),
    twin=True,
)
def loudness_error_lu(view: View) -> Scores:
    """L(estimate) − L(reference), LU."""
    estimate, reference = loudness_lufs(view)
    return Scores(estimate - reference, unmeasurable(view))


@register_error(
    Facts(
        id="relative_loudness_error_lu",
        title="Relative loudness error",
        unit="LU",
        low=0.0,
        high=None,
        direction="lower",
        level="as_is",
        channels="all",
        citation="ITU-R BS.1770-5 (2023), Annex 1",
        version="1",
        description=(
            "Absolute difference between estimate and reference of the relative loudness "
            f"L(lead) − L(backing), measured on the processed stems. {_METER} "
            "A gain on the whole mix does not change it."
        ),
        tasks=("mix",),
        needs="stems",
    ),
    twin=True,
)
def relative_loudness_error_lu(stems: Mapping[str, View]) -> Scores:
    """(L(lead) − L(backing)) of the estimate − the same of the reference, LU."""
    lead, backing = stems["lead"], stems["backing"]
    (lead_estimate, lead_reference), (backing_estimate, backing_reference) = (
        loudness_lufs(lead),
        loudness_lufs(backing),
    )
    difference = (lead_estimate - backing_estimate) - (lead_reference - backing_reference)
    gaps = (*unmeasurable(lead, "'s lead"), *unmeasurable(backing, "'s backing"))
    return Scores(difference, gaps)
