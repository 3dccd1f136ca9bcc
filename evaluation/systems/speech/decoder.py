"""Neural signals → features of speech by ridge regression on lagged electrodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.stimuli.array import Array

from .ecog import FRAME_RATE
from .features import LOUDNESS_RANGE_DB, TIMBRE, Features

Floats = npt.NDArray[np.float64]

LAGS_S = tuple(0.02 * step for step in range(13))  # electrodes follow the speech by up to 0.24 s
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0


@dataclass(frozen=True, eq=False)
class Trial:
    """Neural signals and the features of what was spoken."""

    neural: Array
    features: Features


@dataclass(frozen=True, eq=False)
class RidgeDecoder:
    """Weights from lagged electrodes to targets; `penalty` relative to the mean variance."""

    weights: Floats
    mean: Floats
    centre: Floats
    penalty: float

    def decode(self, neural: Array, frames: int, *, use_z: bool = True) -> Features:
        """Features of so many frames; without `use_z` the timbre is the mean of the training."""
        predicted = (lagged(neural, frames) - self.centre) @ self.weights + self.mean
        z = predicted[:, 3:] if use_z else np.broadcast_to(self.mean[3:], (frames, TIMBRE))
        return Features(
            f0_hz=np.clip(2.0 ** predicted[:, 0], LOWEST_HZ, HIGHEST_HZ),
            voiced=np.clip(predicted[:, 1], 0.0, 1.0),
            loudness_db=np.clip(predicted[:, 2], -LOUDNESS_RANGE_DB, 0.0),
            z=z,
        )


def fit_ridge(trials: Sequence[Trial]) -> RidgeDecoder:
    """Fit on trials; the penalty is chosen by leaving out each trial in turn.

    Raises:
        ValueError: fewer than two trials.
    """
    if len(trials) < 2:
        raise ValueError("a decoder needs at least two trials to learn from")
    parts = [(lagged(t.neural, t.features.frames), targets(t.features)) for t in trials]
    errors = np.zeros(len(PENALTIES))
    for left_out, (inputs, wanted) in enumerate(parts):
        others = [part for number, part in enumerate(parts) if number != left_out]
        for number, decoder in enumerate(_solve(others, PENALTIES)):
            missed = (inputs - decoder.centre) @ decoder.weights + decoder.mean - wanted
            errors[number] += float(np.square(missed / wanted.std(axis=0).clip(1e-6)).mean())
    return _solve(parts, (PENALTIES[int(np.argmin(errors))],))[0]


def targets(features: Features) -> Floats:
    """Pitch in octaves, voicing, loudness and timbre, `frame × 19`."""
    return np.column_stack(
        [np.log2(features.f0_hz), features.voiced, features.loudness_db, features.z]
    )


def lagged(neural: Array, frames: int) -> Floats:
    """Every electrode at every lag, at the frames of the features, `frame × (electrode · lag)`."""
    time_s = np.arange(frames) / FRAME_RATE
    recorded_s = np.arange(len(neural.values)) / neural.rate
    columns = [
        np.interp(time_s + lag, recorded_s, channel)
        for lag in LAGS_S
        for channel in neural.values.T.astype(np.float64)
    ]
    return np.column_stack(columns)


def _solve(
    parts: Sequence[tuple[Floats, Floats]], penalties: Sequence[float]
) -> list[RidgeDecoder]:
    inputs = np.concatenate([x for x, _ in parts])
    wanted = np.concatenate([y for _, y in parts])
    centre, mean = inputs.mean(axis=0), wanted.mean(axis=0)
    products = (inputs - centre).T @ (inputs - centre)
    values, vectors = np.linalg.eigh(products)
    moments = vectors.T @ ((inputs - centre).T @ (wanted - mean))
    scale = max(float(values.mean()), 1e-12)
    return [
        RidgeDecoder(
            vectors @ (moments / (np.maximum(values, 0.0) + penalty * scale)[:, None]),
            mean,
            centre,
            penalty,
        )
        for penalty in penalties
    ]
