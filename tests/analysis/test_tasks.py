"""Pairs, ABX, words and sentences: planted preferences, published relations, own counting."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize

from earwitness.analysis import report
from earwitness.analysis.ordinal.clmm import fit_clmm
from earwitness.analysis.ordinal.data import ordinal_data
from earwitness.analysis.ordinal.guessing import GuessingLogit
from earwitness.analysis.ordinal.laplace import EXACT, LaplaceLikelihood
from earwitness.analysis.ordinal.quasi_newton import differenced
from earwitness.analysis.random_effects.terms import AlikeSlopes
from earwitness.analysis.tasks.davidson import fit_davidson
from earwitness.analysis.tasks.discrimination import d_prime, exact_interval, share_right
from earwitness.analysis.tasks.sentences import edits

SYSTEMS = ("a", "b", "c")


def pair_rows(participants: int = 24, items: int = 6, seed: int = 3) -> pd.DataFrame:
    """Every pair on every item: c is best, a worst, the first heard gains 0.3 logits."""
    rng = np.random.default_rng(seed)
    worth = dict(zip(SYSTEMS, (0.0, 0.7, 1.5), strict=True))
    people = rng.normal(0, 0.6, (participants, 3))
    songs = rng.normal(0, 0.3, (items, 3))
    rows = []
    for p, i in itertools.product(range(participants), range(items)):
        for n, pair in enumerate(itertools.combinations(range(3), 2)):
            first, second = pair if rng.random() < 0.5 else pair[::-1]
            gap = 0.3 + rng.logistic()
            for k, sign in ((first, 1), (second, -1)):
                gap += sign * (worth[SYSTEMS[k]] + people[p, k] + songs[i, k])
            won = 0.5 if abs(gap) < 0.4 else float(gap > 0)
            for slot, k, other, value in (("A", first, second, won), ("B", second, first, 1 - won)):
                rows.append(
                    {
                        "session": f"s{p}", "participant": f"p{p:02d}", "item": f"song-{i}",
                        "trial": 3 * i + n, "slot": slot, "system": SYSTEMS[k],
                        "versus": SYSTEMS[other], "scale": "preference", "value": value,
                        "page_type": "ab", "answer": {1.0: slot, 0.0: "", 0.5: "none"}[value],
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def test_planted_preferences_come_back_from_the_command_s_report(tmp_path: Path) -> None:
    frame = pair_rows()
    frame.to_csv(tmp_path / "ratings.csv", index=False)
    data = report(tmp_path / "ratings.csv", baseline="a", out=tmp_path, formats=["html"]).data
    rows = {(row.system, row.other): row for row in data.preferences}
    assert set(rows) == {("b", "c"), ("b", "a"), ("c", "a")}
    for row in rows.values():
        direct = frame[(frame["system"] == row.system) & (frame["versus"] == row.other)]
        assert (row.n, row.wins, row.ties) == (
            len(direct), (direct["value"] == 1).sum(), (direct["value"] == 0.5).sum(),
        )  # fmt: skip
        assert row.share == pytest.approx(direct["value"].mean())
        assert (row.log_odds or 0) * ((row.share or 0) - 0.5) > 0
    assert (rows["c", "a"].p_adjusted or 1) < 0.01
    assert {row.system: round(row.davidson or 0, 1) for row in data.abilities}["a"] == 0
    model = next(m for m in data.models if m.id == "pairs-preference")
    assert model.converged
    order = model.thresholds[0]
    assert order.estimate == pytest.approx(-0.3, abs=2 * (order.se or 0))  # the first heard gains
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Pairs: preference" in page
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["scales"] == []


def test_the_gradient_of_effects_with_one_variance_is_that_of_the_likelihood() -> None:
    rng = np.random.default_rng(1)
    signs = np.array([[1, -1, 0], [0, 1, -1], [1, 0, -1]], dtype=float)[rng.integers(0, 3, 90)]
    y = rng.integers(-1, 2, 90)
    data = ordinal_data(y, signs[:, 1:], ["b", "c"], structure="symmetric")
    term = AlikeSlopes("participant:system", np.repeat(np.arange(9), 10), 9, signs, SYSTEMS)
    likelihood = LaplaceLikelihood(data.link, data.patterns, [term])
    likelihood.mode_tolerance = EXACT
    point = np.array([0.1, 0.8, 0.3, -0.2, 0.7])
    slope = differenced(lambda x: likelihood(x)[0], point, 1e-5)
    assert likelihood(point)[1] == pytest.approx(slope, abs=1e-6)


def test_davidson_equals_a_plain_maximum_of_its_likelihood() -> None:
    rng = np.random.default_rng(2)
    signs = np.array([[1, -1, 0], [0, 1, -1], [-1, 0, 1]], dtype=float)[rng.integers(0, 3, 200)]
    outcome = rng.choice([-1, 0, 1], 200, p=[0.3, 0.2, 0.5]).astype(float)
    found = fit_davidson(signs, outcome, np.arange(200) % 20)

    def cost(x: np.ndarray) -> float:
        worth = np.exp(np.concatenate([[0.0], x[:2]]))
        first = np.exp(x[2] / 2) * np.prod(np.where(signs > 0, worth, 1.0), axis=1)
        second = np.exp(-x[2] / 2) * np.prod(np.where(signs < 0, worth, 1.0), axis=1)
        tie = np.exp(x[3]) * np.sqrt(first * second)
        chosen = np.select([outcome > 0, outcome < 0], [first, second], tie)
        return -float(np.sum(np.log(chosen / (first + second + tie))))

    best = minimize(cost, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert found.abilities[1:] == pytest.approx(best.x[:2], abs=1e-4)
    assert np.all(found.errors[1:] > 0)


def abx_rows() -> pd.DataFrame:
    """20 people × 8 items; the first four hear the difference, the others guess."""
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "participant": f"p{p:02d}", "item": f"i{i}", "system": "ab"[(p + i) % 2],
            "versus": "ba"[(p + i) % 2], "scale": "abx", "page_type": "abx",
            "value": float(p < 4 or rng.random() < 0.5),
        }
        for p in range(20)
        for i in range(8)
    )  # fmt: skip


def test_abx_gives_exact_numbers_and_says_who_heard_it() -> None:
    frame = abx_rows()
    data = report(frame, baseline="a").data
    everyone = data.discrimination[0]
    right = int(frame["value"].sum())
    test = stats.binomtest(right, 160, 0.5, alternative="greater")
    assert (everyone.n, everyone.right) == (160, right)
    assert everyone.p == pytest.approx(test.pvalue)
    interval = stats.binomtest(right, 160).proportion_ci(0.95, method="exact")
    assert (everyone.ci_low, everyone.ci_high) == pytest.approx((interval.low, interval.high))
    assert (everyone.clustered_p or 0) > (everyone.p or 1)  # people differ
    alone = {row.participant: row for row in data.discrimination[1:]}
    assert (alone["p00"].right, alone["p00"].d_prime) == (8, None)
    assert alone["p00"].p == pytest.approx(0.5**8)


def test_the_share_of_right_answers_is_what_differencing_listeners_reach() -> None:
    rng = np.random.default_rng(6)
    for sensitivity in (0.5, 2.0):
        a, b, x = rng.normal(0, 1, (3, 400_000)) + np.array([[0.0], [sensitivity], [sensitivity]])
        counted = np.mean(np.abs(x - b) < np.abs(x - a))
        assert share_right(sensitivity) == pytest.approx(counted, abs=0.003)
        assert d_prime(share_right(sensitivity)) == pytest.approx(sensitivity, abs=1e-6)
    assert d_prime(0.4) == 0.0
    assert exact_interval(0, 10, 0.05)[0] == 0.0
    assert exact_interval(10, 10, 0.05)[1] == 1.0


def word_rows(chance: float = 0.25, seed: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for p, i, (system, worth) in itertools.product(
        range(16), range(8), (("clean", 2.5), ("noisy", -0.5))
    ):
        knows = 1 / (1 + np.exp(-(worth + 0.5 * np.sin(p) + 0.3 * np.cos(i))))
        right = rng.random() < chance + (1 - chance) * knows
        rows.append(
            {"participant": f"p{p:02d}", "item": f"w{i}", "system": system, "scale": "word",
             "value": float(right), "page_type": "words", "target": "pin",
             "answer": "pin" if right else "bin"}
        )  # fmt: skip
    return pd.DataFrame(rows)


def test_the_guess_rate_s_model_equals_its_plain_likelihood() -> None:
    frame = word_rows()
    X = (frame["system"] == "clean").to_numpy(dtype=float)[:, None]
    y = frame["value"].to_numpy(dtype=float)
    fit = fit_clmm(ordinal_data(y, X, ["clean"], guess=0.25), [])

    def cost(point: np.ndarray) -> float:
        p = 0.25 + 0.75 / (1 + np.exp(point[0] - X[:, 0] * point[1]))
        return -float(np.sum(np.where(y == 1, np.log(p), np.log(1 - p))))

    best = minimize(cost, np.zeros(2), method="BFGS", options={"gtol": 1e-8})
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert [*fit.thresholds, *fit.coefficients] == pytest.approx(best.x, abs=1e-3)
    assert fit.standard_errors == pytest.approx(np.sqrt(np.diag(best.hess_inv)), rel=0.05)


@pytest.mark.parametrize("is_right", [True, False])
def test_the_guess_rate_s_derivatives_are_those_of_its_probability(is_right: bool) -> None:
    link, x = GuessingLogit(0.3), np.array([-2.0, 0.1, 1.5])
    ends = np.full(3, np.inf if is_right else -np.inf)
    place = (lambda c: (ends, c)) if is_right else (lambda c: (c, ends))
    found = link.slopes(*place(x))
    first, second, third = (
        (getattr(link.value(*place(x + 1e-5)), name) - getattr(link.value(*place(x - 1e-5)), name))
        / 2e-5
        for name in ("log_probability", "score", "weight")
    )
    ours = (found.lo, found.score_lo, found.weight_lo) if is_right else (
        found.hi, found.score_hi, found.weight_hi)  # fmt: skip
    for mine, other in zip(ours, (first, second, third), strict=True):
        assert mine == pytest.approx(other, abs=1e-8)


def test_words_are_compared_by_their_odds_and_their_confusions_counted() -> None:
    frame = word_rows()
    data = report(frame, baseline="noisy").data
    [row] = data.contrasts
    shares = frame.groupby("system")["value"].mean()
    assert row.points.estimate == pytest.approx(shares["clean"] - shares["noisy"])
    assert row.method == "clmm_t"
    assert data.scales[0].labels == ["wrong", "right"]
    counted = {(c.system, c.answer): c.n for c in data.confusions}
    assert counted["noisy", "bin"] == (1 - shares["noisy"]) * 128


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_edits_turn_the_target_into_the_answer_at_the_least_cost(
    target: list[str], answer: list[str]
) -> None:
    found = edits(target, answer)
    assert found.insertions - found.deletions == len(answer) - len(target)
    assert found.total == edits(answer, target).total
    assert (found.total == 0) == (target == answer)
    assert abs(len(answer) - len(target)) <= found.total <= max(len(answer), len(target))


def test_sentences_have_their_word_errors_whatever_the_case_and_punctuation() -> None:
    said = "The cat sat, on the mat."
    typed = {"clean": "the cat sat on the mat", "noisy": "now a cat sat on mat"}
    frame = pd.DataFrame(
        {"participant": f"p{p}", "item": f"i{i}", "system": system, "scale": "transcription",
         "value": 0.5 + 0.5 * (system == "clean"), "page_type": "transcription", "target": said,
         "answer": answer}
        for p in range(4) for i in range(3) for system, answer in typed.items()
    )  # fmt: skip
    clean, noisy = report(frame, baseline="clean").data.word_errors
    assert clean.word_error_rate == 0
    assert (noisy.substitutions, noisy.deletions, noisy.insertions) == (12, 12, 12)
    assert noisy.word_error_rate == pytest.approx(3 / 6)
    assert noisy.words == 72
