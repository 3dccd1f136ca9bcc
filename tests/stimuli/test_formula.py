"""The analysis formula: what may be written, and that nothing in it is run."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.formula import parse_formula, refuse_unknown


def test_a_formula_says_its_terms_lowest_order_first() -> None:
    formula = parse_formula("rating ~ position + system * C(band) + (1 | item:participant)")
    assert formula.terms == (("position",), ("system",), ("band",), ("system", "band"))
    assert formula.variables == ("position", "system", "band")
    assert formula.categories == {"band"}
    assert formula.groups == (("participant", "item"),)


def test_the_random_terms_that_are_always_there_may_be_written() -> None:
    assert parse_formula("rating ~ (1|participant) + system").groups == ()
    assert parse_formula("rating ~ a*b*c - a:b:c").terms[-1] == ("b", "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("score ~ system", 'must begin with "rating ~"'),
        ("rating", 'must begin with "rating ~"'),
        ("rating ~", "names no effect"),
        ("rating ~ system *", "misplaced"),
        ("rating ~ system expertise", "Missing operator"),
        ("rating ~ (system", "marker"),
        ("rating ~ log(position)", "'log(position)' cannot be read"),
        ("rating ~ system - 1", "intercept"),
        ("rating ~ system + participant", "participant cannot be a fixed effect"),
        ("rating ~ system + (1 | page)", "there is no random term (1 | page)"),
        ("rating ~ band + C(band)", "once a number"),
        ("rating ~ __import__('os')", "cannot be read"),
    ],
)
def test_a_wrong_formula_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_formula(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ab1 +-*:()|C^~{}'\".\n", max_size=24))
@example("a:b:C(a)**2")
@example("(((a)")
def test_any_text_is_a_formula_or_one_line(text: str) -> None:
    try:
        formula = parse_formula(f"rating ~ {text}")
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert formula.terms
        assert set(formula.variables) <= {"a", "b", "aa", "ab", "C"} | set(formula.variables)
        assert all(name.isidentifier() for name in formula.variables)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean 'expertise'") as caught:
        refuse_unknown(parse_formula("rating ~ expertize"), ["expertise", "system"], "the study")
    assert "known: expertise, system" in str(caught.value)
