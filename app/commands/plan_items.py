"""`earwitness plan --select`: items for a study, chosen by what the metrics say of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.table import Table

from earwitness.stimuli.console import console
from earwitness.stimuli.errors import ConfigError

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.stimuli.study import StudyFolder


def show_disputed(folder: StudyFolder, between: str | None, count: int, as_json: bool) -> None:
    """Print the items of the study's run on which the metrics disagree most about two systems.

    Raises:
        ConfigError: `between` does not name two systems.
        DataError: the run has no scores of them.
    """
    from earwitness.analysis.inputs.frames import read_table, score_table
    from earwitness.analysis.planning.disagreement import most_disputed

    first, second = _pair(folder, between)
    scores = score_table(read_table(folder.run / "scores.parquet", "scores"))
    apart = (*folder.study.stimuli.items, *folder.study.stimuli.training_items)
    found = most_disputed(scores, first, second, apart, count)
    if as_json:
        for one in found:
            click.echo(json.dumps({"first": first, "second": second, **asdict(one)}))
        return
    if not found:
        print_line(f"The metrics agree about {first} and {second} on every item outside the study.")
        return
    table = Table("item", f"{first} is better by", f"{second} is better by", "strength")
    for one in found:
        table.add_row(one.item, one.for_first, one.for_second, f"{one.strength:.2f}")
    console.print(table)
    names = ", ".join(f'"{one.item}"' for one in found)
    print_line(f"Add them to items of [stimuli], and to [analysis]: disagreement_items = [{names}]")


def _pair(folder: StudyFolder, between: str | None) -> tuple[str, str]:
    if between is not None:
        names = [name.strip() for name in between.split(",")]
        if len(names) != 2 or names[0] == names[1] or not all(names):
            raise ConfigError(f"--between: {between!r} is not two systems as A,B")
        return names[0], names[1]
    systems = folder.study.stimuli.systems
    second = folder.study.analysis.baseline or systems[-1]
    others = [system for system in systems if system != second]
    if not others:
        raise ConfigError("--between A,B: the study has one system; name the two to compare")
    return others[0], second
