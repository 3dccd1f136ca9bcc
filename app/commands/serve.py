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
@reported_errors
def serve_command(study: Path, host: str, port: int, workers: int) -> None:
    """Serve the listening test and the researcher's pages.

    STUDY is a study's folder or its study.toml. Stimuli that are missing or stale are prepared
    first; a study that was changed after real sessions had begun is refused.
    """
    from earwitness.app.serve import serve

    serve(study, host, port, workers, say=print_line)
