"""The commands `evaluate` (also `earwitness evaluate`) and `earwitness metrics`."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earwitness.stimuli.console import console, reported_errors
from earwitness.stimuli.errors import ConfigError, EarwitnessError

from .progress import JsonProgress, Progress, emit

if TYPE_CHECKING:
    from .engine import EngineName
    from .metrics.metric import Metric
    from .plan import Shard
    from .run import Evaluation, Run

EXIT_WITH_BROKEN_RULE = EXIT_WITHOUT_PARITY = 1
EXIT_WITH_FAILED_ROWS = 3
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("evaluate", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("models", type=_FOLDER)
@click.option(
    "--dataset",
    "datasets",
    type=_FOLDER,
    multiple=True,
    metavar="DIR",
    help="A dataset folder; repeat for more.  [default: all in MODELS/../data]",
)
@click.option("--out", type=_FOLDER, metavar="RUN", help="[default: runs/<name of MODELS>]")
@click.option(
    "--only",
    metavar="METRIC[,METRIC]",
    callback=lambda _context, _option, text: tuple(filter(None, (text or "").split(","))),
    help="Compute these metrics instead of all (`earwitness metrics` lists them).",
)
@click.option(
    "--systems",
    metavar="NAME[,NAME]",
    callback=lambda _context, _option, text: tuple(filter(None, (text or "").split(","))),
    help="Run these systems instead of all in MODELS.",
)
@click.option(
    "--metric",
    "sources",
    multiple=True,
    metavar="FILE.py:FUNCTION",
    help="A metric of your own, besides the built-in ones; needs --trust.",
)
@click.option(
    "--embedder",
    "embedders",
    multiple=True,
    metavar="NAME|FILE:HZ[:S]",
    help="Distances of sets (FAD, KAD, …) over this network, too: a name of docs/metrics.md, or a "
    "file .onnx, .pt or .pt2 with its rate and window.",
)
@click.option("--trust", is_flag=True, help="Let model folders, --metric, --embedder run code.")
@click.option("--dry-run", is_flag=True, help="Say what is left to compute, and how long it takes.")
@click.option(
    "--shard",
    metavar="I/N",
    callback=lambda _context, _option, text: _shard(text),
    help="Compute part I of N only; run without it when all parts are done.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="This machine, or a Ray cluster of many hosts (`pip install 'earwitness[ray]'`).",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Models that render at once.  [default: one a core, at most 4; one with a GPU]",
)
@click.option("--against", type=_FOLDER, metavar="RUN", help="Compare with an earlier run.")
@click.option(
    "--fail-if",
    "rules",
    multiple=True,
    metavar="'METRIC < NUMBER'",
    help="Exit with 1 if the difference to --against is surely beyond it, as in 'estoi < -0.01'.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@reported_errors
def evaluate_command(
    models: Path,
    datasets: tuple[Path, ...],
    out: Path | None,
    only: tuple[str, ...],
    systems: tuple[str, ...],
    sources: tuple[str, ...],
    embedders: tuple[str, ...],
    trust: bool,
    dry_run: bool,
    shard: tuple[int, int] | None,
    engine: EngineName,
    workers: int | None,
    against: Path | None,
    rules: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run every model in MODELS and compute every metric.

    Each model runs on the datasets of its task. A rerun computes only what is missing.
    Exits with 3 when some rows failed.
    """
    require_torch()
    from .gate_command import make_gate
    from .plan import Shard
    from .run import Where, prepare

    if dry_run + bool(shard) + bool(against) > 1:
        raise ConfigError("give one of --dry-run, --shard and --against")
    gate = make_gate(against, rules)
    extra_metrics = _load_metrics(sources, embedders, trust)

    def prepared(progress: Progress) -> Evaluation:
        about = (models, datasets or None, out, only, extra_metrics, trust, progress)
        evaluation = prepare(*about, Where(engine, workers), systems)
        if gate:
            gate.check(evaluation)
        return evaluation

    if dry_run:
        _forecast(prepared, as_json)
        failed = False
    elif shard:
        failed = _run_shard(Shard(*shard), prepared, as_json)
    elif as_json:
        failed = _run_for_programs(lambda progress: prepared(progress).run())
    else:
        failed = run_for_people(lambda progress: prepared(progress).run())
    if gate and gate.is_broken(as_json):
        sys.exit(EXIT_WITH_BROKEN_RULE)
    if failed:
        sys.exit(EXIT_WITH_FAILED_ROWS)


