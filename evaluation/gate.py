"""The regression gate of a training loop: this run against an earlier one, paired by item.

A rule such as `estoi < -0.01` is about the mean difference (this run − the earlier one) of a system
of the same name. It is broken only when the whole 95 % interval lies beyond the bound: noise alone
does not stop a training, and what cannot be decided is said, never passed over.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from earwitness.stimuli.errors import ConfigError

from .uncertainty import MIN_GROUPS, bca_interval, group_sums

Verdict = Literal["broken", "kept", "undecided", "not comparable"]


@dataclass(frozen=True)
class Rule:
    """A difference of a metric that must not be reached."""

    metric: str
    side: str  # "<" or ">"
    bound: float

    def __str__(self) -> str:
        return f"{self.metric} {self.side} {self.bound:g}"


@dataclass(frozen=True)
class Finding:
    """What a rule says about one system."""

    rule: Rule
    system: str
    items: int
    groups: int
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True, eq=False)
class GateRun:
    """What the gate reads of a run folder.

    Attributes:
        scores: table `SCORES`.
        items: item id → (digest, group).
        versions: metric id → version.
    """

    folder: Path
    scores: pd.DataFrame
    items: Mapping[str, tuple[str, str]]
    versions: Mapping[str, str]


def parse_rule(text: str) -> Rule:
    """`estoi < -0.01` as a rule.

    Raises:
        ConfigError: it is no such comparison.
    """
    match = re.fullmatch(r"\s*([a-z][a-z0-9_]*)\s*([<>])\s*(\S+)\s*", text)
    try:
        bound = float(match[3]) if match else math.nan
    except ValueError:
        bound = math.nan
    if not match or not math.isfinite(bound):
        raise ConfigError(f"--fail-if {text!r}: give METRIC < NUMBER or METRIC > NUMBER")
    return Rule(match[1], match[2], bound)


def load_gate_run(folder: Path) -> GateRun:
    """Read a complete run.

    Raises:
        ConfigError: there is none.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        scores = pd.read_parquet(folder / "scores.parquet")
        items = {
            one["id"]: (one["digest"], f"{one['dataset']}/{one['group']}")
            for one in manifest["items"]
        }
        versions = {one["id"]: one["version"] for one in manifest["metrics"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"--against {folder}: no complete run there ({error})") from error
    return GateRun(folder, scores, items, versions)


def check_rules(rules: Sequence[Rule], metrics: Iterable[str], against: GateRun) -> None:
    """Refuse rules about metrics that a run does not have, before anything is computed.

    Raises:
        ConfigError: names the metric and the nearest one.
    """
    known = list(metrics)
    for rule in rules:
        for there, ids in (("", known), (f" in {against.folder}", list(against.versions))):
            if rule.metric not in ids:
                near = difflib.get_close_matches(rule.metric, ids, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise ConfigError(f"--fail-if '{rule}': there is no such metric{there}{hint}")


def gate(new: GateRun, old: GateRun, rules: Sequence[Rule]) -> list[Finding]:
    """What each rule says about each system of the new run that is a model."""
    systems = new.scores[new.scores["role"] == "model"]["system"].unique()
    return [_finding(rule, str(system), new, old) for rule in rules for system in systems]


def _finding(rule: Rule, system: str, new: GateRun, old: GateRun) -> Finding:
    def without(reason: str, items: int = 0) -> Finding:
        return Finding(rule, system, items, 0, None, None, None, "not comparable", reason)

    if new.versions[rule.metric] != old.versions[rule.metric]:
        return without("the metric's version differs; evaluate the earlier models again")
    if system not in set(old.scores["system"]):
        return without("the earlier run has no system of this name")
    ours, theirs = (_values(run, system, rule.metric) for run in (new, old))
    common = [one for one in ours if one in theirs and new.items[one][0] == old.items[one][0]]
    if not common:
        return without("no item has a value in both runs and is unchanged")
    sums, counts = group_sums(
        [ours[one] - theirs[one] for one in common], [new.items[one][1] for one in common]
    )
    lost = len(set(theirs) - set(common))
    note = f"{lost} item(s) of the earlier run left out: changed, or no value now" if lost else ""
    difference = float(sums.sum() / counts.sum())
    few = len(sums) < MIN_GROUPS
    low, high = (None, None) if few else bca_interval(sums, counts)
    verdict, why = _verdict(rule, low, high, len(sums))
    reason = "; ".join(text for text in (why, note) if text)
    return Finding(rule, system, len(common), len(sums), difference, low, high, verdict, reason)


def _values(run: GateRun, system: str, metric: str) -> dict[str, float]:
    table = run.scores
    chosen = table[
        (table["system"] == system)
        & (table["metric"] == metric)
        & (table["status"] == "ok")
        & table["item"].isin(list(run.items))
    ]
    return dict(zip(chosen["item"], chosen["value"].astype(np.float64), strict=True))


def _verdict(rule: Rule, low: float | None, high: float | None, groups: int) -> tuple[Verdict, str]:
    if groups < MIN_GROUPS:
        return "undecided", f"{groups} independent groups; an interval needs {MIN_GROUPS}"
    if low is None or high is None:
        return "undecided", "the interval is not defined for these differences"
    is_below = rule.side == "<"
    if (high < rule.bound) if is_below else (low > rule.bound):
        return "broken", ""
    if (low >= rule.bound) if is_below else (high <= rule.bound):
        return "kept", ""
    return "undecided", "the interval includes the bound"


def markdown(findings: Sequence[Finding], new: Path, old: Path) -> str:
    """The findings as a table for a pull request or a job's summary."""
    counts = {verdict: sum(one.verdict == verdict for one in findings) for verdict in _ORDER}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    lines = [
        f"### Regression gate: {told or 'no model to compare'}",
        "",
        f"Mean difference `{new}` − `{old}`, paired by item, 95 % BCa interval over groups. A rule "
        "is broken when the whole interval lies beyond its bound.",
        "",
        "| fails if | system | items (groups) | difference | 95 % interval | verdict |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(one) for one in findings), ""])


_ORDER: tuple[Verdict, ...] = ("broken", "undecided", "not comparable", "kept")


def _row(one: Finding) -> str:
    verdict = f"**{one.verdict}**" if one.verdict == "broken" else one.verdict
    difference = "" if one.difference is None else f"{one.difference:+.4g}"
    has_interval = one.ci_low is not None and one.ci_high is not None
    interval = f"{one.ci_low:+.4g} to {one.ci_high:+.4g}" if has_interval else ""
    cells = (
        f"`{one.rule}`",
        one.system,
        f"{one.items} ({one.groups})",
        difference,
        interval,
        verdict + (f": {one.reason}" if one.reason else ""),
    )
    return f"| {' | '.join(cells)} |"
