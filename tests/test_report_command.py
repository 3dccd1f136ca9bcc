"""`earwitness report` on odd tables: a report, or one clear line and its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from earwitness.app.commands.report import report_command

Change = Callable[[pd.DataFrame], pd.DataFrame]


def table(participants: int = 8, items: int = 6, seed: int = 1) -> pd.DataFrame:
    """Ratings 1..5 of three systems on one scale."""
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product(
        [[f"p{k}" for k in range(participants)], [f"i{k}" for k in range(items)], ["a", "b", "c"]],
        names=["participant", "item", "system"],
    ).to_frame(index=False)
    worth = rows["system"].map({"a": 0.0, "b": 0.5, "c": 1.5})
    latent = worth + rng.normal(0, 1.2, len(rows))
    return rows.assign(scale="quality", value=np.clip(np.round(latent + 3), 1, 5))


def run(folder: Path, frame: pd.DataFrame, *options: str) -> tuple[Result, dict[str, Any]]:
    """The command on a table, and its report.json."""
    frame.to_csv(folder / "ratings.csv", index=False)
    arguments = [str(folder / "ratings.csv"), "--baseline", "a", "--format", "json", *options]
    told = CliRunner().invoke(report_command, arguments)
    made = folder / "report" / "report.json"
    return told, json.loads(made.read_text(encoding="utf-8")) if made.is_file() else {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f[f["participant"] == "p0"], "this one listener only"),
        (lambda f: f[f["item"] == "i0"], "these items only"),
        (lambda f: f.assign(value=3), "All answers are equal"),
        (lambda f: f.assign(value=f["value"].where(f["system"] != "c", 5)
                            .where(f["system"] != "a", 1)), "separate perfectly"),
        (lambda f: f[f["system"] == "a"], "nothing can be compared"),
        (lambda f: f.sample(frac=0.3, random_state=1), ""),
    ],
    ids=["one participant", "one item", "all equal", "perfect separation", "one system", "gaps"],
)  # fmt: skip
def test_odd_tables_give_a_report_that_says_what_they_do_not_tell(
    change: Change, said: str, tmp_path: Path
) -> None:
    told, data = run(tmp_path, change(table()))
    assert told.exit_code == 0, told.output
    assert said in json.dumps(data, ensure_ascii=False)
    for model in data["models"]:
        assert model["converged"] or model["notes"]


@pytest.mark.parametrize(
    ("change", "options", "code", "said"),
    [
        (lambda f: f.iloc[:0], (), 1, "no rating is left to analyse"),
        (lambda f: f.assign(value=""), (), 1, "no rating is left to analyse"),
        (lambda f: f, ("--formula", "rating ~ system * age"), 2, "there is no 'age'"),
        (lambda f: f, ("--formula", "rating ~ system +"), 2, "misplaced"),
    ],
    ids=["no row", "no value", "unknown name", "wrong formula"],
)
def test_what_cannot_be_analysed_is_one_line(
    change: Change, options: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    told, data = run(tmp_path, change(table()), *options)
    assert told.exit_code == code
    assert said in told.output
    assert len(told.output.strip().splitlines()) == 1
    assert not data


def test_covariates_of_people_and_items_come_from_their_own_tables(tmp_path: Path) -> None:
    people = pd.DataFrame({"participant": [f"p{k}" for k in range(8)]})
    people["expertise"] = np.where(people.index % 2, "professional", "hobbyist")
    people.to_csv(tmp_path / "people.csv", index=False)
    songs = pd.DataFrame({"item": [f"i{k}" for k in range(6)], "genre": ["pop", "jazz"] * 3})
    songs.to_csv(tmp_path / "songs.csv", index=False)
    told, data = run(
        tmp_path, table(), "--participants", str(tmp_path / "people.csv"), "--items",
        str(tmp_path / "songs.csv"), "--formula", "rating ~ system * expertise + genre",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    terms = {row["term"] for row in data["models"][0]["coefficients"]}
    assert {"system[b]:expertise[professional]", "genre[pop]"} <= terms
    assert {row["at"] for row in data["contrasts"]} == {
        "", "expertise=hobbyist", "expertise=professional",
    }  # fmt: skip
