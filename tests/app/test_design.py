"""Orders come from the seed alone, and all are equally likely."""

from __future__ import annotations

from collections import Counter

from listener import Listener
from scipy.stats import chisquare

from earwitness.app.db import Database
from earwitness.app.design import SEED_BITS, new_seed, plan_session
from earwitness.app.flow import trials_of
from earwitness.app.tables import Session
from earwitness.stimuli.manifest import load_stimuli
from earwitness.stimuli.pages.trials import shuffled
from earwitness.stimuli.study import StudyFolder


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(folder: StudyFolder) -> None:
    study, stimuli = folder.study, load_stimuli(folder)
    plans = [plan_session(study, stimuli, seed) for seed in (1, 1, 2, 3, 4)]
    assert plans[0] == plans[1]
    assert any(plan != plans[0] for plan in plans[2:])


def test_a_plan_holds_every_page_item_and_system_once(folder: StudyFolder) -> None:
    plan = plan_session(folder.study, load_stimuli(folder), seed=7)
    assert [step.page_id for step in plan] == [
        "consent", "questionnaire", "level", "training", "rating", "rating", "comments", "thanks",
    ]  # fmt: skip
    trials = [step.trial for step in plan if step.trial]
    assert [trial.is_training for trial in trials] == [True, False, False]
    assert {trial.item for trial in trials[1:]} == {"song-1", "song-2"}
    for trial in trials[1:]:
        assert [letter for letter, _ in trial.stimuli] == ["A", "B", "C"]
        assert {s.system for _, s in trial.stimuli} == {"human-mix", "unmixed", "cnn"}
        assert {s.item for _, s in trial.stimuli} == {trial.item}


def test_the_order_of_a_session_can_be_derived_again_from_its_recorded_seed(
    listener: Listener, database: Database, folder: StudyFolder
) -> None:
    assert listener.due == "consent"
    with database.read() as transaction:
        session = transaction.query(Session).one()
        stored = [
            (trial.item, [(slot.letter, slot.stimulus) for slot in trial.slots])
            for trial in trials_of(transaction, session)
        ]
    plan = plan_session(folder.study, load_stimuli(folder), session.seed)
    assert stored == [
        (step.trial.item, [(letter, stimulus.id) for letter, stimulus in step.trial.stimuli])
        for step in plan
        if step.trial
    ]


def test_all_orders_are_equally_likely() -> None:
    orders = Counter("".join(shuffled("abc", seed, "page")) for seed in range(6000))
    assert len(orders) == 6
    assert chisquare(list(orders.values())).pvalue > 0.001


def test_orders_of_different_pages_are_independent() -> None:
    pairs = Counter(
        (shuffled("abc", seed, "one")[0], shuffled("abc", seed, "two")[0]) for seed in range(9000)
    )
    assert chisquare(list(pairs.values())).pvalue > 0.001


def test_an_order_can_be_derived_again_as_documented() -> None:
    # SHA-256 of "0/5/rating/song-1/" + name, sorted; computed with sha256sum.
    assert shuffled(["cnn", "human-mix", "unmixed"], 0, 5, "rating", "song-1") == [
        "human-mix",  # 03a3e8…
        "unmixed",  # cafab0…
        "cnn",  # d7225f…
    ]


def test_seeds_are_exact_in_floating_point() -> None:
    seeds = {new_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(int(float(seed)) == seed < 2**SEED_BITS for seed in seeds)
