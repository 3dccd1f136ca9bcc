"""`earwitness serve`: the listening test and the researcher's pages."""

from __future__ import annotations

from pathlib import Path

import click

from earwitness.stimuli.console import reported_errors

from .lines import print_line


@click.command(name="serve")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 for everyone on the network.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Server processes, each with threads.",
)
@click.option("--booth", is_flag=True, help="A laboratory's booth: the same level for everybody.")
@click.option(
    "--booth-level",
    type=click.FloatRange(-60, 0),
    default=-12.0,
    show_default=True,
    help="That level, dB below full scale.",
)
@reported_errors
def serve_command(
    study: Path, host: str, port: int, workers: int, booth: bool, booth_level: float
) -> None:
    """Serve the listening test and the researcher's pages.

    STUDY is a study's folder or its study.toml. Stimuli that are missing or stale are prepared
    first; a study that was changed after real sessions had begun is refused.

    With --booth the level pages are skipped, and the end of a session leads to the next participant
    by the key N. It needs no network: measure the level at the headphones once, with level noise.
    """
    from earwitness.app.serve import serve

    gain_db = booth_level if booth else None
    serve(study, host, port, workers, booth_gain_db=gain_db, say=print_line)
