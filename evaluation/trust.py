"""Which model folders may run code: those given with `--trust`, and the bundled ones by digest.

`python -m earwitness.evaluation.trust MODELS` (`make trust`) writes the digests of the bundled
folders to `trusted.json` in this package; a copy of such a folder anywhere else is trusted too, a
changed one is not.
"""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path

import click

from earwitness.stimuli.console import console, reported_errors

from .adapters import adapter_of
from .model_folder import ModelFolder, find_models

TRUSTED_FILE = "trusted.json"


def needs_trust(model: ModelFolder) -> bool:
    """Whether the folder runs code that is not ours."""
    return _runs_code(model) and model.digest not in trusted_digests().values()


def trusted_digests() -> dict[str, str]:
    """SHA-256 of each bundled model folder that runs code, by system name."""
    text = files(__package__).joinpath(TRUSTED_FILE).read_text(encoding="utf-8")
    digests: dict[str, str] = json.loads(text)
    return digests


def current_digests(models: Path) -> dict[str, str]:
    """What `trusted.json` must hold for the model folders in `models`.

    Raises:
        ConfigError: a folder is not a model.
    """
    return {model.name: model.digest for model in find_models(models) if _runs_code(model)}


def _runs_code(model: ModelFolder) -> bool:
    return adapter_of(model).needs_trust(model)


@click.command()
@click.argument("models", type=click.Path(path_type=Path, file_okay=False, exists=True))
@reported_errors
def main(models: Path) -> None:
    """Trust the code in the bundled MODELS as it is now."""
    digests = current_digests(models)
    target = Path(str(files(__package__).joinpath(TRUSTED_FILE)))
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    partial.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(target)
    console.print(f"{target}: {len(digests)} model folders", highlight=False)


if __name__ == "__main__":
    main()
