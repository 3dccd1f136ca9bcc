"""The report end to end: planted order, exclusions, marks, odd data, formats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.analysis import report, report_exports
from earwitness.stimuli.errors import ConfigError, DataError, EarwitnessError
from earwitness.stimuli.study import StudyFolder

Make = Callable[..., pd.DataFrame]
NEEDED = ["participant", "item", "system", "scale", "value"]


def test_thirty_simulated_listeners_recover_the_planted_order(ratings: Make) -> None:
    data = report(ratings(participants=30), baseline="unmixed").data
    assert [system.name for system in data.systems] == [
        "human-mix", "constant", "unmixed", "lead-up-12db",
    ]  # fmt: skip
    for scale in ("clarity", "overall"):
        rows = {row.system: row for row in data.contrasts if row.scale == scale}
        assert (rows["human-mix"].estimate or 0) > (rows["constant"].estimate or 0) > 0
        assert (rows["lead-up-12db"].estimate or 0) < 0
        assert (rows["human-mix"].p_adjusted or 1) < 0.05
        assert rows["human-mix"].inference == "these_items"
    assert any("these items only" in c for f in data.findings for c in f.cautions)


def test_simulated_listeners_are_named_in_the_title_and_the_page(
    ratings: Make, tmp_path: Path
) -> None:
    frame = ratings(participants=5, scales=("overall",))
    data = report(frame, baseline="unmixed", out=tmp_path, formats=["html"]).data
    assert data.is_simulated
    assert data.title.startswith("Simulated listeners")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>Simulated listeners" in page
    assert "comes from a program, not from a person" in page


def test_real_ratings_are_not_called_simulated(ratings: Make, tmp_path: Path) -> None:
    frame = ratings(participants=5, scales=("overall",), simulated=False)
    report(frame, baseline="unmixed", out=tmp_path, formats=["html"])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "imulated" not in page


def test_everything_left_out_is_counted_and_the_counts_add_up(ratings: Make) -> None:
    real, robots = ratings(participants=8, simulated=False), ratings(participants=2, seed=3)
    robots["participant"] = "bot-" + robots["participant"]
    robots["session"] = "bot-" + robots["session"]
    frame = pd.concat([real, robots], ignore_index=True)
    frame["value"] = frame["value"].astype("Int64")
    frame["declined"] = False
    frame["is_training"] = False
    frame["excluded"] = False
    frame["exclusion_rule"] = ""
    frame.loc[:4, "is_training"] = True
    frame.loc[10:12, "declined"] = True
    frame.loc[10:12, "value"] = pd.NA
    pilot = frame["participant"] == "p0007"
    frame.loc[pilot, "excluded"] = True
    frame.loc[pilot, "exclusion_rule"] = "pilot"
    sessions = pd.DataFrame(
        {
            "session": sorted(frame["session"].unique()),
            "participant": sorted(frame["participant"].unique()),
            "status": "completed",
        }
    )
    sessions.loc[sessions["participant"] == "p0006", "status"] = "withdrawn"
    data = report(frame, sessions=sessions, baseline="unmixed").data
    rules = {row.rule: row for row in data.exclusions}
    assert rules["training page"].ratings == 5
    assert rules["answer declined"].ratings == 3
    assert rules["session: pilot"].participants == 1
    assert rules["session withdrawn"].participants == 1
    assert rules["simulated listener beside real ones"].participants == 2
    assert data.n_ratings + sum(row.ratings for row in data.exclusions) == len(frame)
    assert not data.is_simulated
    steps = {step.step: step.sessions for step in data.flow}
    assert steps["started"] == 10
    assert steps["withdrawn"] == 1
    assert steps["analysed"] == 6


def test_the_same_ratings_give_the_same_bytes(ratings: Make, scores: pd.DataFrame) -> None:
    frame = ratings(participants=6, scales=("overall",))
    first = report(frame, scores=scores, baseline="unmixed").data
    second = report(frame, scores=scores, baseline="unmixed").data
    assert first.model_dump_json() == second.model_dump_json()


def test_a_table_with_only_the_needed_columns_is_enough(ratings: Make, tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    ratings(participants=5, scales=("overall",))[NEEDED].to_csv(path, index=False)
    data = report(path).data
    assert data.baseline == "constant"
    assert any("No baseline was named" in note for note in data.notes)
    assert not data.is_simulated


def test_a_name_that_reads_like_a_missing_value_is_a_name(ratings: Make, tmp_path: Path) -> None:
    """ "NA" may be somebody's initials, and "null" a system without effects."""
    path = tmp_path / "ratings.csv"
    frame = ratings(scales=("overall",), utilities={"null": 0.0, "unmixed": 1.0})[NEEDED]
    frame.replace({"participant": {"p0000": "NA"}}).to_csv(path, index=False)
    data = report(path).data
    assert (data.n_ratings, data.n_participants) == (len(frame), 12)
    assert {system.name for system in data.systems} == {"null", "unmixed"}


