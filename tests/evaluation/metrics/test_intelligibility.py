"""STOI and ESTOI against pystoi 0.4.1, the port of the authors' code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pystoi
import pytest

from earwitness.evaluation.metrics import metric
from earwitness.stimuli.errors import MetricError

Samples = npt.NDArray[np.float32]
Maker = Callable[[int, float, int], Samples]
Noise = Callable[[int, int, int], Samples]


@pytest.mark.parametrize("rate", [8000, 10000, 16000, 22050, 44100, 48000, 44101])
@pytest.mark.parametrize("name", ["stoi", "estoi"])
def test_it_equals_pystoi(name: str, rate: int, speechlike: Maker, noise: Noise) -> None:
    reference = speechlike(rate, 2.5, 3)
    estimate = 0.6 * reference + 0.4 * noise(1, reference.shape[1], 4)
    expected = pystoi.stoi(
        reference[0].astype(np.float64), estimate[0].astype(np.float64), rate, name == "estoi"
    )
    value = metric(name)(estimate=estimate, reference=reference, rate=rate)
    assert value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"), [("stoi", 0.8308706387762), ("estoi", 0.4460593896552)]
)
def test_the_value_of_a_fixed_signal_stays(
    name: str, expected: float, speechlike: Maker, noise: Noise
) -> None:
    # pystoi 0.4.1 on these very samples at 16 kHz (numpy 2.4.6, scipy 1.17.1).
    reference = speechlike(16000, 3.0, 0)
    estimate = (0.7 * reference + 0.3 * noise(1, 48000, 9)).astype(np.float32)
    value = metric(name)(estimate=estimate, reference=reference, rate=16000)
    assert value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["stoi", "estoi"])
def test_less_than_30_frames_of_speech_has_no_value(name: str, speechlike: Maker) -> None:
    clip = speechlike(16000, 0.4, 1)
    with pytest.raises(MetricError, match="fewer than 30 frames"):
        metric(name)(estimate=clip, reference=clip, rate=16000)


@pytest.mark.parametrize("name", ["stoi", "estoi"])
def test_a_band_that_the_estimate_lacks_does_not_make_the_value_random(
    name: str, speechlike: Maker
) -> None:
    reference = speechlike(16000, 2.0, 2)
    estimate = np.zeros_like(reference)
    estimate[:, ::160] = 0.1  # clicks: most bands are constant over time
    values = {metric(name)(estimate=estimate, reference=reference, rate=16000) for _ in range(2)}
    assert len(values) == 1
