"""Sharpness by the definition of its unit and against the package's own path through time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.signal
import torch

from earwitness.evaluation.metrics import metric
from earwitness.evaluation.metrics.sharpness import RATE_HZ, REFERENCE_PA, _sharpness_acum

Values = npt.NDArray[np.float64]


def at_60_db(samples: Values) -> Values:
    return samples * REFERENCE_PA * 1e3 / np.sqrt(np.mean(samples**2))


def band(low_hz: float, high_hz: float) -> Values:
    noise = np.random.default_rng(1).normal(size=5 * RATE_HZ)
    edges = scipy.signal.butter(8, [low_hz, high_hz], "band", fs=RATE_HZ, output="sos")
    return at_60_db(scipy.signal.sosfilt(edges, noise))


def sharpness(samples: Values) -> float:
    clip = torch.from_numpy(samples)[None, None]
    return float(_sharpness_acum(clip, torch.tensor([samples.size]), torch.ones(1)))


def test_a_critical_band_of_noise_at_1_khz_and_60_db_is_1_acum() -> None:
    """DIN 45692, section 5: the unit; its tolerance is 5 % or 0.05 acum."""
    assert sharpness(band(920, 1080)) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("edges", "acum"), [((220, 350), 0.4028), ((1850, 2150), 1.5135), ((3700, 4400), 2.7972)]
)
def test_the_long_term_spectrum_gives_what_filters_in_time_give(
    edges: tuple[float, float], acum: float
) -> None:
    """Values of MoSQITo 1.2.1's `sharpness_din_st` for the same samples."""
    assert sharpness(band(*edges)) == pytest.approx(acum, abs=2e-3)


def test_only_what_changes_the_colour_is_an_error() -> None:
    white = np.random.default_rng(2).normal(0, 0.05, 3 * 44_100)
    dull = scipy.signal.lfilter([1], [1, -0.9], white)
    found = metric("sharpness_error_acum")
    assert found(estimate=0.5 * white, reference=white, rate=44_100) == pytest.approx(0.0, abs=1e-6)
    assert found(estimate=dull, reference=white, rate=44_100) > 0.5
