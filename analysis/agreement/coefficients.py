"""How far the participants agree: intraclass correlations, α, W, the SOS hypothesis, each one."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..arrays import Floats
from ..cells import Cells
from ..comparisons.rank_tests import friedman, tie_terms
from ..linear.minf import crossed_mean
from ..records.report import Agreement, Listener, Scale
from ..resampling import crossed_draws, percentile_interval
from .krippendorff import alpha_ordinal

Interval = tuple[float, float, float]
_NONE: Interval = (np.nan, np.nan, np.nan)
ICC_NAMES = ("icc_1_1", "icc_1_k", "icc_a_1", "icc_a_k", "icc_c_1", "icc_c_k")


def intraclass(table: Floats, alpha: float = 0.05) -> dict[str, Interval]:
    """All six intraclass correlations, with intervals, of a complete target × rater table.

    McGraw & Wong's names: `icc_1_1`, `icc_1_k` (one-way), `icc_a_1`, `icc_a_k` (two-way, absolute
    agreement), `icc_c_1`, `icc_c_k` (two-way, consistency): ICC(1), ICC(2) and ICC(3) of Shrout &
    Fleiss. `_1` is one rater, `_k` the mean of all.

    Source: McGraw & Wong 1996, doi 10.1037/1082-989X.1.1.30, tables 4 and 7 (the interval of
    ICC(A,k) by Spearman–Brown); Shrout & Fleiss 1979, doi 10.1037/0033-2909.86.2.420.

    Returns:
        (value, low, high) by name; NaN where they are undefined.
    """
    n, k = table.shape
    if n < 2 or k < 2:
        return dict.fromkeys(ICC_NAMES, _NONE)
    grand = table.mean()
    rows = k * float(np.sum((table.mean(axis=1) - grand) ** 2)) / (n - 1)
    columns = n * float(np.sum((table.mean(axis=0) - grand) ** 2)) / (k - 1)
    residual = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand
    error = float(np.sum(residual**2)) / ((n - 1) * (k - 1))
    within = ((k - 1) * columns + (n - 1) * (k - 1) * error) / (n * (k - 1))
    whole = rows + (k - 1) * error + k * (columns - error) / n
    if whole <= 1e-12 * max(1.0, grand**2) or error <= 1e-12:
        return dict.fromkeys(ICC_NAMES, _NONE)
    single = (rows - error) / whole
    low, high = _icc_interval(rows, columns, error, single, n, k, alpha)
    average = (rows - error) / (rows + (columns - error) / n)
    one_way = _from_ratio(rows / within, n, n * (k - 1), k, alpha)
    consistency = _from_ratio(rows / error, n, (n - 1) * (k - 1), k, alpha)
    return dict(
        zip(
            ICC_NAMES,
            (*one_way, (single, low, high),
             (average, _stepped_up(low, k), _stepped_up(high, k)), *consistency),
            strict=True,
        )
    )  # fmt: skip


def _from_ratio(
    ratio: float, n: int, freedom: int, k: int, alpha: float
) -> tuple[Interval, Interval]:
    """One rater and k raters from F = targets' mean square over that within."""
    low = ratio / float(stats.f.ppf(1 - alpha / 2, n - 1, freedom))
    high = ratio * float(stats.f.ppf(1 - alpha / 2, freedom, n - 1))

    def one(f: float) -> float:
        return (f - 1) / (f + k - 1)

    return (one(ratio), one(low), one(high)), (1 - 1 / ratio, 1 - 1 / low, 1 - 1 / high)


def _icc_interval(
    rows: float, columns: float, error: float, single: float, n: int, k: int, alpha: float
) -> tuple[float, float]:
    ratio = columns / error
    up = k * single * ratio + n * (1 + (k - 1) * single) - k * single
    down = (n - 1) * k**2 * single**2 * ratio**2
    down += (n * (1 + (k - 1) * single) - k * single) ** 2
    freedom = (k - 1) * (n - 1) * up**2 / down
    upper = float(stats.f.ppf(1 - alpha / 2, n - 1, freedom))
    lower = float(stats.f.ppf(1 - alpha / 2, freedom, n - 1))
    common = k * columns + (k * n - k - n) * error
    low = n * (rows - upper * error) / (upper * common + n * rows)
    high = n * (lower * rows - error) / (common + n * lower * rows)
    return low, high


def _stepped_up(value: float, k: int) -> float:
    """Spearman–Brown: reliability of the mean of k raters."""
    return k * value / (1 + (k - 1) * value)


