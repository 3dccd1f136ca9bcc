"""SI-SDR against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.evaluation.metrics import metric

TIMES = np.arange(16000) / 16000
SINE, COSINE = np.sin(2 * np.pi * 100 * TIMES), np.cos(2 * np.pi * 100 * TIMES)


@pytest.mark.parametrize("distortion_db", [-20.0, 0.0, 30.0])
def test_an_orthogonal_error_gives_its_level(distortion_db: float) -> None:
    estimate = 3.0 * (SINE + 10 ** (-distortion_db / 20) * COSINE) + 0.1  # a gain and an offset
    value = metric("si_sdr_db")(estimate=estimate, reference=SINE, rate=16000)
    assert value == pytest.approx(distortion_db, abs=1e-3)


def test_it_saturates_instead_of_being_infinite() -> None:
    si_sdr = metric("si_sdr_db")
    assert si_sdr(estimate=SINE, reference=SINE, rate=16000) == 100.0
    assert si_sdr(estimate=COSINE, reference=SINE, rate=16000) == -100.0


def test_a_changed_panorama_is_an_error() -> None:
    reference = np.stack([SINE, SINE])
    estimate = np.stack([SINE, 0.5 * SINE])
    # α = ⟨ŝ, s⟩/‖s‖² = 0.75; target 2·0.75²; residue 2·0.25².
    expected = 10 * np.log10(0.75**2 / 0.25**2)
    value = metric("si_sdr_db")(estimate=estimate, reference=reference, rate=16000)
    assert value == pytest.approx(expected, abs=1e-5)
