"""Two reports beside each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from earwitness.analysis import report
from earwitness.analysis.across import compare
from earwitness.analysis.records.report import ReportData
from earwitness.app.cli import main
from earwitness.stimuli.errors import DataError

Make = Callable[..., pd.DataFrame]
SECOND = {"human-mix": 2.0, "constant": 3.4, "unmixed": -0.4, "new": 0.4}


@pytest.fixture(scope="module")
def both(ratings: Make) -> tuple[ReportData, ReportData]:
    """Two tests of which the second has a better `constant`, a new system and no anchor."""
    options = {"participants": 14, "items": 6, "scales": ("overall",), "simulated": False}
    first = report(ratings(**options), baseline="unmixed").data
    second = ratings(**options, seed=7, utilities=SECOND)
    return first, report(second, baseline="unmixed").data


def test_a_system_that_became_better_is_found_and_the_others_are_not(
    both: tuple[ReportData, ReportData],
) -> None:
    data = compare(*both)
    rows = {row.system: row for row in data.effects}
    assert set(rows) == {"human-mix", "constant"}
    assert (rows["constant"].p_adjusted or 1) < 0.05 < (rows["human-mix"].p_adjusted or 0)
    assert (rows["constant"].difference or 0) > 0
    one, other = (next(c.points for c in side.contrasts if c.system == "constant") for side in both)
    assert rows["constant"].difference == pytest.approx((other.estimate or 0) - (one.estimate or 0))
    assert any("lead-up-12db; new" in note for note in data.notes)
    assert any("constant’s difference from the baseline is another" in w for w in data.sentences)


def test_two_reports_that_cannot_be_compared_say_why(both: tuple[ReportData, ReportData]) -> None:
    first = both[0]
    moved = first.model_copy(update={"baseline": "constant"})
    assert compare(first, moved).effects == []
    assert any("baselines differ" in note for note in compare(first, moved).notes)
    other = first.scales[0].model_copy(update={"id": "reverb"})
    with pytest.raises(DataError, match="no scale in common") as caught:
        compare(first, first.model_copy(update={"scales": [other]}))
    assert "\n" not in str(caught.value)


def test_the_command_compares_a_written_report_with_a_table(
    both: tuple[ReportData, ReportData], ratings: Make, tmp_path: Path
) -> None:
    (tmp_path / "report.json").write_text(both[0].model_dump_json(), encoding="utf-8")
    table = tmp_path / "second.csv"
    ratings(participants=4, scales=("overall",), utilities=SECOND).to_csv(table, index=False)
    arguments = ["report", str(tmp_path), "--against", str(table), "--baseline", "unmixed"]
    done = CliRunner().invoke(main, [*arguments, "--format", "html,csv", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert "What changed" in page
    assert "simulated listeners" in page
    effects = pd.read_csv(tmp_path / "comparison-effects.csv")
    assert set(effects["system"]) == {"human-mix", "constant"}
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code != 0
    assert "not a report.json of this version" in done.output