def agreement(cells: Cells, scale: Scale, alpha: float, seed: int) -> list[Agreement]:
    """All coefficients of one scale; a stimulus is one system's version of one item."""
    stimuli = cells.stimuli()
    complete = stimuli[~np.isnan(stimuli).any(axis=1)]
    raters, targets = complete.shape
    too_few = "needs two participants who rated every stimulus, with answers that differ"

    def record(name: str, value: Interval, people: int, reason: str) -> Agreement:
        return Agreement.model_validate(
            {"scale": scale.id, "name": name, "value": value[0], "ci_low": value[1],
             "ci_high": value[2], "n_participants": people, "n_stimuli": targets,
             "reason": "" if np.isfinite(value[0]) else reason}
        )  # fmt: skip

    people = len(cells.participants)
    return [
        *(record(name, value, raters, too_few)
          for name, value in intraclass(complete.T, alpha).items()),
        record("krippendorff_alpha_ordinal", alpha_ordinal(stimuli.T, alpha, seed), people,
               "needs two participants on the same stimuli, with answers that differ"),
        record("kendall_w", _kendall_w(cells, alpha, seed), people,
               "needs two participants who rated all systems, not all equal"),
        record("sos_a", sos_parameter(stimuli, scale.low, scale.high, alpha, seed), people,
               "needs two participants on the same stimuli, not all at an end of the scale"),
    ]  # fmt: skip


def sos_parameter(
    table: Floats, low: float, high: float, alpha: float = 0.05, seed: int = 0
) -> Interval:
    """The parameter a of the SOS hypothesis, with a percentile interval over the stimuli.

    Variance of the ratings of a stimulus with mean x: a (x − low)(high − x), by least squares. 0 =
    all alike; 1 = only the two ends of the scale are used. The same test repeated gives about the
    same a; 0.2 to 0.25 is usual for quality.

    Source: Hoßfeld, Schatz & Egger 2011, doi 10.1109/QoMEX.2011.6065690, eq. 5.

    Args:
        table: participant × stimulus ratings, NaN = missing.
        low: lowest value of the scale.
        high: highest value of the scale.
        alpha: 1 − level.
        seed: of the bootstrap.
    """
    counts = np.sum(~np.isnan(table), axis=0)
    used = table[:, counts >= 2]
    if used.shape[1] == 0:
        return _NONE
    mean, variance = np.nanmean(used, axis=0), np.nanvar(used, axis=0, ddof=1)
    room = (mean - low) * (high - mean)
    if np.sum(room**2) <= 0:
        return _NONE
    value = float(np.sum(variance * room) / np.sum(room**2))
    weights = crossed_draws(len(room), 1, seed).participants
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (weights @ (variance * room)) / (weights @ room**2)
    return value, *percentile_interval(drawn, alpha)


def listeners(cells: Cells, scale: str, alpha: float) -> list[Listener]:
    """Each participant against the mean of all others over the same stimuli."""
    stimuli = cells.stimuli()
    seen = ~np.isnan(stimuli)
    filled = np.where(seen, stimuli, 0.0)
    others = seen.sum(axis=0) - seen
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (filled.sum(axis=0) - filled) / others
    records = []
    for k, participant in enumerate(cells.participants):
        both = seen[k] & (others[k] > 0)
        own, rest = stimuli[k, both], mean[k, both]
        low, high = crossed_mean((own - rest)[None, :]).interval(alpha)
        varied = len(own) >= 3 and np.ptp(own) > 0 and np.ptp(rest) > 0
        records.append(
            Listener(scale=scale, participant=participant, n=int(both.sum()),
                     correlation=float(np.corrcoef(own, rest)[0, 1]) if varied else None,
                     bias=float(np.mean(own - rest)) if len(own) else None,
                     ci_low=low, ci_high=high)
        )  # fmt: skip
    return records


def _kendall_w(cells: Cells, alpha: float, seed: int) -> Interval:
    """W of the participants' order of the systems, with a bootstrap over participants."""
    means = cells.participant_means()
    means = means[~np.isnan(means).any(axis=1)]
    value = friedman(means)[3]
    if not np.isfinite(value):
        return _NONE
    n, k = means.shape
    ranks = stats.rankdata(means, axis=1)
    ties = k**3 - k - tie_terms(ranks)
    weights = crossed_draws(n, 1, seed).participants
    between = np.sum((weights @ ranks - n * (k + 1) / 2) ** 2, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = 12 * between / (n * (weights @ ties))
    return value, *percentile_interval(drawn, alpha)
