"""Answers and fixed effects of a cumulative model, checked before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earwitness.stimuli.errors import DataError

from ..arrays import Floats
from ..random_effects.terms import Codes
from .guessing import GuessingLogit
from .links import LINKS, Link, LinkName
from .thresholds import Patterns, Structure, Thresholds, patterns, per_group, thresholds


@dataclass(frozen=True)
class OrdinalData:
    """What a cumulative link mixed model is fitted to, apart from its random terms."""

    answers: tuple[float, ...]  # that occur, lowest first
    y: Codes  # of each rating, 0..J-1
    group: Codes  # of each rating: all 0 with one set of cut points
    names: tuple[str, ...]  # of the fixed effects
    link_name: LinkName
    cuts: Thresholds
    patterns: Patterns
    notes: tuple[str, ...]
    guess: float = 0.0  # probability that a guess is right; two answers only

    @property
    def link(self) -> Link:
        return GuessingLogit(self.guess) if self.guess else LINKS[self.link_name]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Of ψ: threshold parameters, then fixed effects."""
        return (*self.cuts.names, *self.names)

    def naive_start(self) -> Floats:
        """ψ without effects: the cut points that the answers' shares give."""
        wanted = np.zeros(len(self.cuts.matrix))
        for g, above in enumerate(self.cuts.above):
            counts = np.bincount(self.y[self.group == g], minlength=len(self.answers))
            below = (np.cumsum(counts) + 0.5) / (counts.sum() + 1)
            wanted[above[above >= 0]] = np.log(below / (1 - below))[above >= 0]
        parameters = np.linalg.lstsq(self.cuts.matrix, wanted, rcond=None)[0]
        return np.concatenate([parameters, np.zeros(len(self.names))])


def ordinal_data(
    values: Floats,
    X: Floats,
    names: Sequence[str],
    *,
    link: LinkName = "logit",
    structure: Structure = "flexible",
    scale: Sequence[float] = (),
    group: Codes | None = None,
    group_names: Sequence[str] = (),
    guess: float = 0.0,
) -> OrdinalData:
    """Check and collect.

    Args:
        values: n answers; their order is what counts, not their distances.
        X: n × p fixed effects, no intercept (the cut points are it).
        names: of the p columns.
        link: of the latent scale.
        structure: of the cut points.
        scale: all answers that could be given, to record those that nobody gave.
        group: of each rating, for free cut points of each group (partial proportional odds).
        group_names: of the groups 0..G-1.
        guess: probability that a guess is right, for wrong and right answers with the logit link.

    Raises:
        DataError: nothing to fit, or the estimates would not be unique.
    """
    values, X = np.asarray(values, dtype=float), np.asarray(X, dtype=float)
    if not (np.all(np.isfinite(values)) and np.all(np.isfinite(X))):
        raise DataError("an answer or a fixed effect is missing; drop those rows first")
    answers, y = np.unique(values, return_inverse=True)
    if len(answers) < 2:
        raise DataError("all answers are equal: there is nothing to model")
    labels = [f"{answer:g}" for answer in answers]
    if group is None:
        group, cuts = np.zeros(len(y), dtype=np.intp), thresholds(labels, structure)
    else:
        cuts = per_group(labels, y, group, group_names)
    found = patterns(y, X, cuts, group)
    data = OrdinalData(
        tuple(float(a) for a in answers), y, group, tuple(names), link, cuts, found,
        _unused(answers, scale), guess if len(answers) == 2 else 0.0,
    )  # fmt: skip
    _refuse_redundant(data)
    return data


def _unused(answers: Floats, scale: Sequence[float]) -> tuple[str, ...]:
    missing = [f"{value:g}" for value in scale if value not in answers]
    if not missing:
        return ()
    return (
        f"Nobody answered {', '.join(missing)}; the cut points beside it are one, which changes "
        "nothing else.",
    )


def _refuse_redundant(data: OrdinalData) -> None:
    """ψ must be unique: no fixed effect that others, or the cut points, make up."""
    design = np.vstack([data.patterns.upper, data.patterns.lower])
    if np.linalg.matrix_rank(design) == design.shape[1]:
        return
    base = len(data.cuts.names)
    for k in range(base, design.shape[1]):
        if np.linalg.matrix_rank(design[:, : k + 1]) <= k:
            raise DataError(
                f"the fixed effect {data.names[k - base]} is a combination of others; leave it out"
            )
    raise DataError("the cut points are not determined by the answers")
