"""`earwitness protocol`: the study as a document for an ethics board."""

from __future__ import annotations

from pathlib import Path

import click

from earwitness.stimuli.console import reported_errors
from earwitness.stimuli.errors import DataError

from .lines import print_line


@click.command(name="protocol")
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="[default: STUDY/protocol.md]")
@reported_errors
def protocol_command(study: Path, out: Path | None) -> None:
    """Write the study's protocol: procedure, minutes, consent, risks, data kept.

    STUDY is a study's folder or its study.toml, prepared. What only you know is marked with […].
    """
    from earwitness.app.protocol import protocol
    from earwitness.stimuli.manifest import load_stimuli
    from earwitness.stimuli.study import StudyFolder

    folder = StudyFolder(study)
    text = protocol(folder, load_stimuli(folder))
    file = out or folder.root / "protocol.md"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror})") from error
    print_line(file)
