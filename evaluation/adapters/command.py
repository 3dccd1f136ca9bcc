"""Adapter `command`: any program that reads WAV files and writes one.

`command = ["./mix", "--lead", "{lead}", "--backing", "{backing}", "--out", "{output}"]` runs in the
model's folder, once an item, without a shell. `{<input>}` is the file of that input (float32 WAV;
`.npz` with `values` and `rate` for an array), `{output}` the WAV file to write, `{stems}` a folder
for processed stems (`lead.wav`, `backing.wav`), `{reference}` the reference, for roles that get it.
"""

from __future__ import annotations

import string
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from earwitness.stimuli.audio import Signal, read_audio, write_wav
from earwitness.stimuli.errors import ConfigError, ModelError

from ..model_folder import MODEL_FILE, ModelFolder
from .interface import ItemInputs, Rendering
from .keys import refuse_unused


@dataclass(frozen=True)
class Command:
    """A system that is a program."""

    folder: Path
    arguments: tuple[str, ...]

    def render(self, inputs: ItemInputs) -> Rendering:
        """Run the program on one item.

        Raises:
            ModelError: it cannot be started or fails, writes no output, or a placeholder is
                unknown.
            DataError: what it wrote is no audio of the item's rate.
        """
        with tempfile.TemporaryDirectory(prefix="earwitness-") as name:
            files = _written(inputs, Path(name))
            self._run([_filled(argument, files) for argument in self.arguments])
            return _read(files, inputs.rate)

    def _run(self, arguments: list[str]) -> None:
        try:
            done = subprocess.run(
                arguments, cwd=self.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise ModelError(f"its command cannot be started ({error})") from error
        told = done.stderr.decode(errors="replace")
        sys.stderr.write(told)
        if done.returncode:
            last = (told.strip().splitlines() or ["it said nothing"])[-1]
            raise ModelError(f"its command ended with exit code {done.returncode}: {last}")


def check(model: ModelFolder) -> None:
    """Refuse a `model.toml` that this adapter cannot follow.

    Raises:
        ConfigError: `command` is missing or has a malformed placeholder or no `{output}`.
    """
    where = model.folder / MODEL_FILE
    refuse_unused(model, "command")
    if not model.file.command:
        raise ConfigError(
            f'{where}: adapter "command" needs command = ["program", "{{lead}}", …, "{{output}}"]'
        )
    try:
        names = {name for one in model.file.command for _, name, _, _ in _parsed(one)}
    except ValueError as error:
        raise ConfigError(f"{where}: command: {error}") from error
    if "output" not in names:
        raise ConfigError(f'{where}: command: has no "{{output}}", the WAV file to write')


def load(model: ModelFolder) -> Command:
    """The system of a checked model folder."""
    return Command(model.folder, model.file.command)


def _parsed(argument: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(string.Formatter().parse(argument))


def _written(inputs: ItemInputs, folder: Path) -> dict[str, Path]:
    """Every placeholder's path, the inputs' files written."""
    files = {}
    for name, samples in inputs.audio.items():
        files[name] = folder / f"{name}.wav"
        write_wav(files[name], Signal(samples, inputs.rate))
    for name, array in inputs.arrays.items():
        files[name] = folder / f"{name}.npz"
        np.savez(files[name], values=array.values, rate=array.rate)
    if inputs.reference is not None:
        files["reference"] = folder / "reference.wav"
        write_wav(files["reference"], Signal(inputs.reference.audio, inputs.rate))
    files |= {"output": folder / "output" / "audio.wav", "stems": folder / "output" / "stems"}
    files["stems"].mkdir(parents=True)
    return files


def _filled(argument: str, files: dict[str, Path]) -> str:
    parts = []
    for text, name, _, _ in _parsed(argument):
        if name is not None and name not in files:
            raise ModelError(f'command: unknown "{{{name}}}"; there are {", ".join(files)}')
        parts += [text, "" if name is None else str(files[name])]
    return "".join(parts)


def _read(files: dict[str, Path], rate: int) -> Rendering:
    if not files["output"].is_file():
        raise ModelError("its command wrote no {output}")
    stems = {
        path.stem: read_audio(path, rate=rate).samples
        for path in sorted(files["stems"].glob("*.wav"))
    }
    return Rendering(read_audio(files["output"], rate=rate).samples, stems)
