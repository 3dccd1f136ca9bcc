"""The reviewer's bridge: `analysis.R` fits the report's models in R and sets both side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ..records.report import Contrast, Model, ReportData, Test

_NAMES = ("participant", "item", "system", "scale")


def write_r(data: ReportData, ratings: pd.DataFrame, folder: Path) -> list[Path]:
    """Write `analysis.R` and the ratings that it reads, `analysis.csv`, into `folder`.

    Args:
        data: the report.
        ratings: that were analysed; the columns that a formula names are written.
        folder: exists.
    """
    table, script = folder / "analysis.csv", folder / "analysis.R"
    frame = ratings.rename(columns={"value": "rating"})
    frame[_columns(data, frame)].to_csv(table, index=False, lineterminator="\n")
    text = _template().render(
        data=data,
        models=[_arguments(model, data) for model in _in_reach(data)],
        friedman=[test for test in data.tests if test.name == "friedman" and test.p is not None],
        wilcoxon=_against_baseline(data),
        scales={scale.id: _means(data, scale.id) for scale in data.scales},
    )
    script.write_text(text, encoding="ascii")
    return [script, table]


def _in_reach(data: ReportData) -> list[Model]:
    """The models that `ordinal` and `lme4` fit: not those of pairs, nor with a guess rate."""
    rated = {scale.id for scale in data.scales}
    guessed = {scale.id for scale in data.scales if scale.chance}
    return [
        model for model in data.models
        if model.converged and model.scale in rated
        and not (model.family == "cumulative" and model.scale in guessed)
    ]  # fmt: skip


def _columns(data: ReportData, frame: pd.DataFrame) -> list[str]:
    words = set(re.findall(r"\w+", " ".join(model.formula for model in data.models)))
    others = [str(name) for name in frame if name in words and name not in {*_NAMES, "rating"}]
    return [*_NAMES, "rating", *others]


def _arguments(model: Model, data: ReportData) -> dict[str, object]:
    """What the script's functions need of a model; terms are named as R names them."""
    modelled = [name for name in (system.name for system in data.systems)
                if f"system[{name}]" in {row.term for row in model.coefficients}]  # fmt: skip
    fixed = [*model.thresholds, *model.coefficients]
    return {
        "function": "fit_cumulative" if model.family == "cumulative" else "fit_linear",
        "model": model,
        "systems": [data.baseline, *modelled],
        "estimates": {_in_r(row.term, modelled): row.estimate for row in fixed},
        "errors": {_in_r(row.term, modelled): row.se for row in fixed},
        "deviations": {row.term: row.sd for row in model.random},
        "freedom": {} if model.family == "cumulative" else _freedom(data.contrasts, model.scale),
    }  # fmt: skip


def _freedom(contrasts: list[Contrast], scale: str) -> dict[str, float | None]:
    """Satterthwaite's degrees of freedom, where the comparisons rest on them."""
    return {
        f"system{row.system}": row.df for row in contrasts
        if row.scale == scale and not row.at and row.method in ("satterthwaite_t", "clmm_t")
    }  # fmt: skip


def _in_r(term: str, systems: Sequence[str]) -> str:
    """`system[a]:z[1]` is `systema:z1` in R; a system's name may hold brackets itself."""
    for name in sorted(systems, key=len, reverse=True):
        before, found, after = term.partition(f"system[{name}]")
        if found:
            return f"{_unbracketed(before)}system{name}{_unbracketed(after)}"
    return _unbracketed(term)


def _unbracketed(term: str) -> str:
    return re.sub(r"\[([^\]]*)\]", r"\1", term)


def _against_baseline(data: ReportData) -> list[Test]:
    return [test for test in data.tests if test.name == "wilcoxon" and test.p is not None]


def _means(data: ReportData, scale: str) -> dict[str, float | None]:
    return {row.system: row.mean for row in data.descriptives if row.scale == scale}


def r_string(text: str) -> str:
    """An R string literal in ASCII, whatever `text` holds."""
    out = []
    for character in text:
        if character in '\\"':
            out.append("\\" + character)
        elif " " <= character <= "~":
            out.append(character)
        else:
            out.append(f"\\U{{{ord(character):x}}}")
    return '"' + "".join(out) + '"'


def _named(values: Mapping[str, float | None]) -> str:
    """A named numeric vector; `c()` when empty."""
    return "c(" + ", ".join(f"{r_string(k)} = {_number(v)}" for k, v in values.items()) + ")"


def _number(value: float | None) -> str:
    return "NA" if value is None else repr(float(value))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("earwitness.analysis.rendering"), autoescape=False,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"string": r_string, "named": _named, "number": _number}
    return environment.get_template("analysis.R.j2")
