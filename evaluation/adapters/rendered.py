"""Adapter `rendered`: audio that something else made, `<path>/<item>.<wav|flac|ogg>`.

Task `mix` may have the processed stems beside it: `<path>/<item>/{lead,backing}.<wav|flac|ogg>`.
Runs no code, so it needs neither trust nor a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from earwitness.stimuli.audio import AUDIO_SUFFIXES, find_audio, read_audio
from earwitness.stimuli.errors import ConfigError, ModelError
from earwitness.stimuli.run_folder import files_digest

from ..model_folder import MODEL_FILE, ModelFolder
from .interface import ItemInputs, Rendering
from .keys import refuse_unused


@dataclass(frozen=True)
class RenderedAudio:
    """A system whose output lies in a folder."""

    folder: Path

    def render(self, inputs: ItemInputs) -> Rendering:
        """Read what was rendered for `inputs.item`.

        Raises:
            ModelError: there is no such file.
            DataError: it is unreadable, or its rate is another than the item's.
        """
        path = find_audio(self.folder / inputs.item)
        if path is None:
            endings = ", ".join(AUDIO_SUFFIXES)
            raise ModelError(f"{self.folder / inputs.item}: no such file with an ending {endings}")
        stems = {
            stem.stem: read_audio(stem, rate=inputs.rate).samples
            for stem in stem_files(self.folder, inputs.item)
        }
        return Rendering(read_audio(path, rate=inputs.rate).samples, stems)


def stem_files(folder: Path, item: str) -> list[Path]:
    """The audio files of the folder that may lie beside a rendering, sorted."""
    return sorted(path for path in folder.glob(f"{item}/*") if path.suffix in AUDIO_SUFFIXES)


def check(model: ModelFolder) -> None:
    """Refuse a `model.toml` that this adapter cannot follow.

    Raises:
        ConfigError: `path` is missing or no folder, or a key is set that only code can use.
    """
    where, file = model.folder / MODEL_FILE, model.file
    if not file.path:
        raise ConfigError(f'{where}: adapter "rendered" needs path = "<folder with the audio>"')
    if not (model.folder / file.path).is_dir():
        raise ConfigError(f"{where}: path: {model.folder / file.path}: no such folder")
    refuse_unused(model, "path")


def load(model: ModelFolder) -> RenderedAudio:
    """The system of a checked model folder."""
    assert model.file.path is not None
    return RenderedAudio(model.folder / model.file.path)


def item_digest(model: ModelFolder, item: str) -> str:
    """What decides the rendering of one item: its files, so that others can change unharmed."""
    assert model.file.path is not None
    folder = model.folder / model.file.path
    own = find_audio(folder / item)
    return files_digest([*([own] if own else []), *stem_files(folder, item)], folder)
