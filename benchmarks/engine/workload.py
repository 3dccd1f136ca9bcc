"""Folders of many small clips: a dataset, a system that runs code, one that is audio already."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np

from earwitness.stimuli.audio import Signal, write_wav

RATE_HZ = 16_000

SYSTEM = """
import numpy as np

from earwitness.evaluation import Rendering


class System:
    def __init__(self, parameters):
        self.smoothing = np.hanning(int(parameters["taps"]))
        self.smoothing /= self.smoothing.sum()

    def render(self, inputs):
        [samples] = inputs.audio["speech"]
        return Rendering(np.convolve(samples, self.smoothing, "same")[None].astype(np.float32))
"""


def make(folder: Path, clips: int, clip_s: float) -> Path:
    """`folder/data/clips` and `folder/models`: half noise, half voice-like, none like the other.

    Returns:
        The folder of the models.
    """
    generator = np.random.default_rng(0)
    items = folder / "data" / "clips" / "items"
    rendered = folder / "models" / "rendered"
    for number in range(clips):
        clip = _clip(generator, round(clip_s * RATE_HZ))
        write_wav(items / f"clip-{number:05d}" / "speech.wav", Signal(clip, RATE_HZ))
        noise = generator.normal(0, 0.01, clip.shape).astype(np.float32)
        write_wav(rendered / "audio" / f"clip-{number:05d}.wav", Signal(clip + noise, RATE_HZ))
    _write(
        items.parent / "dataset.toml",
        f"""
        name = "clips"
        task = "speech"
        rate = {RATE_HZ}
        inputs = ["speech"]
        reference = "speech"
        baseline = "smooth"
        licence = "CC0"
        """,
    )
    about = 'name = "{}"\ntask = "speech"\nrole = "{}"\nadapter = "{}"\n'
    _write(
        rendered / "model.toml", about.format("rendered", "model", "rendered") + 'path = "audio"'
    )
    smooth = rendered.with_name("smooth")
    keys = 'entry = "system.py:System"\n[parameters]\ntaps = 9'
    _write(smooth / "model.toml", about.format("smooth", "baseline", "python") + keys)
    _write(smooth / "system.py", SYSTEM)
    return rendered.parent


def _clip(generator: np.random.Generator, frames: int) -> np.ndarray:
    """Harmonics with a moving pitch and syllables of random length, with some noise."""
    time_s = np.arange(frames) / RATE_HZ
    pitch_hz = generator.uniform(90, 250) * (1 + 0.1 * np.sin(2 * np.pi * 2.3 * time_s))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    voice = sum(np.sin(k * phase) / k for k in range(1, 12))
    rhythm = np.clip(np.sin(2 * np.pi * generator.uniform(2, 5) * time_s + 1) + 0.4, 0, 1)
    clip = 0.05 * voice * rhythm + generator.normal(0, 0.003, frames)
    return clip[None].astype(np.float32)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip() + "\n", encoding="utf-8")
