"""Waveform and envelope correlations against scipy.stats and closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal
import scipy.stats
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.agreement import best_over_lags, concordance, pearson, spearman

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def envelope(samples: Samples) -> Values:
    window = scipy.signal.get_window("hann", 400)
    starts = range(0, samples.shape[1] - 399, 160)
    powers = [
        np.average(samples[0, s : s + 400].astype(float) ** 2, weights=window) for s in starts
    ]
    return np.sqrt(powers)


def best(coefficient: Callable[[Values, Values], float], x: Values, y: Values, most: int) -> float:
    """The search written out."""
    n = len(x)
    return max(
        coefficient(x[max(0, lag) : n + min(0, lag)], y[max(0, -lag) : n - max(0, lag)])
        for lag in range(-most, most + 1)
    )


def lin(x: Values, y: Values) -> float:
    covariance = float(np.mean((x - x.mean()) * (y - y.mean())))
    return 2 * covariance / float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def test_envelope_correlations_equal_scipy_at_the_best_lag(speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(16000, 2.0, 1)
    estimate = (np.roll(reference, 700, axis=1) + 0.4 * noise(1, 32000, 2)).astype(np.float32)
    x, y = envelope(estimate), envelope(reference)
    value = {
        name: metric(name)(estimate=estimate, reference=reference, rate=16000)
        for name in ("pcc_envelope", "spearman_envelope", "ccc_envelope")
    }
    r = best(lambda a, b: float(scipy.stats.pearsonr(a, b).statistic), x, y, 10)
    rho = best(lambda a, b: float(scipy.stats.spearmanr(a, b).statistic), x, y, 10)
    assert value["pcc_envelope"] == pytest.approx(r, abs=1e-6)
    assert value["spearman_envelope"] == pytest.approx(rho, abs=1e-3)  # float32 may swap ranks
    assert 0.0 < value["ccc_envelope"] < value["pcc_envelope"]


@pytest.mark.parametrize("lag", [-1600, -37, 0, 41, 1600])
def test_a_delayed_waveform_correlates_fully_within_100_ms(lag: int, noise: Noise) -> None:
    clip = noise(1, 36000, 3)
    both = {"estimate": clip[:, 2000 - lag : 34000 - lag], "reference": clip[:, 2000:34000]}
    assert metric("pcc_waveform")(**both, rate=16000) == pytest.approx(1.0, abs=1e-6)


def test_the_waveform_correlation_equals_the_search_written_out(noise: Noise) -> None:
    reference = noise(1, 4000, 4) + np.float32(0.05)
    estimate = (0.6 * np.roll(reference, 23, axis=1) + noise(1, 4000, 5)).astype(np.float32)
    value = metric("pcc_waveform")(estimate=estimate, reference=reference, rate=8000)
    x, y = estimate[0].astype(float), reference[0].astype(float)
    expected = best(lambda a, b: float(np.corrcoef(a, b)[0, 1]), x, y, 800)
    assert value == pytest.approx(expected, abs=1e-6)


def test_the_coefficients_equal_scipy_with_ties_and_padding() -> None:
    generator = np.random.default_rng(6)
    x = np.round(generator.normal(size=(3, 40)), 1)
    y = np.round(0.5 * x + generator.normal(size=(3, 40)), 1) + 0.3
    lengths = [40, 31, 12]
    inside = torch.arange(40) < torch.tensor(lengths)[:, None]
    tensors = (torch.from_numpy(x), torch.from_numpy(y), inside.double())
    for coefficient, expected in (
        (pearson, lambda a, b: scipy.stats.pearsonr(a, b).statistic),
        (spearman, lambda a, b: scipy.stats.spearmanr(a, b).statistic),
        (concordance, lin),
    ):
        rows = [(x[row, :n], y[row, :n]) for row, n in enumerate(lengths)]
        plain = [expected(*row) for row in rows]
        searched = [best(expected, *row, most=3) for row in rows]
        assert coefficient(*tensors).tolist() == pytest.approx(plain, abs=1e-12)
        assert best_over_lags(coefficient, *tensors, 3).tolist() == pytest.approx(
            searched, abs=1e-12
        )


def test_an_expanded_envelope_keeps_its_ranks_and_loses_concordance() -> None:
    times = np.arange(32000) / 16000
    gain = 0.05 + 0.45 * np.sin(np.pi * times / 2.3) ** 2
    tone = np.sin(2 * np.pi * 1000 * times)
    both = [(tone * level).astype(np.float32) for level in (gain**3, gain)]
    value = {
        name: metric(name)(estimate=both[0], reference=both[1], rate=16000)
        for name in ("spearman_envelope", "pcc_envelope", "ccc_envelope")
    }
    assert value["spearman_envelope"] == pytest.approx(1.0, abs=1e-3)
    assert value["ccc_envelope"] < value["pcc_envelope"] < 0.99
