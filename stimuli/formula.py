"""The analysis formula: what may be written, and what it says, without running any of it.

The language is that of R and formulaic, without function calls: `rating ~ system * expertise`,
`C(band)` for a number that names a category, and `(1 | participant:item)` for a random term.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import ConfigError

RESPONSE = "rating"
DEFAULT_FORMULA = "rating ~ system"
# What a claim about new participants and new items needs (Barr et al. 2013, "keep it maximal";
# Judd, Westfall & Kenny 2012, doi 10.1037/a0028347).
DEFAULT_GROUPS = (
    ("participant",),
    ("item",),
    ("participant", "system"),
    ("item", "system"),
)
OPTIONAL_GROUPS = (("participant", "item"),)  # versions that are judged on one page
BUILT_IN = ("system", "position")  # position: of the trial in its session, from 1

_RANDOM = re.compile(r"\+?\s*\(\s*1\s*\|([^()|]*)\)")
_TOKEN = re.compile(
    r"\s*(?:C\(\s*[A-Za-z_]\w*\s*\)|[A-Za-z_]\w*(?!\w|\s*\()|\*\*\s*\d|\^\s*\d|[-+*:()1])"
)
_CATEGORY = re.compile(r"^C\(\s*(\w+)\s*\)$")


@dataclass(frozen=True)
class Formula:
    """A formula that is right in itself; whether its names exist is checked with the tables."""

    text: str
    fixed: str  # the right side without random terms, as formulaic reads it
    terms: tuple[tuple[str, ...], ...]  # the variables of each term, lowest order first
    categories: frozenset[str]  # variables that are written as C(name)
    groups: tuple[tuple[str, ...], ...]  # random terms beside the default ones

    @property
    def variables(self) -> tuple[str, ...]:
        """In the order of their first appearance."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term))


def parse_formula(text: str) -> Formula:
    """Read a formula.

    Raises:
        ConfigError: it cannot be read, or asks for what the models have not.
    """
    left, tilde, right = text.partition("~")
    if not tilde or left.strip() != RESPONSE:
        raise _wrong(text, f'it must begin with "{RESPONSE} ~"')
    groups = _groups(text, right)
    fixed = " ".join(_RANDOM.sub(" ", right).split()).removeprefix("+").strip()
    _refuse_tokens(text, fixed)
    written = _terms(text, fixed)
    terms = tuple(tuple(_CATEGORY.sub(r"\1", name) for name in term) for term in written)
    categories = {m[1] for term in written for name in term if (m := _CATEGORY.match(name))}
    plain = {name for term in written for name in term}
    formula = Formula(" ".join(text.split()), fixed, terms, frozenset(categories), groups)
    for name in formula.variables:
        if not name.isidentifier():
            raise _wrong(text, f"{name!r} cannot be a part of a term")
        if name in ("participant", "item", "session", RESPONSE, "value"):
            raise _wrong(text, f"{name} cannot be a fixed effect")
        if name in categories and name in plain:
            raise _wrong(text, f"{name} is once a number and once C({name})")
    return formula


def refuse_unknown(formula: Formula, known: Iterable[str], where: str) -> None:
    """Refuse a formula with a name that is none of `known`.

    Raises:
        ConfigError: names it, the nearest one, and those that there are.
    """
    names = sorted(set(known))
    for name in formula.variables:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise _wrong(formula.text, f"there is no {name!r} in {where}; {hint}"
                         f"known: {', '.join(names)}")  # fmt: skip


def _groups(text: str, right: str) -> tuple[tuple[str, ...], ...]:
    found = []
    for written in _RANDOM.findall(right):
        names = tuple(name.strip() for name in written.split(":"))
        alike = [g for g in (*DEFAULT_GROUPS, *OPTIONAL_GROUPS) if sorted(g) == sorted(names)]
        if not alike:
            optional = ", ".join(f"(1 | {':'.join(group)})" for group in OPTIONAL_GROUPS)
            raise _wrong(text, f"there is no random term (1 | {written.strip()}); participant, "
                         "item, participant:system and item:system are always in the model, and "
                         f"{optional} can be added")  # fmt: skip
        found += [group for group in alike if group in OPTIONAL_GROUPS]
    return tuple(dict.fromkeys(found))


def _refuse_tokens(text: str, fixed: str) -> None:
    place = 0
    while place < len(fixed):
        token = _TOKEN.match(fixed, place)
        if token is None:
            raise _wrong(text, f"{fixed[place:].split()[0]!r} cannot be read; names, +, -, *, :, "
                         "parentheses and C(name) can")  # fmt: skip
        place = token.end()


def _terms(text: str, fixed: str) -> list[tuple[str, ...]]:
    if fixed.isidentifier():
        return [(fixed,)]
    from formulaic import Formula as Formulaic  # slow to import, and only an analysis needs it
    from formulaic.errors import FormulaicError

    try:
        found = list(Formulaic(fixed))
    except (FormulaicError, SyntaxError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise _wrong(text, reason) from None
    if "1" not in [str(term) for term in found]:
        raise _wrong(text, "the intercept cannot be left out: the cut points are one")
    terms = [tuple(str(factor) for factor in term.factors) for term in found if str(term) != "1"]
    if not terms:
        raise _wrong(text, "it names no effect")
    return sorted(terms, key=len)


def _wrong(text: str, reason: str) -> ConfigError:
    return ConfigError(f'analysis.formula: "{" ".join(text.split())}": {reason}')