def test_a_table_that_holds_ratings_twice_says_so(ratings: Make) -> None:
    frame = ratings(participants=5, scales=("overall",))
    assert not any("twice" in note for note in report(frame, baseline="unmixed").data.notes)
    twice = pd.concat([frame, frame.head(7)])
    [note] = report(twice, baseline="unmixed").data.notes
    assert note.startswith("7 ratings")


def test_a_single_participant_speaks_for_nobody_else(ratings: Make) -> None:
    [note] = report(one_participant(ratings()), baseline="unmixed").data.notes
    assert "this one listener only" in note


def one_participant(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["participant"] == "p0000"]


def one_item(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["item"] == "song-0"]


def one_cell(frame: pd.DataFrame) -> pd.DataFrame:
    return one_item(one_participant(frame))


def all_equal(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(value=3)


def one_system(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["system"] == "unmixed"]


def no_shared_item(frame: pd.DataFrame) -> pd.DataFrame:
    baseline = frame["system"] == "unmixed"
    return frame[baseline == (frame["item"] == "song-0")]


def half_missing(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=0.5, random_state=1)


def continuous(frame: pd.DataFrame) -> pd.DataFrame:
    noise = np.random.default_rng(1).random(len(frame))
    return frame.assign(value=frame["value"] * 18 + noise)


def strange_names(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        scale=frame["scale"] + ' $x_1$ "quoted" 漢字',
        item=frame["item"] + " & more",
    )


def repeated(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.sample(frac=0.3, random_state=2)], ignore_index=True)


@pytest.mark.parametrize(
    "change",
    [one_participant, one_item, one_cell, all_equal, one_system, no_shared_item, half_missing,
     continuous, strange_names, repeated],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_odd_data_give_a_sensible_report(
    change: Callable[[pd.DataFrame], pd.DataFrame], ratings: Make, scores: pd.DataFrame,
    tmp_path: Path,
) -> None:  # fmt: skip
    frame = change(ratings(participants=6, scales=("overall",)))
    made = report(frame, scores=scores, baseline="unmixed", out=tmp_path,
                  formats=["html", "csv", "parquet", "r"])  # fmt: skip
    loaded = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert loaded["n_ratings"] == len(frame)
    assert "NaN" not in (tmp_path / "report.json").read_text(encoding="utf-8")
    for row in made.data.contrasts:
        assert (row.p is None) == bool(row.reason)
    for model in made.data.models:
        assert model.converged == bool(model.coefficients)


@settings(deadline=None, max_examples=10)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["p1", "p2", "p3"]), st.sampled_from(["i1", "i2", "i3"]),
            st.sampled_from(["a", "b", "c"]), st.sampled_from([1.0, 2.0, 5.0, None]),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_any_small_table_gives_a_report_or_one_line(
    rows: list[tuple[str, str, str, float | None]],
) -> None:
    frame = pd.DataFrame(rows, columns=["participant", "item", "system", "value"])
    frame["scale"] = "q"
    if frame["value"].isna().all():
        with pytest.raises(DataError, match="no rating is left") as caught:
            report(frame)
        assert "\n" not in str(caught.value)
        return
    data = report(frame).data
    assert data.n_ratings == frame["value"].notna().sum()
    for row in data.contrasts:
        assert row.p is None or 0 <= row.p <= (row.p_adjusted or 0) <= 1
        if row.ci_low is not None and row.ci_adjusted_low is not None:
            assert row.ci_adjusted_low <= row.ci_low + 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.iloc[:0], "no rating is left"),
        (lambda frame: frame.drop(columns="value"), "value missing"),
        (lambda frame: frame.assign(value="good"), "must be a number"),
        (lambda frame: frame.assign(value=np.inf), "must be a number"),
        (lambda frame: frame.assign(is_training="perhaps"), "must be true or false"),
        (lambda frame: frame.assign(item=None), "`item` is empty"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(
    change: Callable[[pd.DataFrame], pd.DataFrame], message: str, ratings: Make
) -> None:
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        report(change(ratings()), baseline="unmixed")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": "nobody"}, "systems: constant"),
        ({"formats": ["docx"]}, "known: html"),
    ],
)
def test_wrong_options_are_refused_with_what_is_allowed(
    options: dict[str, object], message: str, ratings: Make
) -> None:
    with pytest.raises(ConfigError, match=message):
        report(ratings(), **options)  # type: ignore[arg-type]


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such ratings table"):
        report(tmp_path / "nothing.csv")
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataError, match="cannot be read"):
        report(tmp_path / "broken.parquet")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(EarwitnessError, match="cannot be read"):
        report(tmp_path / "empty.csv")


