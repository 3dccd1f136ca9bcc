"""Gains that make all versions of a page equally loud and safe to listen to (DESIGN rules 2, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .audio import Signal
from .level import gain, integrated_loudness_lufs, max_momentary_loudness_lufs, true_peak_dbtp
from .study import Presentation

MOMENTARY_OVER_TARGET_LU = 10.0
# Quantisation moves peaks by up to one step of 16 bits; a limit is kept with this much to spare.
SPARE_DB = 0.05


@dataclass(frozen=True)
class PageGains:
    """`gains_db` per version; `lowered_db` ≥ 0 is what the page lies under the study's loudness."""

    gains_db: tuple[float, ...]
    lowered_db: float


def page_gains(versions: Sequence[Signal], presentation: Presentation) -> PageGains:
    """Bring all versions to one loudness; lower all by the same amount if one were unsafe.

    Unsafe is a true peak over `max_true_peak_dbtp`, or a momentary loudness of more than 10 LU
    over `loudness_lufs`. Nothing is ever limited or compressed. Versions must not be silent.
    """
    lowered_db = 0.0
    while True:
        target = presentation.loudness_lufs - lowered_db
        gains = [_matching_gain_db(version, target) for version in versions]
        excess = max(
            _excess_db(version, gain_db, presentation)
            for version, gain_db in zip(versions, gains, strict=True)
        )
        if excess <= 0.0:
            return PageGains(tuple(gains), lowered_db)
        lowered_db += excess + SPARE_DB


def _matching_gain_db(signal: Signal, target_lufs: float) -> float:
    """The gain to a loudness; in steps, because the absolute gate does not move with the gain."""
    gain_db = 0.0
    for _ in range(4):
        gain_db += target_lufs - integrated_loudness_lufs(gain(signal, gain_db))
    return gain_db


def _excess_db(signal: Signal, gain_db: float, presentation: Presentation) -> float:
    momentary_limit = presentation.loudness_lufs + MOMENTARY_OVER_TARGET_LU
    return gain_db + max(
        true_peak_dbtp(signal) - presentation.max_true_peak_dbtp + SPARE_DB,
        max_momentary_loudness_lufs(signal) - momentary_limit + SPARE_DB,
    )
