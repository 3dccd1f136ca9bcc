"""What keeps a pair from being scored, found before any metric runs.

The order matters: what makes a metric meaningless (`not_applicable`) is told before what is broken.
"""

from __future__ import annotations

import numpy as np

from earwitness.stimuli.audio import MAX_RATE, MIN_RATE, Signal

from .facts import STEMS, Facts, Outcome, Pair

# A signal whose largest sample is below −120 dBFS counts as silent.
SILENCE_PEAK = 1e-6


def missing(pair: Pair, facts: Facts, broken: str, broken_stems: str) -> Outcome | None:
    """The outcome of a metric that has no value for this pair, or None when it must be computed.

    Args:
        pair: what is compared.
        facts: of the metric.
        broken: `unusable(pair)`, found once for all metrics.
        broken_stems: `unusable_stems(pair)`, likewise.
    """
    pointless = _not_applicable(pair, facts)
    if pointless:
        return Outcome(None, "not_applicable", pointless, 0.0)
    reason = broken or (broken_stems if facts.needs == "stems" else "")
    return Outcome(None, "failed", reason, 0.0) if reason else None


def _not_applicable(pair: Pair, facts: Facts) -> str:
    if facts.tasks is not None and pair.task not in facts.tasks:
        return f"only for task {' or '.join(facts.tasks)}"
    if facts.lacking:
        return facts.lacking
    if facts.is_of_sets:
        return "a distance of sets, not of a pair"
    if facts.measures_level and pair.level_is_given:
        return "the level of the estimate was set by the evaluation, not by the system"
    if facts.needs == "stems" and not (pair.estimate_stems and pair.reference_stems):
        whose = "estimate" if not pair.estimate_stems else "reference"
        return f"the {whose} has no stems"
    rate = pair.reference.rate
    if facts.min_rate_hz is not None and rate < facts.min_rate_hz:
        return f"needs a rate of at least {facts.min_rate_hz} Hz, not {rate} Hz"
    if pair.reference.channels < facts.min_channels:
        return f"needs {facts.min_channels} channels, not {pair.reference.channels}"
    if 0 < pair.reference.duration_s < facts.shortest_s:
        return f"shorter than the {facts.shortest_s:g} s that it needs"
    if pair.reference.duration_s > facts.longest_s:
        return f"longer than the {facts.longest_s:g} s that it is safe with; score excerpts"
    return ""


def unusable(pair: Pair) -> str:
    """Why nothing can be computed from this pair; empty when it can."""
    return _unequal("", pair.estimate, pair.reference) or (
        _inaudible("estimate", pair.estimate) or _inaudible("reference", pair.reference)
    )


def unusable_stems(pair: Pair) -> str:
    """Why the stems cannot be compared; empty when they can (or when there are none)."""
    if not (pair.estimate_stems and pair.reference_stems):
        return ""
    for name in STEMS:
        for whose, stems in (
            ("estimate", pair.estimate_stems),
            ("reference", pair.reference_stems),
        ):
            if name not in stems:
                return f"the {whose} has no stem {name}"
        estimate, reference = pair.estimate_stems[name], pair.reference_stems[name]
        reason = (
            _unequal(f"stem {name}: ", estimate, pair.reference)
            or _unequal(f"stem {name}: ", estimate, reference)
            or _inaudible(f"stem {name} of the estimate", estimate)
            or _inaudible(f"stem {name} of the reference", reference)
        )
        if reason:
            return reason
    return ""


def _unequal(prefix: str, estimate: Signal, reference: Signal) -> str:
    for what, mine, its in (
        ("rate in Hz", estimate.rate, reference.rate),
        ("number of channels", estimate.channels, reference.channels),
        ("number of frames", estimate.frames, reference.frames),
    ):
        if mine != its:
            return f"{prefix}{what} differs: estimate {mine}, reference {its}"
    return ""


def _inaudible(name: str, signal: Signal) -> str:
    if not MIN_RATE <= signal.rate <= MAX_RATE:
        return f"the rate of {signal.rate} Hz is outside 8–192 kHz"
    if signal.samples.size == 0:
        return f"the {name} has no samples"
    peak = max(signal.samples.max(), -signal.samples.min())  # no copy; NaN stays NaN in both
    if not np.isfinite(peak):
        return f"the {name} has NaN or infinite samples"
    if peak < SILENCE_PEAK:
        return f"the {name} is silent"
    return ""
