"""Repeated-measures analysis of variance on participants' means, as ITU-R BS.1534-3 asks for.

It takes the items as given and needs participants who rated every system; the mixed models need
neither and are what the comparisons rest on.

Source: ITU-R BS.1534-3, Attachment 4: Huynh and Feldt's correction where their ε exceeds 0.85 and
the participants are fewer than the systems plus 30, else the multivariate test (Algina & Keselman
1997, doi 10.1037/1082-989X.2.2.208). Greenhouse & Geisser 1959, doi 10.1007/BF02289823; Huynh &
Feldt 1976, doi 10.3102/10769986001001069; Mauchly 1940, doi 10.1214/aoms/1177731915.
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.linalg import helmert
from scipy.optimize import brentq

from ..arrays import Floats
from ..cells import Cells
from ..records.models import RepeatedAnova

HIGH_EPSILON = 0.85
MORE_THAN_SYSTEMS = 30


def rm_anova(cells: Cells, scale: str, alpha: float) -> list[RepeatedAnova]:
    """One record; none with fewer than two systems, or participants who rated all of them."""
    means = cells.participant_means()
    means = means[~np.isnan(means).any(axis=1)]
    n, k = means.shape
    if k < 2 or n < 2:
        return []
    contrasts = means @ helmert(k).T  # participant × (k − 1), orthonormal
    residual = means - means.mean(axis=0) - means.mean(axis=1, keepdims=True) + means.mean()
    within, between = float(np.sum(residual**2)), n * float(np.sum(contrasts.mean(axis=0) ** 2))
    if within <= 1e-12 * (within + between + 1e-300):
        return []
    df, df_error = k - 1, (n - 1) * (k - 1)
    statistic = between / df / (within / df_error)
    covariance = np.atleast_2d(np.cov(contrasts, rowvar=False))
    gg, hf = _epsilons(covariance, n)
    multivariate = _hotelling(contrasts, covariance)
    is_univariate = not np.isfinite(multivariate[1]) or (
        hf > HIGH_EPSILON and n < k + MORE_THAN_SYSTEMS
    )
    low, high = _eta_interval(statistic, df, df_error, alpha)
    return [
        RepeatedAnova.model_validate(
            {
                "scale": scale, "n_participants": n, "statistic": statistic, "df": df,
                "df_error": df_error, "p": stats.f.sf(statistic, df, df_error),
                "epsilon_gg": gg, "p_gg": stats.f.sf(statistic, gg * df, gg * df_error),
                "epsilon_hf": hf,
                "p_hf": stats.f.sf(statistic, min(hf, 1.0) * df, min(hf, 1.0) * df_error),
                "multivariate_f": multivariate[0], "multivariate_p": multivariate[1],
                "recommended": "huynh_feldt" if is_univariate else "multivariate",
                "partial_eta_squared": between / (between + within), "ci_low": low, "ci_high": high,
                "residual_skewness": stats.skew(residual.ravel()),
            }
            | _mauchly(covariance, n)
        )
    ]  # fmt: skip


def _epsilons(covariance: Floats, n: int) -> tuple[float, float]:
    """Greenhouse–Geisser's and Huynh–Feldt's (which may exceed 1)."""
    k = len(covariance)
    gg = float(np.trace(covariance) ** 2 / (k * np.sum(covariance**2)))
    rest = k * (n - 1 - k * gg)
    return gg, float((n * k * gg - 2) / rest) if rest > 0 else 1.0


def _mauchly(covariance: Floats, n: int) -> dict[str, float]:
    """W and the p of its χ² approximation."""
    k = len(covariance)
    mean = float(np.trace(covariance)) / k
    w = float(np.linalg.det(covariance / mean)) if k > 1 and n > k else np.nan
    if not w > 0:
        return {"mauchly_w": np.nan, "mauchly_p": np.nan}
    factor = 1 - (2 * k * k + k + 2) / (6 * k * (n - 1))
    statistic, df = -(n - 1) * factor * np.log(w), k * (k + 1) / 2 - 1
    more = 1.0 * (k + 2) * (k - 1) * (k - 2) * (2 * k**3 + 6 * k * k + 3 * k + 2)
    more /= 288 * (k * (n - 1) * factor) ** 2
    first, second = stats.chi2.sf(statistic, df), stats.chi2.sf(statistic, df + 4)
    return {"mauchly_w": w, "mauchly_p": float(first + more * (second - first))}


def _hotelling(contrasts: Floats, covariance: Floats) -> tuple[float, float]:
    """F and p of all differences being zero, whatever their covariance."""
    n, k = contrasts.shape
    if n <= k or np.linalg.matrix_rank(covariance) < k:
        return np.nan, np.nan
    mean = contrasts.mean(axis=0)
    squared = n * float(mean @ np.linalg.solve(covariance, mean))
    statistic = squared * (n - k) / ((n - 1) * k)
    return statistic, float(stats.f.sf(statistic, k, n - k))


def _eta_interval(statistic: float, df: int, df_error: int, alpha: float) -> tuple[float, float]:
    """Of partial η² by the noncentral F (Steiger 2004, doi 10.1037/1082-989X.9.2.164)."""

    def end(level: float) -> float:
        def gap(noncentrality: float) -> float:
            below = float(stats.ncf.cdf(statistic, df, df_error, noncentrality))
            return (0.0 if np.isnan(below) else below) - level  # it is NaN where it underflows

        if gap(1e-9) <= 0:
            return 0.0
        upper = 10.0
        while gap(upper) > 0:
            upper *= 2
        found = float(brentq(gap, 1e-9, upper))
        return found / (found + df + df_error + 1)

    return end(1 - alpha / 2), end(alpha / 2)
