"""The records about pairs, ABX, words and sentences."""

from __future__ import annotations

from .base import Number, Record


class Preference(Record):
    """`system` against `other` in direct comparisons, and in the model over all of them.

    `share`: of wins, ties counting half, with an interval over participants and items (min-F′).
    `log_odds`: that `system` is preferred, by the cumulative model of all comparisons, with its t
    interval; `p` is its own from 6 items on, of the share below that (`method`), and `p_adjusted`
    is over all pairs of the scale.
    """

    scale: str
    system: str
    other: str
    n: int
    wins: int
    ties: int
    losses: int
    share: Number
    share_ci_low: Number
    share_ci_high: Number
    log_odds: Number
    se: Number
    df: Number
    ci_low: Number
    ci_high: Number
    statistic: Number
    p: Number
    p_adjusted: Number
    method: str
    n_participants: int
    n_items: int
    reason: str


class Ability(Record):
    """Where a system lies on the latent scale of preferences; the baseline is 0.

    `estimate`: of the cumulative model with random effects. `davidson`: of the Bradley–Terry model
    with ties after Davidson, its standard error clustered by participants.
    """

    scale: str
    system: str
    estimate: Number
    se: Number
    davidson: Number
    davidson_se: Number


class Discrimination(Record):
    """ABX for one pair of systems, all participants or one of them.

    `share` with the exact interval (Clopper & Pearson) and the exact one-sided p against guessing,
    which take the trials as independent; `clustered_p` is one-sided over participants and items
    (min-F′). `d_prime` by the differencing model, its interval from that of the share. A
    participant's `p_adjusted` is over the participants (Holm).
    """

    scale: str
    system: str
    other: str
    participant: str  # empty: all
    n: int
    right: int
    share: Number
    ci_low: Number
    ci_high: Number
    p: Number
    p_adjusted: Number
    clustered_p: Number
    d_prime: Number
    d_prime_ci_low: Number
    d_prime_ci_high: Number


class WordErrors(Record):
    """Errors of typed sentences against what was said, over all answers about a system.

    Rates are errors (substitutions + deletions + insertions) per word or character of the target,
    after both are normalised (NFKC, case, punctuation); intervals are percentile bootstrap over
    participants and items.
    """

    scale: str
    system: str
    n: int
    words: int
    word_error_rate: Number
    ci_low: Number
    ci_high: Number
    substitutions: int
    deletions: int
    insertions: int
    character_error_rate: Number


class Confusion(Record):
    """How often `answer` was given where `target` was right."""

    scale: str
    system: str
    target: str
    answer: str
    n: int
