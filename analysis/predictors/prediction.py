"""How far a metric's prediction is from the ratings, after a monotone mapping to the scale.

The mapping is fitted without the item that it predicts, so that its freedom costs what it should.

Source: ITU-T P.1401 (01/2020) §7.5.1 (rmse), §7.5.2 (outlier ratio), §7.7 (epsilon-insensitive
rmse*); isotonic regression in place of its polynomial, and no correction for its parameters, since
no rating takes part in its own prediction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from ..arrays import Floats


@dataclass(frozen=True)
class Prediction:
    """Errors in scale points. `outlier_ratio`: share of errors beyond the ratings' own interval."""

    rmse: float
    rmse_star: float  # errors count only beyond the rating's 95 % interval
    outlier_ratio: float
    rmse_constant: float  # of the mean of the other items' ratings: what no metric reaches


NOTHING = Prediction(np.nan, np.nan, np.nan, np.nan)


def predict(
    metric: Floats, rating: Floats, half_width: Floats, items: NDArray[np.intp], sign: int
) -> Prediction:
    """Leave-one-item-out prediction of the ratings from a metric.

    Args:
        metric: its value per stimulus.
        rating: mean rating per stimulus.
        half_width: half the 95 % interval of that mean; NaN counts as none.
        items: of each stimulus, 0..k-1.
        sign: of the mapping, 1 rising, −1 falling, 0 as the other items show.

    Returns:
        NaN throughout with fewer than two items.
    """
    if len(np.unique(items)) < 2:
        return NOTHING
    constant = np.empty_like(rating)
    for item in np.unique(items):
        constant[items == item] = rating[items != item].mean()
    error = np.abs(mapped_errors(metric, rating, items, sign))
    known = np.isfinite(half_width)
    beyond = np.maximum(error - np.where(known, half_width, 0.0), 0.0)
    return Prediction(
        _root_mean_square(error), _root_mean_square(beyond),
        float(np.mean(beyond[known] > 0)) if known.any() else np.nan,
        _root_mean_square(constant - rating),
    )  # fmt: skip


def mapped_errors(metric: Floats, rating: Floats, items: NDArray[np.intp], sign: int) -> Floats:
    """Predicted minus mean rating of each stimulus, by a mapping fitted to the other items."""
    mapped = np.empty_like(rating)
    for item in np.unique(items):
        inside = items == item
        mapped[inside] = _mapping(metric[~inside], rating[~inside], metric[inside], sign)
    return mapped - rating


def _mapping(x: Floats, y: Floats, at: Floats, sign: int) -> Floats:
    """Isotonic regression of y on x, linear between its steps, constant outside."""
    values, group = np.unique(x, return_inverse=True)
    weight = np.bincount(group).astype(float)
    mean = np.bincount(group, y) / weight
    if sign == 0:
        sign = 1 if np.sum((x - x.mean()) * (y - y.mean())) >= 0 else -1
    fitted = isotonic_regression(mean, weights=weight, increasing=sign > 0).x
    return np.asarray(np.interp(at, values, fitted))


def _root_mean_square(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
