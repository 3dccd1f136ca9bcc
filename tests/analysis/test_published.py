"""Published results of real listening tests, to the digits that were printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from earwitness.analysis import report
from earwitness.analysis.cells import make_cells
from earwitness.analysis.comparisons.multiplicity import p_adjusted
from earwitness.analysis.describe import category_counts, descriptives, scale_of
from earwitness.stimuli.study import Study

from .conftest import GOLDEN

# Four mixes × five attributes, how often each answer 1..5 was given by 30 listeners of 15 songs:
# the counts that likelian/Lab_spring2022 publishes.
ATTRIBUTES = ("level", "eq", "compression", "reverb", "overall")
COUNTS = {
    "random": ((114, 159, 108, 52, 17), (101, 167, 119, 46, 17), (74, 147, 164, 53, 12),
               (148, 147, 81, 49, 25), (143, 169, 86, 38, 14)),
    "rules": ((42, 145, 166, 73, 24), (63, 151, 141, 77, 18), (48, 113, 202, 68, 19),
              (71, 163, 142, 59, 15), (55, 178, 133, 65, 19)),
    "network": ((46, 129, 173, 85, 17), (53, 187, 124, 59, 27), (52, 140, 184, 63, 11),
                (62, 185, 130, 49, 24), (54, 185, 159, 37, 15)),
    "human": ((27, 77, 165, 130, 51), (29, 101, 131, 133, 56), (28, 78, 184, 114, 46),
              (31, 84, 158, 124, 53), (32, 89, 149, 125, 55)),
}  # fmt: skip
MEANS = {
    "random": (2.331, 2.358, 2.516, 2.236, 2.136), "rules": (2.760, 2.636, 2.771, 2.520, 2.589),
    "network": (2.773, 2.600, 2.647, 2.529, 2.498), "human": (3.224, 3.191, 3.160, 3.187, 3.182),
}  # fmt: skip


def answers(system: str, attribute: str) -> np.ndarray:
    return np.repeat(np.arange(1.0, 6.0), COUNTS[system][ATTRIBUTES.index(attribute)])


@pytest.fixture(scope="module")
def pooled() -> pd.DataFrame:
    """The counts as ratings; who gave them is not published, so each is a participant."""
    return pd.concat(
        [
            pd.DataFrame(
                {"participant": [f"p{k}" for k in range(450)], "item": "all", "system": system,
                 "scale": attribute, "value": answers(system, attribute)}
            )
            for system in COUNTS for attribute in ATTRIBUTES
        ]
    )  # fmt: skip


def test_karaoke_mixes_have_the_published_means_spread_and_shares(pooled: pd.DataFrame) -> None:
    overall = pooled[pooled["scale"] == "overall"]
    cells, scale = make_cells(overall, list(COUNTS)), scale_of("overall", overall["value"], None)
    rows = {row.system: row for row in descriptives(overall, cells, "overall", {}, 0.05)}
    shown = {row.system: row.counts for row in category_counts(overall, scale, cells)}
    for system, (sd, median, top) in {
        "random": (1.0539, 2, 0.1156), "rules": (1.0154, 2, 0.1867),
        "network": (0.9254, 2, 0.1156), "human": (1.1038, 3, 0.4000),
    }.items():  # fmt: skip
        assert rows[system].sd == pytest.approx(sd, abs=6e-5)
        assert rows[system].median == median
        assert sum(shown[system][3:]) / 450 == pytest.approx(top, abs=6e-5)
    zero_to_one = [((rows[system].mean or 0) - 1) / 4 for system in COUNTS]
    assert zero_to_one == pytest.approx([0.2839, 0.3972, 0.3744, 0.5456], abs=6e-5)
    for system, means in MEANS.items():
        mine = pooled[pooled["system"] == system].groupby("scale")["value"].mean()
        assert [mine[name] for name in ATTRIBUTES] == pytest.approx(list(means), abs=6e-4)


def test_karaoke_mixes_have_the_published_unpaired_tests() -> None:
    """What the authors did; the report warns of it, since 30 listeners gave all 450 ratings."""
    h = [stats.kruskal(*(answers(s, name) for s in COUNTS)).statistic for name in ATTRIBUTES]
    assert h == pytest.approx([156.499, 134.774, 100.145, 180.010, 215.372], abs=6e-4)
    pairs = [("random", "rules"), ("random", "network"), ("random", "human"),
             ("rules", "network"), ("rules", "human"), ("network", "human")]  # fmt: skip
    p = [float(stats.mannwhitneyu(answers(a, "overall"), answers(b, "overall")).pvalue)
         for a, b in pairs]  # fmt: skip
    assert p == pytest.approx([3.82e-12, 4.13e-10, 9.27e-41, 0.2609, 1.42e-16, 2.09e-22], rel=5e-3)
    assert p_adjusted("holm", p) == pytest.approx(
        [1.15e-11, 8.26e-10, 5.56e-40, 0.261, 5.66e-16, 1.04e-21], rel=6e-3
    )
    others = [
        float(stats.mannwhitneyu(answers("rules", name), answers("network", name)).pvalue)
        for name in ATTRIBUTES[:4]
    ]
    assert others == pytest.approx([0.638, 0.380, 0.0475, 0.851], rel=2e-3)


def test_sisec18_leaves_out_ten_of_44_and_has_the_published_votes() -> None:
    """Ward, Mason, Kim, Stöter, Liutkus & Plumbley 2018: the best of six separations, 13 songs."""
    picks = pd.read_csv(GOLDEN.parent / "ratings" / "sisec18.csv", keep_default_na=False)
    systems = ["tau1", "tak2", "uhl3", "jy3", "stl1", "mdl1"]
    ratings = picks.merge(pd.DataFrame({"system": systems}), how="cross")
    ratings["value"] = (ratings["pick"].str.lower() == ratings["system"]).astype(int)
    pages = picks.groupby("participant")["item"].nunique()
    status = np.where(pages == 13, "completed", "started")
    sessions = pd.DataFrame({"participant": pages.index, "status": status})
    study = Study.model_validate(
        {
            "schema": 1, "study": {"id": "sisec18", "title": "SiSEC 2018"},
            "stimuli": {"run": "run", "task": "mix", "systems": systems},
            "scales": [{"id": "best", "question": "Which is the best?", "labels": ["no", "yes"]}],
            "pages": [{"type": "rating"}, {"type": "thanks"}],
            "analysis": {"baseline": "uhl3", "exclusions": ["incomplete"]},
        }
    )  # fmt: skip
    data = report(ratings.assign(scale="best"), sessions=sessions, study=study).data
    assert {step.step: step.sessions for step in data.flow}["started"] == 44
    assert data.n_participants == 34
    votes = {row.system: round((row.mean or 0) * row.n) for row in data.descriptives}
    assert votes == {"tau1": 177, "tak2": 125, "uhl3": 75, "jy3": 59, "stl1": 6, "mdl1": 0}
    # Nobody picked mdl1: no finite logit, and the report says so instead of printing one.
    assert any("separate perfectly" in note for model in data.models for note in model.notes)
    assert any(row.analysis == "nothing left out by screening" for row in data.sensitivity)
