"""The regression gate: broken only when the interval excludes the bound, silent about nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from earwitness.evaluation.cli import evaluate_command
from earwitness.evaluation.gate import (
    GateRun,
    check_rules,
    gate,
    load_gate_run,
    markdown,
    parse_rule,
)
from earwitness.stimuli.errors import ConfigError
from earwitness.stimuli.schema import SCORES, conform

from .conftest import UNMIXED, Workplace, noise
from .test_cli import command


def run_of(
    values: list[float], *, name: str = "old", system: str = "cnn", songs: int = 99
) -> GateRun:
    rows = [
        {
            "system": system,
            "role": "model",
            "task": "speech",
            "dataset": "d",
            "item": f"item-{place}",
            "metric": "estoi",
            "value": None if np.isnan(value) else value,
            "unit": "",
            "direction": "higher",
            "status": "failed" if np.isnan(value) else "ok",
            "reason": "silent" if np.isnan(value) else "",
            "seconds": 0.0,
        }
        for place, value in enumerate(values)
    ]
    items = {f"item-{place}": (f"sha{place}", f"d/{place % songs}") for place in range(len(values))}
    return GateRun(Path(name), conform(pd.DataFrame(rows), SCORES), items, {"estoi": "1"})


BASE = [0.5 + 0.01 * place for place in range(12)]
WOBBLE = [0.002 * (-1) ** place for place in range(12)]
RULE = [parse_rule("estoi < -0.01")]


def shifted(by: float, wobble: float = 1.0) -> list[float]:
    return [value + by + wobble * noise for value, noise in zip(BASE, WOBBLE, strict=True)]


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        (shifted(-0.05), "broken"),
        (shifted(-0.008), "kept"),
        (shifted(0.05), "kept"),
        (shifted(-0.0105), "undecided"),
        (shifted(-0.02, wobble=20), "undecided"),
    ],
)
def test_only_an_interval_beyond_the_bound_breaks_a_rule(new: list[float], verdict: str) -> None:
    [finding] = gate(run_of(new, name="new"), run_of(BASE), RULE)
    assert finding.verdict == verdict
    assert finding.items == finding.groups == 12
    assert (finding.reason == "the interval includes the bound") == (verdict == "undecided")
    assert finding.ci_low is not None
    assert finding.difference is not None
    assert finding.ci_high is not None
    assert finding.ci_low <= finding.difference <= finding.ci_high


def test_the_other_side_is_for_metrics_that_should_be_low() -> None:
    [finding] = gate(run_of(shifted(0.05)), run_of(BASE), [parse_rule("estoi > 0.01")])
    assert finding.verdict == "broken"


def test_too_few_groups_are_told_and_break_nothing() -> None:
    new = run_of(shifted(-0.5), name="new", songs=7)
    [finding] = gate(new, run_of(BASE, songs=7), RULE)
    assert finding.verdict == "undecided"
    assert finding.difference == pytest.approx(-0.5)
    assert "7 independent groups; an interval needs 8" in markdown([finding], Path("a"), Path("b"))


def test_lost_and_changed_items_are_left_out_and_counted() -> None:
    new = run_of([np.nan, *shifted(-0.05)[1:]], name="new")
    old = run_of(BASE)
    old = GateRun(old.folder, old.scores, {**old.items, "item-3": ("other", "d/3")}, old.versions)
    [finding] = gate(new, old, RULE)
    assert finding.items == 10
    assert finding.reason.startswith("2 item(s) of the earlier run left out")
    assert finding.verdict == "broken"


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        (run_of(BASE, system="rnn"), "no system of this name"),
        (run_of([np.nan] * 12), "no item has a value in both"),
        (GateRun(Path("o"), run_of(BASE).scores, run_of(BASE).items, {"estoi": "2"}), "version"),
    ],
)
def test_what_cannot_be_compared_is_told(old: GateRun, reason: str) -> None:
    [finding] = gate(run_of(BASE, name="new"), old, RULE)
    assert finding.verdict == "not comparable"
    assert reason in finding.reason


@pytest.mark.parametrize("text", ["estoi", "estoi <", "estoi <= 1", "< 1", "estoi < nan", "a < b"])
def test_a_rule_that_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="give METRIC < NUMBER"):
        parse_rule(text)


def test_a_metric_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no such metric; did you mean estoi"):
        check_rules([parse_rule("estoy < 0")], ["estoi"], run_of(BASE))
    with pytest.raises(ConfigError, match="no such metric in old"):
        check_rules([parse_rule("stoi < 0")], ["stoi"], run_of(BASE))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no complete run there"):
        load_gate_run(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps([]))
    with pytest.raises(ConfigError, match="no complete run there"):
        load_gate_run(tmp_path)


def test_the_markdown_has_a_row_for_each_finding() -> None:
    findings = gate(run_of(shifted(-0.05), name="new"), run_of(BASE), [*RULE, *RULE])
    text = markdown(findings, Path("new"), Path("old"))
    assert text.startswith("### Regression gate: 2 broken\n")
    assert text.count("| `estoi < -0.01` | cnn | 12 (12) | -0.05 |") == 2
    assert text.count("**broken**") == 2


def test_the_command_gates_a_training_loop(workplace: Workplace) -> None:
    items = tuple(f"song-{place}" for place in range(8))
    workplace.dataset(items)
    workplace.rendered("cnn", {item: noise(90 + place) for place, item in enumerate(items)})
    assert command(workplace, "models", "--out", "old").returncode in (0, 3)
    good = UNMIXED.replace("sum(inputs", "0.9 * sum(inputs").replace(", inputs.audio)", ")")
    (workplace.models / "cnn" / "model.toml").unlink()
    workplace.python("cnn", good)
    better = ("models", "--out", "new", "--trust", "--against", "old")
    told = command(workplace, *better, "--fail-if", "si_sdr_db < -1", "--fail-if", "mrstft > 0.1")
    assert told.returncode in (0, 3), told.stderr
    assert "### Regression gate: 2 kept" in told.stdout
    assert (workplace.root / "new" / "gate.md").read_text() in told.stdout
    told = command(workplace, *better, "--fail-if", "si_sdr_db > 1")
    assert told.returncode == 1
    assert "### Regression gate: 1 broken" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-if", "estoi < 0"], "need each other"),
        (["--against", "none"], "need each other"),
        (["--against", "none", "--fail-if", "estoi < 0"], "no complete run there"),
        (["--against", "none", "--fail-if", "estoi"], "give METRIC < NUMBER"),
        (["--against", "none", "--dry-run"], "give one of"),
    ],
)
def test_options_that_make_no_gate_are_refused(arguments: list[str], message: str) -> None:
    told = CliRunner().invoke(evaluate_command, ["models", *arguments])
    assert told.exit_code == 2
    assert message in told.output