STUDY = """
schema = 1
[study]
id = "s"
title = "A & B"
[stimuli]
run = "run"
task = "mix"
systems = ["human-mix", "constant", "unmixed", "lead-up-12db"]
[[scales]]
id = "overall"
question = "How good is it?"
labels = ["bad", "poor", "fair", "good", "excellent"]
[[pages]]
type = "rating"
[[pages]]
type = "thanks"
[analysis]
baseline = "unmixed"
alpha = 0.01
smallest_effect_of_interest = 0.5
"""


def test_a_study_folder_gives_titles_scales_alpha_and_its_digest(
    ratings: Make, tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    folder = StudyFolder(tmp_path)
    with pytest.raises(DataError, match=r"no ratings\.csv"):
        report_exports(folder.exports, scores=None, study=folder, out=folder.report)
    folder.exports.mkdir()
    frame = ratings(participants=5, scales=("overall",), simulated=False)
    frame.to_csv(folder.exports / "ratings.csv", index=False)
    made = report_exports(
        folder.exports, scores=None, study=folder, out=folder.report, formats=["html"]
    )
    assert made.data.title == "A & B"
    assert made.data.alpha == 0.01
    assert made.data.baseline == "unmixed"
    assert made.data.digests["study"] == folder.digest
    overall = next(scale for scale in made.data.scales if scale.id == "overall")
    assert overall.labels[-1] == "excellent"
    assert "A &amp; B" in (folder.report / "report.html").read_text(encoding="utf-8")


def test_a_formula_or_rule_that_cannot_be_kept_is_refused(ratings: Make, tmp_path: Path) -> None:
    for line, message in (
        ('formula = "rating ~ system * age"', "there is no 'age'"),
        ('exclusions = ["bad mood"]', "unknown rule"),
    ):
        (tmp_path / "study.toml").write_text(STUDY + line)
        with pytest.raises(ConfigError, match=message):
            report(ratings(), study=StudyFolder(tmp_path).study)


class Page(HTMLParser):
    """What the checks below need to know of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.figures: list[dict[str, str | None]] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.scripts += tag == "script"
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.links += [str(found[name]) for name in ("src", "href", "xlink:href") if name in found]
        if tag == "svg":
            self.figures.append(found)


def test_the_page_is_self_contained_and_every_figure_has_a_text(
    ratings: Make, scores: pd.DataFrame, tmp_path: Path
) -> None:
    frame = ratings(participants=6, scales=("overall",))
    frame = frame.replace({"system": {"constant": "<script>alert(1)</script>"}})
    report(frame, scores=scores, baseline="unmixed", out=tmp_path, formats=["html", "pdf"])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") for link in page.links)
    assert page.scripts == 1  # our own; the system's name is text
    assert "<script>alert" not in text
    assert page.figures
    assert all(figure.get("role") == "img" and figure.get("aria-label") for figure in page.figures)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_folder_that_cannot_be_written_is_one_line(ratings: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        report(one_cell(ratings()), baseline="unmixed", out=tmp_path / "file" / "report")
