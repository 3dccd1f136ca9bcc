"""What a plan assumes of a scale: from a pilot, or from what published listening tests showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from earwitness.stimuli.errors import DataError

from ..describe import scale_of
from ..inputs.exclusions import exclude
from ..inputs.frames import rating_table, read_table
from ..models import Fits, fit_scale, to_model
from .simulation import LOGISTIC_SD, Deviations, World

# Medians over five MUSHRA tests (SiSEC 2008; Ward et al. 2018, interference and quality; Stahl et
# al. 2024; a style-matching test) of lme4's standard deviations of the four terms, references and
# anchors apart, as shares of the residual's. Their ranges: 0.41–1.02, 0–1.19, 0.12–0.54, 0.57–0.93.
TYPICAL_SHARES = Deviations(participant=0.7, item=0.25, participant_system=0.35, item_system=0.6)
TYPICAL_RESIDUAL = 0.14  # of the range of a scale without categories: 9 to 19 points of 100
OUTER_CUT = 1.3  # outermost thresholds, in standard deviations of the latent answers
FEWEST_LEVELS = 6  # of participants or items in a pilot whose deviations are believed as they are


@dataclass(frozen=True)
class PlannedScale:
    """A scale of the study: its categories' number (0: none) and its range in points."""

    id: str
    categories: int
    low: float
    high: float


@dataclass(frozen=True)
class Assumed:
    """The world of a scale, and in words where it comes from."""

    world: World
    source: str
    notes: tuple[str, ...] = ()


def typical(scale: PlannedScale) -> Assumed:
    """Deviations of published tests; the baseline in the middle of the scale, all answers used."""
    unit = float(LOGISTIC_SD) if scale.categories else TYPICAL_RESIDUAL * (scale.high - scale.low)
    deviations = _scaled(TYPICAL_SHARES, unit)
    source = "medians of five published listening tests"
    if not scale.categories:
        middle = (scale.low + scale.high) / 2
        return Assumed(World(deviations, residual=unit, middle=middle), source)
    return Assumed(World(deviations, _cuts(deviations, scale.categories)), source)


def _scaled(shares: Deviations, unit: float) -> Deviations:
    return Deviations(
        shares.participant * unit, shares.item * unit,
        shares.participant_system * unit, shares.item_system * unit,
    )  # fmt: skip


def _cuts(deviations: Deviations, categories: int) -> tuple[float, ...]:
    spread = float(np.hypot(deviations.total, LOGISTIC_SD))
    outer = OUTER_CUT * spread if categories > 2 else 0.0
    return tuple(float(cut) for cut in np.linspace(-outer, outer, categories - 1))


def read_pilot(table: Path | pd.DataFrame) -> pd.DataFrame:
    """The ratings of a pilot that count: no training, nothing withdrawn, declined or empty.

    Raises:
        DataError: the table cannot be read, lacks a column, or has no rating that counts.
    """
    source = read_table(table, "pilot")
    ratings, _ = exclude(rating_table(source), None)
    if ratings.empty:
        raise DataError(f"{source.name}: no rating of the pilot counts")
    return ratings


def from_pilot(pilot: pd.DataFrame, scale: PlannedScale, baseline: str) -> Assumed:
    """The deviations and thresholds that the report's model finds in a pilot.

    Its effects are not used: those of a small pilot mislead more than a stated smallest effect of
    interest. With fewer than 6 participants or items, or a component at zero, its deviations are
    not known to be small: the typical ones are taken where they are larger.

    Args:
        pilot: as `read_pilot` gives it.
        scale: one that the pilot has.
        baseline: whose ratings lie at an effect of 0; without it in the pilot, those of its first.

    Raises:
        DataError: the model of the pilot does not pass its check.
    """
    ratings = pilot[pilot["scale"] == scale.id].reset_index(drop=True)
    shown = scale_of(scale.id, ratings["value"], None)
    if scale.categories:
        if not ratings["value"].isin(range(1, scale.categories + 1)).all():
            raise DataError(
                f"pilot, scale {scale.id}: answers other than 1 to {scale.categories}, which the "
                "study's scale has"
            )
        shown = shown.model_copy(
            update={"categories": [float(k) for k in range(1, scale.categories + 1)]}
        )
    else:
        shown = shown.model_copy(update={"categories": []})
    present = sorted(ratings["system"].unique())
    baseline = baseline if baseline in present else present[0]
    roles = dict(zip(ratings["system"], ratings["role"], strict=True))
    systems = to_model(shown, present, baseline, roles)
    fits = fit_scale(ratings, shown, systems, baseline)
    world = _world_of(fits, scale)
    if world is None:
        reason = " ".join(note for record in fits.records for note in record.notes)
        raise DataError(f"pilot, scale {scale.id}: no model to plan from ({reason.rstrip('.')})")
    counts = {name: int(ratings[name].nunique()) for name in ("participant", "item")}
    world, notes = _cautious(world, counts, typical(scale).world)
    source = f"a pilot of {counts['participant']} participants and {counts['item']} items"
    return Assumed(world, source, notes)


def _world_of(fits: Fits, scale: PlannedScale) -> World | None:
    if scale.categories:
        if fits.ordinal is None:
            return None
        found = _deviations(fits.ordinal.deviations)
        # An answer that nobody gave has no threshold: it lies beyond the last one.
        return World(found, tuple(float(cut) for cut in fits.ordinal.thresholds))
    if fits.linear is None:
        return None
    found = _deviations(fits.linear.deviations)
    residual = fits.linear.deviations["residual"]
    return World(found, residual=residual, middle=float(fits.linear.coefficients[0]))


def _deviations(by_term: Mapping[str, float]) -> Deviations:
    names = ("participant", "item", "participant:system", "item:system")
    return Deviations(*(float(by_term.get(name, 0.0)) for name in names))


def _cautious(
    world: World, counts: Mapping[str, int], usual: World
) -> tuple[World, tuple[str, ...]]:
    """Typical deviations where the pilot's are smaller and not to be trusted."""
    found, share = world.deviations, world.residual / usual.residual
    fields = {
        "participant": "participant", "participant_system": "participant",
        "item": "item", "item_system": "item",
    }  # fmt: skip
    raised: dict[str, float] = {}
    for name, unit in fields.items():
        own, other = getattr(found, name), share * getattr(usual.deviations, name)
        if (counts[unit] < FEWEST_LEVELS or own == 0.0) and own < other:
            raised[name] = other
    if not raised:
        return world, ()
    words = _listed([name.replace("_", ":") for name in raised])
    note = f"The pilot is too small to show a small spread of {words}: typical values were taken."
    return replace(world, deviations=replace(found, **raised)), (note,)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
