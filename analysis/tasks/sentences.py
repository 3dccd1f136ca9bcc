"""Typed sentences and chosen words: error rates and what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from earwitness.stimuli.pages.transcription import words_of

from ..records.tasks import Confusion, WordErrors
from ..resampling import crossed_draws, percentile_interval


@dataclass(frozen=True)
class Edits:
    """What turns a target into an answer at least cost."""

    substitutions: int
    deletions: int
    insertions: int

    @property
    def total(self) -> int:
        return self.substitutions + self.deletions + self.insertions


def edits(target: Sequence[str], answer: Sequence[str]) -> Edits:
    """Levenshtein's alignment; of equally cheap ones that with the fewest insertions + deletions.

    Source: Levenshtein 1966, Soviet Physics Doklady 10, 707–710.
    """
    row = [(j, 0, 0, j) for j in range(len(answer) + 1)]  # cost, S, D, I
    for i, wanted in enumerate(target, start=1):
        before, row = row, [(i, 0, i, 0)]
        for j, given in enumerate(answer, start=1):
            c, s, d, n = before[j - 1]
            same = (c, s, d, n) if wanted == given else (c + 1, s + 1, d, n)
            c, s, d, n = before[j]
            deleted = (c + 1, s, d + 1, n)
            c, s, d, n = row[j - 1]
            inserted = (c + 1, s, d, n + 1)
            row.append(min(same, deleted, inserted, key=lambda way: (way[0], way[2] + way[3])))
    _, substitutions, deletions, insertions = row[-1]
    return Edits(substitutions, deletions, insertions)


def word_errors(ratings: pd.DataFrame, scale: str, alpha: float, seed: int) -> list[WordErrors]:
    """Word and character error rates by system; rows without answer or target are left out."""
    if not {"answer", "target"} <= set(ratings.columns):
        return []
    known = ratings.dropna(subset=["answer", "target"])
    found = []
    for system, rows in known.groupby("system", sort=True):
        pairs = [(words_of(str(t)), words_of(str(a)))
                 for t, a in zip(rows["target"], rows["answer"], strict=True)]  # fmt: skip
        by_word = [edits(target, answer) for target, answer in pairs]
        by_letter = [
            edits(list("".join(target)), list("".join(answer))) for target, answer in pairs
        ]
        words = np.array([len(target) for target, _ in pairs], dtype=float)
        letters = sum(len("".join(target)) for target, _ in pairs)
        errors = np.array([edit.total for edit in by_word], dtype=float)
        if not words.sum():
            continue
        low, high = _interval(rows, errors, words, alpha, seed)
        found.append(
            WordErrors(
                scale=scale, system=str(system), n=len(rows), words=int(words.sum()),
                word_error_rate=float(errors.sum() / words.sum()), ci_low=low, ci_high=high,
                substitutions=sum(e.substitutions for e in by_word),
                deletions=sum(e.deletions for e in by_word),
                insertions=sum(e.insertions for e in by_word),
                character_error_rate=sum(e.total for e in by_letter) / letters,
            )
        )  # fmt: skip
    return found


def _interval(
    rows: pd.DataFrame, errors: np.ndarray, words: np.ndarray, alpha: float, seed: int
) -> tuple[float, float]:
    """Percentile bootstrap over participants and items of the ratio of sums."""
    people, p = np.unique(rows["participant"].astype(str), return_inverse=True)
    items, i = np.unique(rows["item"].astype(str), return_inverse=True)
    sums = np.zeros((len(people), len(items), 2))
    np.add.at(sums, (p, i), np.column_stack([errors, words]))
    drawn = crossed_draws(len(people), len(items), seed).sums(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        return percentile_interval(drawn[:, 0] / drawn[:, 1], alpha)


def confusions(ratings: pd.DataFrame, scale: str) -> list[Confusion]:
    """How often each answer was given to each target, by system."""
    if not {"answer", "target"} <= set(ratings.columns):
        return []
    known = ratings.dropna(subset=["answer", "target"])
    counts = known.groupby(["system", "target", "answer"], sort=True).size()
    return [
        Confusion(scale=scale, system=str(key[0]), target=str(key[1]), answer=str(key[2]), n=int(n))
        for key, n in counts.items()
        if isinstance(key, tuple)
    ]
