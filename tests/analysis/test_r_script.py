"""`analysis.R`: what it holds and that no name can break it. `benchmarks/r_parity.py` runs it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from earwitness.analysis import report
from earwitness.analysis.rendering.r_script import r_string

Make = Callable[..., pd.DataFrame]


def test_the_script_fits_the_models_of_the_report_on_the_ratings_beside_it(
    ratings: Make, tmp_path: Path
) -> None:
    frame = ratings(participants=8, items=7, scales=("overall",))
    frame = frame.replace({"system": {"constant": 'a "b" \\ [漢字]'}})
    made = report(frame, baseline="unmixed", out=tmp_path, formats=["r"])
    assert [file.name for file in made.files] == ["report.json", "analysis.R", "analysis.csv"]
    written = pd.read_csv(tmp_path / "analysis.csv")
    assert list(written) == ["participant", "item", "system", "scale", "rating"]
    assert written["rating"].sum() == frame["value"].sum()
    script = (tmp_path / "analysis.R").read_text(encoding="ascii")
    for model in made.data.models:
        assert model.formula in script
        assert repr(model.log_likelihood) in script
        assert all(repr(row.se) in script for row in model.coefficients)
    baseline_first = r'c\("unmixed", "human-mix", "a \\"b\\" \\\\ \[\\U\{6f22\}\\U\{5b57\}\]"'
    assert len(re.findall(baseline_first, script)) == 2
    assert r'"systema \"b\" \\ [\U{6f22}\U{5b57}]" = ' in script


def test_a_model_that_gave_no_numbers_is_not_in_the_script(ratings: Make, tmp_path: Path) -> None:
    report(ratings().assign(value=3), baseline="unmixed", out=tmp_path, formats=["r"])
    script = (tmp_path / "analysis.R").read_text(encoding="ascii")
    assert not re.findall(r"^fit_\w+\($", script, flags=re.MULTILINE)


@given(text=st.text())
def test_any_name_is_one_ascii_string_of_r(text: str) -> None:
    literal = r_string(text)
    assert literal.isascii()
    parts = re.findall(r"\\U\{([0-9a-f]+)\}|\\(.)|(.)", literal[1:-1])
    assert "".join(chr(int(code, 16)) if code else one + two for code, one, two in parts) == text