main = evaluate_command


@click.command("metrics", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--parity", "wants_parity", is_flag=True, help="Compare their values on GPU and CPU.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@reported_errors
def metrics_command(wants_parity: bool, as_json: bool) -> None:
    """List the metrics with unit, range, direction and policies."""
    require_torch()
    from .metrics import all_metrics
    from .terminal import metrics_notes, metrics_table

    if wants_parity:
        from .parity_command import tell_parity

        sys.exit(0 if tell_parity(as_json) else EXIT_WITHOUT_PARITY)
    facts = [metric.facts for metric in all_metrics().values()]
    if as_json:
        for fact in facts:
            emit("metric", **dataclasses.asdict(fact))
    else:
        console.print(metrics_table(facts))
        for note in metrics_notes(facts):
            console.print(note, markup=False, highlight=False, soft_wrap=True)


def require_torch() -> None:
    """Metrics run in torch, which is an extra.

    Raises:
        EarwitnessError: it is not installed; says how to.
    """
    if importlib.util.find_spec("torch") is None:
        raise EarwitnessError(
            "evaluate needs torch, which is not installed: pip install 'earwitness[evaluate]'"
        )


def _load_metrics(
    sources: tuple[str, ...], embedders: tuple[str, ...], trust: bool
) -> list[Metric]:
    from .sets.catalogue import metrics_over
    from .user_metric import load_metric

    if sources and not trust:
        raise ConfigError(f"--metric {sources[0]}: it runs code; add --trust if you trust it")
    return [*map(load_metric, sources), *metrics_over(embedders, trust=trust)]


def _shard(text: str | None) -> tuple[int, int] | None:
    """`3/8` as numbers."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter("give I/N with I from 1 to N, as in 3/8")
    return int(match[1]), int(match[2])


@contextmanager
def _progress(as_json: bool) -> Iterator[Progress]:
    from .terminal import TerminalProgress

    if as_json:
        yield JsonProgress()
        return
    with TerminalProgress(console) as progress:
        yield progress


def _forecast(prepared: Callable[[Progress], Evaluation], as_json: bool) -> None:
    from .forecast import forecast
    from .terminal_forecast import forecast_lines, forecast_table

    with _progress(as_json) as progress:
        found = forecast(prepared(progress))
    if as_json:
        emit("forecast", **dataclasses.asdict(found), rendering_s=found.rendering_s)
        return
    console.print(forecast_table(found))
    for line in forecast_lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _run_shard(shard: Shard, prepared: Callable[[Progress], Evaluation], as_json: bool) -> bool:
    with _progress(as_json) as progress:
        part = prepared(progress).run_shard(shard)
    if as_json:
        emit("finished", **{**dataclasses.asdict(part), "folder": str(part.folder)})
    else:
        console.print(
            f"{part.folder}: part {shard.number} of {shard.of}: {part.renderings} renderings, "
            f"{part.scores} scores, {part.failed} failed; when all parts are done, run the same "
            "command without --shard",
            highlight=False,
            soft_wrap=True,
        )
    return bool(part.failed)


def _run_for_programs(run: Callable[[Progress], Run]) -> bool:
    result = run(JsonProgress())
    for standing in json.loads(result.leaderboard.to_json(orient="records")):
        emit("standing", **standing)
    emit(
        "finished",
        run=str(result.folder),
        rows=len(result.scores),
        failed=result.failed,
        failures=result.failures,
    )
    return bool(result.failed)


def run_for_people(run: Callable[[Progress], Run]) -> bool:
    """Evaluate with a progress bar, then print leaderboard and findings; True if rows failed."""
    from .terminal import TerminalProgress, closing_lines
    from .terminal_board import leaderboard_tables

    with TerminalProgress(console) as progress:
        result = run(progress)
    for table in leaderboard_tables(result.scores, result.leaderboard, console.width):
        console.print(table)
    for line in closing_lines(result.scores, result.leaderboard, result.failures):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{result.folder}: {len(result.scores)} scores, {result.failed} failed")
    return bool(result.failed)
