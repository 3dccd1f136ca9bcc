"""What facts decide: packages that are absent, and claims about listeners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from earwitness.evaluation.metrics import Pair, all_metrics, metric, score_pairs
from earwitness.evaluation.report_words import outside_validation
from earwitness.evaluation.terminal import metrics_notes
from earwitness.stimuli.audio import Signal

INSTALL = "pip install no-such-distribution"


def test_a_metric_without_its_package_is_listed_and_gives_typed_rows() -> None:
    known = metric("si_sdr_db")
    facts = replace(known.facts, packages=("no-such-distribution",), install=INSTALL)
    side = Signal(np.linspace(-0.5, 0.5, 8000, dtype=np.float32)[None], 16_000)
    pair = Pair(system="s", item="i", task="mix", estimate=side, reference=side)
    [[outcome]] = score_pairs([pair], [replace(known, facts=facts)])
    assert (outcome.status, outcome.value) == ("not_applicable", None)
    assert outcome.reason == f"needs no-such-distribution, not installed: {INSTALL}"
    note, about_embedders = metrics_notes([facts, known.facts])
    assert note == f"not computed: si_sdr_db: {outcome.reason}"
    assert "crepe_tiny" in about_embedders


def test_a_metric_that_needs_a_package_names_the_version_and_the_command() -> None:
    needy = [one.facts for one in all_metrics().values() if one.facts.packages]
    assert {"dnsmos_ovrl", "log_wmse", "sharpness_error_acum"} <= {one.id for one in needy}
    for facts in needy:
        assert facts.packages[0] in facts.version  # another release: other scores
        assert "pip install" in facts.install


def test_a_claim_about_other_sounds_is_told_for_each_task() -> None:
    facts = [metric(name).facts for name in ("estoi", "stoi", "mcd_db", "mrstft")]
    manifest = {
        "metrics": [
            {
                "id": one.id,
                "validated_for": one.validated_for,
                "validated_tasks": [*one.validated_tasks],
            }
            for one in facts
        ]
    }
    [told] = outside_validation([one.id for one in facts], "speech", manifest)
    assert told == f"estoi, stoi: {metric('stoi').facts.validated_for}"
    assert outside_validation(["mrstft"], "mix", manifest) == []
    assert outside_validation(["mcd_db"], "speech", {"metrics": [{"id": "mcd_db"}]}) == []
