"""`earwitness plan`: how many participants and items, and what a session takes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import console, reported_errors
from earwitness.stimuli.errors import ConfigError

from .lines import print_line

if TYPE_CHECKING:
    from earwitness.analysis.planning.planner import Progress
    from earwitness.analysis.planning.power import Aim
    from earwitness.stimuli.study import StudyFolder

PARTICIPANTS = "6,8,12,16,24,32,48,64"
ITEMS = "4,6,8,12,16,24,36"


@click.command(name="plan")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--pilot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="TABLE",
    help="Ratings of a pilot, or of a test like this one: how much participants and items vary.",
)
@click.option(
    "--effect",
    type=click.FloatRange(min=0, min_open=True),
    metavar="POINTS",
    help="The smallest difference worth finding.  [default: the study's, or a tenth of the scale]",
)
@click.option(
    "--aim",
    type=click.Choice(["difference", "equivalence", "non-inferiority"]),
    default="difference",
    show_default=True,
    help="What is to be shown; for the other two, --effect is the margin.",
)
@click.option("--power", "target", type=click.FloatRange(0.5, 0.99), default=0.8, show_default=True,
              help="The power to plan for.")  # fmt: skip
@click.option("--participants", "people", default=PARTICIPANTS, show_default=True, metavar="LIST",
              help="Numbers of participants to try.")  # fmt: skip
@click.option("--items", default=ITEMS, show_default=True, metavar="LIST",
              help="Numbers of items to try; the study's own is added.")  # fmt: skip
@click.option("--studies", type=click.IntRange(100, 20_000), default=600, show_default=True,
              help="Simulated studies per design.")  # fmt: skip
@click.option(
    "--check",
    "checked",
    type=click.IntRange(0, 2_000),
    default=60,
    show_default=True,
    help="Of these, how many the advised design is checked on with the report's cumulative model.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True,
              help="Of the simulation.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="[default: STUDY/plan]")  # fmt: skip
@click.option(
    "--look",
    is_flag=True,
    help="Of a running study with [analysis.sequential]: only whether to stop or to go on.",
)
@click.option(
    "--select",
    type=click.Choice(["disagreement"]),
    help="Of the run, the items on which the metrics disagree most about two systems.",
)
@click.option(
    "--between",
    metavar="A,B",
    help="The two systems of --select.  [default: the study's first, and its baseline]",
)
@click.option("--count", type=click.IntRange(min=1), default=4, show_default=True,
              help="How many items --select names.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print plan.json instead of tables.")
@reported_errors
def plan_command(
    study: Path,
    pilot: Path | None,
    effect: float | None,
    aim: Aim,
    target: float,
    people: str,
    items: str,
    studies: int,
    checked: int,
    seed: int,
    out: Path | None,
    look: bool,
    select: str | None,
    between: str | None,
    count: int,
    as_json: bool,
) -> None:
    """Plan a study: participants, items, minutes, megabytes, balance.

    STUDY is a study's folder or its study.toml. Studies like it are simulated and tested as the
    report will; how much participants and items vary is taken from --pilot or from published
    tests. Minutes, megabytes and the balance of the design need prepared stimuli.
    """
    from earwitness.analysis.planning.planner import Design
    from earwitness.stimuli.study import StudyFolder

    from .plan_parts import make_plan, show

    folder = StudyFolder(study)
    if look:
        _look(folder, folder.root / "plan" if out is None else out, as_json)
        return
    if select or between:
        from .plan_items import show_disputed

        show_disputed(folder, between, count, as_json)
        return
    design = Design(
        _numbers("--participants", people, 3), _numbers("--items", items, 2), None, target,
        studies, checked, seed, min(2, os.cpu_count() or 1),
    )  # fmt: skip
    with _progress(quiet=as_json) as progress:
        made = make_plan(folder, design, pilot, effect, aim, progress)
    files = made.write(folder.root / "plan" if out is None else out)
    if as_json:
        record = json.loads(files[0].read_text(encoding="utf-8"))
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    show(made)
    for file in files:
        print_line(file)


def _look(folder: StudyFolder, out: Path, as_json: bool) -> None:
    """Print and keep what a look says: stop or go on, and nothing about any system."""
    from earwitness.analysis.planning.looks import look_at_exports
    from earwitness.app.export import export

    from ..planning.look import save_look

    found = look_at_exports(export(folder), folder)
    record = save_look(out, found.participants, found.at_most, found.stop, found.why)
    if as_json:
        click.echo(record.model_dump_json())
        return
    verdict = "Stop" if found.stop else "Go on"
    print_line(
        f"{verdict}: {found.participants} of at most {found.at_most} participants; {found.why}"
    )


def _numbers(option: str, text: str, least: int) -> tuple[int, ...]:
    """Ascending whole numbers from a list with commas."""
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise ConfigError(f"{option}: {text!r} is not a list like 12,24,48") from None
    if len(found) < 2 or found[0] < least or found[-1] > 1000:
        raise ConfigError(f"{option}: give two or more numbers from {least} to 1000")
    return tuple(found)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("simulating {task.description}"), BarColumn(), TimeRemainingColumn())
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, disable=hidden, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(
            task, completed=done, total=total, description=what
        )
