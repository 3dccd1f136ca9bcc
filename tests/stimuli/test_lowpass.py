"""The low-pass of anchors: the mask of ITU-R BS.1534-3 §5.1 at every common rate, without delay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from earwitness.stimuli.audio import Signal
from earwitness.stimuli.degrade import lowpass_3500, lowpass_7000
from earwitness.stimuli.errors import StimulusError
from earwitness.stimuli.lowpass import lowpass

RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000)


def gains_db(rate: int, degrade: Callable[[Signal], Signal]) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and the gain at each, from the response to one click."""
    click = np.zeros((1, rate // 4), np.float32)
    click[0, rate // 8] = 1.0
    response = degrade(Signal(click, rate)).samples[0]
    assert int(np.argmax(response)) == rate // 8  # no delay
    around = response[rate // 8 - 200 : rate // 8 + 201]
    np.testing.assert_allclose(around, around[::-1], atol=1e-7)  # linear phase
    padded = np.pad(response.astype(np.float64), (0, 7 * len(response)))
    gains = np.abs(np.fft.rfft(padded))
    return np.fft.rfftfreq(len(padded), 1 / rate), 20 * np.log10(np.maximum(gains, 1e-9))


@pytest.mark.parametrize("rate", RATES)
def test_the_low_anchor_keeps_to_the_mask_of_the_standard(rate: int) -> None:
    frequency, gain = gains_db(rate, lowpass_3500)
    assert np.abs(gain[frequency <= 3500]).max() <= 0.1
    assert gain[frequency >= 4000].max() <= -25.0
    assert gain[frequency >= 4500].max() <= -50.0


@pytest.mark.parametrize("rate", RATES)
def test_the_mid_anchor_is_as_flat_to_7_khz_and_as_steep_above(rate: int) -> None:
    frequency, gain = gains_db(rate, lowpass_7000)
    assert np.abs(gain[frequency <= 7000]).max() <= 0.1
    assert gain[frequency >= 7500].max() <= -50.0


def test_channels_are_filtered_alike_and_the_length_stays() -> None:
    mono = np.random.default_rng(0).normal(0, 0.1, (1, 5_001)).astype(np.float32)
    both = lowpass(Signal(np.concatenate([mono, mono]), 16_000), pass_hz=3500, stop_hz=4000)
    one = lowpass(Signal(mono, 16_000), pass_hz=3500, stop_hz=4000)
    assert both.samples.shape == (2, 5_001)
    np.testing.assert_array_equal(both.samples[0], both.samples[1])
    np.testing.assert_allclose(both.samples[0], one.samples[0], atol=1e-7)


@pytest.mark.parametrize(("rate", "edges"), [(8_000, (3500, 4000)), (48_000, (4000, 3500))])
def test_edges_that_the_rate_cannot_hold_are_refused(rate: int, edges: tuple[int, int]) -> None:
    with pytest.raises(StimulusError, match="needs a rate above"):
        lowpass(Signal(np.ones((1, 100), np.float32), rate), pass_hz=edges[0], stop_hz=edges[1])
