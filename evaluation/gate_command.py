"""`--against RUN --fail-if RULE`: the gate as the command uses it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import click

from earwitness.stimuli.errors import ConfigError

from .gate import GateRun, Rule, check_rules, gate, load_gate_run, markdown, parse_rule
from .progress import emit
from .run import Evaluation
from .tables import write_whole

GATE_FILE = "gate.md"


class Gate:
    """An earlier run and the rules that a run is held to."""

    def __init__(self, against: GateRun, rules: Sequence[Rule]) -> None:
        self._against = against
        self._rules = rules
        self._folder = Path()

    def check(self, evaluation: Evaluation) -> None:
        """Refuse, before anything is computed, rules that cannot be tried on this run.

        Raises:
            ConfigError: a metric does not exist, or the run is the earlier one itself.
        """
        if evaluation.folder.resolve() == self._against.folder.resolve():
            raise ConfigError(f"--against {self._against.folder}: is the run itself; give --out")
        check_rules(self._rules, [m.facts.id for m in evaluation.plan.metrics], self._against)
        self._folder = evaluation.folder

    def is_broken(self, as_json: bool) -> bool:
        """Tell the findings, also in `RUN/gate.md`; whether a rule is surely broken.

        Raises:
            DataError: the run folder cannot be written.
        """
        findings = gate(load_gate_run(self._folder), self._against, self._rules)
        text = markdown(findings, self._folder, self._against.folder)
        path = self._folder / GATE_FILE
        write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))
        if as_json:
            for finding in findings:
                emit("gate", **{**dataclasses.asdict(finding), "rule": str(finding.rule)})
        else:
            click.echo(f"\n{text}")
        return any(finding.verdict == "broken" for finding in findings)


def make_gate(against: Path | None, rules: Sequence[str]) -> Gate | None:
    """The gate that the options ask for, or None.

    Raises:
        ConfigError: one option lacks the other, a rule is malformed, or there is no such run.
    """
    if against is None and not rules:
        return None
    if against is None or not rules:
        raise ConfigError("--against RUN and --fail-if 'METRIC < NUMBER' need each other")
    parsed = [parse_rule(rule) for rule in rules]
    return Gate(load_gate_run(against), parsed)
