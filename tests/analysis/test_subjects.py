"""Participants' bias and consistency, and test–retest, against published numbers."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from earwitness.analysis.agreement.repeats import concordance, test_retest
from earwitness.analysis.agreement.subject_model import subject_model, subjects
from earwitness.analysis.cells import make_cells

from .conftest import GOLDEN

RATINGS = GOLDEN.parent / "ratings"
retest = test_retest  # pytest takes what is called test_… for a test
del test_retest


def test_the_subject_model_equals_the_published_demo_of_itu_t_p910() -> None:
    expected = json.loads((RATINGS / "sureal_p910.json").read_text(encoding="utf-8"))
    found = subject_model(np.loadtxt(RATINGS / "sureal_sample.csv", delimiter=",").T)
    assert found.converged
    assert found.inconsistency == pytest.approx(expected["inconsistency_i"], abs=1e-7)
    assert found.bias == pytest.approx(expected["bias_i"], abs=1e-7)
    assert found.quality == pytest.approx(expected["mos_j"], abs=1e-7)


def test_biases_are_found_and_taken_out_where_everybody_heard_another_half() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(3, 1, 40) + rng.normal(0, 0.6, (12, 1)) + rng.normal(0, 0.2, (12, 40))
    half = np.where(rng.random(table.shape) < 0.5, np.nan, table)
    truth = table.mean(axis=0)
    found = subject_model(half)
    plain = np.nanmean(half, axis=0)
    assert np.std(found.quality - truth) < 0.6 * np.std(plain - truth)
    assert found.bias.mean() == pytest.approx(0, abs=1e-9)


def test_one_participant_has_no_subject_model(ratings: Callable[..., pd.DataFrame]) -> None:
    frame = ratings(participants=1, scales=("q",))
    assert subjects(make_cells(frame, ["constant", "unmixed"]), "q", 0.05) == ([], [])


def test_concordance_is_lins_and_retests_are_bootstrapped_over_participants() -> None:
    first, second = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 3.0, 4.0, 5.0])
    # Perfect correlation, shifted by 1: 2 × 1.25 / (1.25 + 1.25 + 1).
    assert concordance(first, second)[0] == pytest.approx(2.5 / 3.5)
    rng = np.random.default_rng(2)
    rows = [
        {"participant": f"p{p}", "scale": "q", "item": f"i{i}", "system": "a", "is_repeat": again,
         "value": float(i % 5 + (rng.random() < 0.3) * again)}
        for p in range(8) for i in range(6) for again in (False, True)
    ]  # fmt: skip
    [record] = retest(pd.DataFrame(rows), "q", 0.05, 1)
    assert (record.n_participants, record.n_stimuli) == (8, 48)
    assert 0.8 < (record.ci_low or 0) < (record.value or 0) < (record.ci_high or 0) <= 1
    assert retest(pd.DataFrame(rows[::2]), "q", 0.05, 1) == []
