"""Log-spectral, mel-cepstral and contour distances against numpy and closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.fft
import scipy.signal
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.batch import View
from earwitness.evaluation.metrics.spectra import MEL64
from earwitness.evaluation.metrics.speech_distance import a_weights

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


def levels(samples: Samples, weights: Values | None = None) -> Values:
    """Power of 40 ms frames every 10 ms at 16 kHz, in bins or in weighted bands."""
    window = scipy.signal.get_window("hann", 640)
    starts = range(0, samples.shape[1] - 639, 160)
    frames = np.stack([samples[0, s : s + 640].astype(np.float64) * window for s in starts])
    power = np.abs(np.fft.rfft(frames)) ** 2
    return np.asarray(power if weights is None else power @ weights.T)


def floored_db(x: Values, y: Values, range_db: float) -> tuple[Values, Values]:
    floor = y.max() * 10 ** (-range_db / 10)
    return 10 * np.log10(np.maximum(x, floor)), 10 * np.log10(np.maximum(y, floor))


def score(name: str, estimate: Samples, reference: Samples) -> float:
    """The value without level matching."""
    sides = (torch.from_numpy(side)[None] for side in (estimate, reference))
    result = metric(name).compute(View(*sides, torch.tensor([reference.shape[1]]), 16000))
    return float(result.values if hasattr(result, "gaps") else result)


@pytest.fixture
def sides(speechlike: Maker, noise: Noise) -> tuple[Samples, Samples]:
    reference = speechlike(16000, 1.0, 1)
    return (0.8 * reference + 0.1 * noise(1, 16000, 2)).astype(np.float32), reference


def test_lsd_is_the_mean_rms_of_levels(sides: tuple[Samples, Samples]) -> None:
    x, y = floored_db(*(levels(side) for side in sides), 80)
    expected = np.sqrt(((x - y) ** 2).mean(1)).mean()
    assert score("lsd_db", *sides) == pytest.approx(expected, abs=1e-3)


def test_mcd_is_kubicheks_formula_on_scipys_cosine_transform(
    sides: tuple[Samples, Samples],
) -> None:
    x, y = floored_db(*(levels(side, MEL64.bank(16000)) for side in sides), 80)
    # DCT-II of scipy is 2 Σ f cos; ln|S| = c₀ + Σ cₖ cos needs 2/B Σ f cos.
    cepstra = [scipy.fft.dct(side * np.log(10) / 20, axis=1)[:, 1:14] / 64 for side in (x, y)]
    distance = np.sqrt(2 * ((cepstra[0] - cepstra[1]) ** 2).sum(1))
    assert score("mcd_db", *sides) == pytest.approx(10 / np.log(10) * distance.mean(), abs=1e-3)


def test_a_gain_shows_in_lsd_and_contour_and_not_in_mcd(noise: Noise) -> None:
    clip = noise(1, 16000, 3)
    louder = np.float32(2) * clip
    assert score("lsd_db", louder, clip) == pytest.approx(20 * np.log10(2), abs=1e-3)
    assert score("loudness_contour_error_db", louder, clip) == pytest.approx(6.0206, abs=1e-3)
    assert score("mcd_db", louder, clip) == pytest.approx(0.0, abs=1e-3)


def test_contours_equal_numpy(sides: tuple[Samples, Samples]) -> None:
    weights = a_weights(torch.arange(321) * 25.0).numpy()[None]
    x, y = (side[:, 0] for side in floored_db(*(levels(s, weights) for s in sides), 60))
    assert score("loudness_contour_error_db", *sides) == pytest.approx(
        np.abs(x - y).mean(), abs=1e-3
    )
    assert score("pcc_loudness_contour", *sides) == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-5)


def test_a_weighting_is_that_of_the_standard() -> None:
    # IEC 61672-1:2013, Table 3 (0.1 dB) at the exact frequencies 10^(n/10) Hz.
    table = {31.623: -39.4, 100: -19.1, 501.2: -3.2, 1e3: 0.0, 1995.3: 1.2, 3981: 1.0, 7943: -1.1}
    found = 10 * a_weights(torch.tensor(list(table))).log10()
    assert found.tolist() == pytest.approx(list(table.values()), abs=0.06)
