"""Mean opinions without the participants' bias and weighted by their consistency.

A rating is the stimulus's quality plus the participant's bias plus noise whose size is the
participant's own. Beside the plain mean it shows how much hangs on a few careless participants; the
mixed models have effects of participants of their own and take the ratings as they are.

Source: Li, Bampis, Krasula, Janowski & Katsavounidis 2020, HVEI, "A simple model for subject
behavior in subjective experiments" (alternating projection), the method of ITU-T P.910 (2022) and
P.913 §12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..arrays import Floats
from ..cells import Cells
from ..records.subjects import CorrectedMean, Subject

PRECISION = 1e-10
MOST_ROUNDS = 1000
LEAST_SHARE = 0.25  # of the panel's: with few ratings one participant could else become the truth
FEWEST_STIMULI = 3  # of a participant, below which no inconsistency is known


@dataclass(frozen=True)
class SubjectModel:
    """`bias` and `inconsistency` of each participant; `quality` and its `error` per stimulus."""

    bias: Floats
    inconsistency: Floats
    quality: Floats
    error: Floats
    converged: bool


def subject_model(table: Floats) -> SubjectModel:
    """Fit by alternating projection, with the mean bias 0.

    Args:
        table: participant × stimulus ratings, NaN = missing; each row and column has one.
    """
    quality = np.nanmean(table, axis=0)
    bias = np.nanmean(table - quality, axis=1)
    spread = np.ones(len(table))
    for _ in range(MOST_ROUNDS):
        before = quality
        residual = table - quality - bias[:, None]
        least = LEAST_SHARE * float(np.sqrt(np.nanmean(residual**2)))
        spread = np.maximum(np.nanstd(residual, axis=1), max(least, 1e-9))
        weight = np.where(np.isnan(table), 0.0, (1 / spread**2)[:, None])
        quality = np.nansum(weight * np.nan_to_num(table - bias[:, None]), axis=0)
        quality = quality / weight.sum(axis=0)
        bias = np.nanmean(table - quality, axis=1)
        if np.linalg.norm(quality - before) < PRECISION:
            break
    centre = float(bias.mean())
    return SubjectModel(
        bias - centre, spread, quality + centre, 1 / np.sqrt(weight.sum(axis=0)),
        bool(np.linalg.norm(quality - before) < PRECISION),
    )  # fmt: skip


def subjects(cells: Cells, scale: str, alpha: float) -> tuple[list[Subject], list[CorrectedMean]]:
    """Participants' bias and inconsistency, and each stimulus's mean with and without them."""
    stimuli = cells.stimuli()
    names = [(system, item) for system in cells.systems for item in cells.items]
    people = np.sum(~np.isnan(stimuli), axis=1) >= FEWEST_STIMULI
    heard = np.sum(~np.isnan(stimuli[people]), axis=0) >= 2 if people.any() else people[:0]
    table = stimuli[people][:, heard] if people.any() else stimuli[:0]
    if len(table) < 2 or table.shape[1] < FEWEST_STIMULI or np.nanstd(table) == 0:
        return [], []
    enough = np.sum(~np.isnan(table), axis=1) >= FEWEST_STIMULI
    if not enough.all():
        return [], []
    found = subject_model(table)
    if not found.converged:
        return [], []
    reach = float(stats.norm.isf(alpha / 2))
    participants = np.array(cells.participants)[people]
    kept = [name for name, is_heard in zip(names, heard, strict=True) if is_heard]
    return [
        Subject(scale=scale, participant=str(who), bias=float(b), inconsistency=float(v))
        for who, b, v in zip(participants, found.bias, found.inconsistency, strict=True)
    ], [
        CorrectedMean(scale=scale, system=system, item=item, mean=float(plain), corrected=float(q),
                      ci_low=float(q - reach * e), ci_high=float(q + reach * e))
        for (system, item), plain, q, e in zip(kept, np.nanmean(table, axis=0), found.quality,
                                               found.error, strict=True)
    ]  # fmt: skip
