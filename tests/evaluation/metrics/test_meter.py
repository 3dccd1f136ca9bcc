"""Momentary and short-term loudness and loudness range against EBU Tech 3341 and 3342."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from earwitness.evaluation.metrics.loudness import power_to_lufs
from earwitness.evaluation.metrics.meter import (
    MOMENTARY_STEPS,
    SHORT_TERM_STEPS,
    block_powers,
    loudness_range_lu,
    maximum_lufs,
)

from .tones import Parts, measured, tone

SILENCE = -math.inf
both_rates = pytest.mark.parametrize("rate", [44100, 48000])


def series(parts: Parts, rate: int, steps: int) -> torch.Tensor:
    """Loudness of the block that ends at each hop, from the first whole block on."""
    blocks, whole = block_powers(measured([tone(rate, parts)], rate), steps, 1)
    return power_to_lufs(blocks[0][whole[0]])


def maxima(clips: Sequence[Parts], rate: int, steps: int) -> list[float]:
    return maximum_lufs(measured([tone(rate, clip) for clip in clips], rate), steps).tolist()


@both_rates
@pytest.mark.parametrize(("case", "dbfs"), [(1, -23.0), (2, -33.0)])
def test_ebu_tech_3341_cases_1_and_2_momentary_and_short_term(
    case: int, dbfs: float, rate: int
) -> None:
    for steps in (MOMENTARY_STEPS, SHORT_TERM_STEPS):
        levels = series([(20.0, dbfs)], rate, steps)
        assert levels.tolist() == pytest.approx([dbfs] * len(levels), abs=0.1), case


@both_rates
def test_ebu_tech_3341_case_9_short_term_is_constant(rate: int) -> None:
    levels = series([(1.34, -20.0), (1.66, -30.0)] * 5, rate, SHORT_TERM_STEPS)
    assert levels.tolist() == pytest.approx([-23.0] * len(levels), abs=0.1)


@both_rates
def test_ebu_tech_3341_case_10_short_term_maximum_wherever_it_starts(rate: int) -> None:
    clips = [[(0.15 * i, SILENCE), (3.0, -23.0), (1.0, SILENCE)] for i in range(20)]
    assert maxima(clips, rate, SHORT_TERM_STEPS) == pytest.approx([-23.0] * 20, abs=0.1)


@both_rates
def test_ebu_tech_3341_case_11_short_term_maximum_of_each_step(rate: int) -> None:
    parts = [
        part
        for i in range(20)
        for part in ((0.15 * i, SILENCE), (3.0, i - 38.0), (3.0 - 0.15 * i, SILENCE))
    ]
    running = series(parts, rate, SHORT_TERM_STEPS).cummax(0).values
    after_each_6_s = running[600 * torch.arange(1, 21) - 300]
    assert after_each_6_s.tolist() == pytest.approx(list(range(-38, -18)), abs=0.1)


@both_rates
def test_ebu_tech_3341_case_12_momentary_is_constant(rate: int) -> None:
    levels = series([(0.18, -20.0), (0.22, -30.0)] * 25, rate, MOMENTARY_STEPS)[60:]
    assert levels.tolist() == pytest.approx([-23.0] * len(levels), abs=0.1)


@both_rates
def test_ebu_tech_3341_case_13_momentary_maximum_wherever_it_starts(rate: int) -> None:
    clips = [[(0.02 * i, SILENCE), (0.4, -23.0), (1.0, SILENCE)] for i in range(20)]
    assert maxima(clips, rate, MOMENTARY_STEPS) == pytest.approx([-23.0] * 20, abs=0.1)


@both_rates
def test_ebu_tech_3341_case_14_momentary_maximum_of_each_step(rate: int) -> None:
    parts = [
        part
        for i in range(20)
        for part in ((0.02 * i, SILENCE), (0.4, i - 38.0), (0.4 - 0.02 * i, SILENCE))
    ]
    running = series(parts, rate, MOMENTARY_STEPS).cummax(0).values
    after_each_800_ms = running[80 * torch.arange(1, 21) - 40]
    assert after_each_800_ms.tolist() == pytest.approx(list(range(-38, -18)), abs=0.1)


# EBU Tech 3342 (2016), cases 1–4: dBFS of steps of 20 s, and the range in LU (±1 LU).
TECH_3342 = {
    1: ((-20.0, -30.0), 10.0),
    2: ((-20.0, -15.0), 5.0),
    3: ((-40.0, -20.0), 20.0),
    4: ((-50.0, -35.0, -20.0, -35.0, -50.0), 15.0),
}


@both_rates
@pytest.mark.parametrize("case", TECH_3342)
def test_ebu_tech_3342_cases_1_to_4(case: int, rate: int) -> None:
    levels, expected = TECH_3342[case]
    hops = measured([tone(rate, [(20.0, dbfs) for dbfs in levels])], rate)
    # The standard allows ±1 LU; libebur128 1.2.6 reads all four within 0.0001 LU.
    assert loudness_range_lu(hops).item() == pytest.approx(expected, abs=1e-3)


@both_rates
@pytest.mark.parametrize("seconds", [2.9, 3.0, 5.0, 10.0])
def test_the_range_of_a_steady_tone_is_zero_however_short(seconds: float, rate: int) -> None:
    # pyloudnorm 0.2.0 reads 2.46, 2.12 and 0.99 LU at 2.9, 5 and 10 s: it appends silence.
    found = loudness_range_lu(measured([tone(rate, [(seconds, -20.0)])], rate)).item()
    assert math.isnan(found) if seconds < 3 else found == pytest.approx(0.0, abs=1e-3)


def test_the_maxima_of_less_than_one_block_and_of_silence_are_minus_infinity() -> None:
    assert maxima([[(0.39, -20.0)], [(2.0, SILENCE)]], 48000, MOMENTARY_STEPS) == [-math.inf] * 2
    assert maxima([[(2.9, -20.0)]], 48000, SHORT_TERM_STEPS) == [-math.inf]


def test_readings_do_not_depend_on_the_rest_of_the_batch() -> None:
    clips = [tone(44100, [(seconds, -20.0), (1.5, -32.0)]) for seconds in (2.0, 3.33, 7.0)]
    together = measured(clips, 44100)
    for row, clip in enumerate(clips):
        alone = measured([clip], 44100)
        for read in (loudness_range_lu, lambda hops: maximum_lufs(hops, SHORT_TERM_STEPS)):
            assert read(together)[row].item() == pytest.approx(read(alone).item(), abs=1e-6)


def test_a_rate_whose_100_ms_have_no_divisor_is_read_alike() -> None:
    readings = [
        maximum_lufs(measured([tone(rate, [(4.0, -23.0)])], rate), SHORT_TERM_STEPS).item()
        for rate in (44100, 44190, 11025)  # 4,419 = 3² · 491 and 1,102.5 frames
    ]
    assert readings == pytest.approx([-23.0] * 3, abs=0.05)
    assert np.isfinite(readings).all()
