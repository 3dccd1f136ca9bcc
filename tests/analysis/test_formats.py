"""LaTeX that compiles, tables in three formats, a schema, and text for a paper, of one report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.analysis import Report, report
from earwitness.analysis.rendering.latex_text import escape, table
from earwitness.analysis.rendering.methods import methods_text

NASTY = r"a_b&50% #1 {x} ~^ \ $ <5> [7] “é漢”"


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, scores: pd.DataFrame,
    ratings: Callable[..., pd.DataFrame],
) -> tuple[Report, Path]:  # fmt: skip
    """A report with a system's name that is hard on every format."""
    out = tmp_path_factory.mktemp("report")
    frame = ratings(participants=6, items=6, scales=("overall",), simulated=False)
    frame = frame.replace({"system": {"constant": NASTY}})
    formats = ["tex", "csv", "parquet", "json"]
    return report(frame, scores=scores, baseline="unmixed", out=out, formats=formats), out


def test_every_tex_file_is_well_formed_and_complete(made: tuple[Report, Path]) -> None:
    """pdflatex, xelatex and lualatex compile it; here, what any of them would stumble over."""
    folder = made[1] / "latex"
    for path in folder.glob("*.tex"):
        text = path.read_text(encoding="utf-8")
        assert_well_formed(text)
        assert "漢" not in text
    document = (folder / "report.tex").read_text(encoding="utf-8")
    named = re.findall(r"\\fittable\{([^}#]+)\}|\\includegraphics\[[^]]*\]\{([^}]+)\}", document)
    assert len(named) > 8
    for name, picture in named:
        assert (folder / (f"{name}.tex" if name else picture)).is_file()
    assert r"a\_b\&50\% \#1 \{x\}" in document
    assert {path.suffix for path in folder.iterdir()} == {".tex", ".pdf", ".bib"}


def assert_well_formed(text: str) -> None:
    """Balanced braces and environments, rows as wide as their table, plain characters."""
    bare = re.sub(r"\\[\\{}$&#_%]", "", re.sub(r"(?m)^%.*$", "", text))
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    assert (
        re.findall(r"\\begin\{(\w+)\}", text).sort() == re.findall(r"\\end\{(\w+)\}", text).sort()
    )
    assert all(ord(c) < 0x180 or c in "\n" for c in bare)
    for tabular in re.findall(r"\\midrule\n(.*?)\\bottomrule", text, flags=re.DOTALL):
        widths = {len(re.findall(r"(?<!\\)&", row)) for row in tabular.strip().splitlines()}
        assert len(widths) == 1


@given(text=st.text(max_size=40))
def test_any_name_is_safe_in_latex(text: str) -> None:
    assert_well_formed(escape(text))
    assert_well_formed(table("lr", ["a", "b"], [[text, "1"]]))


def test_the_schema_describes_the_report(made: tuple[Report, Path]) -> None:
    schema = json.loads((made[1] / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    loaded = json.loads((made[1] / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(loaded, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**loaded, "alpha": "small"}, schema)


def test_parquet_holds_what_csv_holds(made: tuple[Report, Path]) -> None:
    for path in (made[1] / "tables").glob("*.parquet"):
        expected = pd.read_csv(path.with_suffix(".csv"), keep_default_na=False, na_values=[""])
        found = pd.read_parquet(path)
        assert list(found) == list(expected)
        assert len(found) == len(expected) > 0
    assert (made[1] / "tables" / "pairs.parquet").is_file()


def test_text_for_a_paper_says_what_was_done_and_cites_it(made: tuple[Report, Path]) -> None:
    text = methods_text(made[0].data)
    words = " ".join(text.methods)
    assert "6 participants rated 4 systems on 6 items" in words
    assert "cumulative link mixed model" in words
    assert "two one-sided tests" not in words  # no bound was planned
    assert made[0].data.digests["ratings"][:16] in words
    assert len(text.results) == 3
    for reference in text.references:
        assert reference.cited in words
    first = made[0].data.contrasts[0]
    assert f"Δ = +{first.points.estimate:.2f} points" in text.results[0]
    assert f"t({first.df:.1f}) = {first.statistic:.2f}" in text.results[0]
