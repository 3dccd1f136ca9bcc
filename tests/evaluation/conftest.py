"""A folder of small models and a dataset of noise, as a researcher would lay them out."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from earwitness.evaluation.run import Run, evaluate
from earwitness.stimuli.audio import Samples, Signal, write_wav

RATE = 16_000
FRAMES = 7 * RATE // 2  # 3.5 s: long enough for a loudness range
ITEMS = ("song-a", "song-b", "song-c")
# What the engine does with metrics does not depend on which: one or two of each kind suffice.
FEW = (
    "loudness_error_lu",
    "relative_loudness_error_lu",
    "lra_error_lu",
    "stoi",
    "estoi",
    "pesq_wb",
    "pcc_logstft_global",
    "pcc_envelope",
    "mrstft",
    "si_sdr_db",
)

HUMAN_MIX = """
    from earwitness.evaluation import Rendering

    class System:
        def __init__(self, parameters):
            pass

        def render(self, inputs):
            return Rendering(inputs.reference.audio, inputs.reference.stems)
"""

UNMIXED = """
    from earwitness.evaluation import Rendering

    class System:
        def __init__(self, parameters):
            pass

        def render(self, inputs):
            return Rendering(sum(inputs.audio.values()), inputs.audio)
"""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def noise(seed: int, *, peak: float = 0.1, channels: int = 1, frames: int = FRAMES) -> Samples:
    """White noise, deterministic."""
    values = np.random.default_rng(seed).uniform(-peak, peak, (channels, frames))
    return values.astype(np.float32)


@dataclass(frozen=True)
class Workplace:
    """`models/`, `data/<dataset>/` and `run/` in a temporary folder."""

    root: Path

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def run(self) -> Path:
        return self.root / "run"

    def item(self, item: str, dataset: str = "songs") -> Path:
        return self.root / "data" / dataset / "items" / item

    def dataset(
        self, items: tuple[str, ...] = ITEMS, *, name: str = "songs", more: str = "", start: int = 0
    ) -> Path:
        """A mix dataset whose leads are 6, 7, 8, … dB above their backings."""
        folder = self.root / "data" / name
        for place, item in enumerate(items, start):
            gain = 10 ** ((6 + place) / 20)
            self.stems(item, noise(2 * place, peak=0.05 * gain), noise(2 * place + 1), name)
        text = f"""
            name = "{name}"
            task = "mix"
            rate = {RATE}
            inputs = ["lead", "backing"]
            reference = "sum"
            baseline = "unmixed"
            licence = "CC0"
            """
        folder.joinpath("dataset.toml").write_text(textwrap.dedent(text) + textwrap.dedent(more))
        return folder

    def stems(self, item: str, lead: Samples, backing: Samples, dataset: str = "songs") -> None:
        write_wav(self.item(item, dataset) / "lead.wav", Signal(lead, RATE))
        write_wav(self.item(item, dataset) / "backing.wav", Signal(backing, RATE))

    def python(self, name: str, code: str, *, role: str = "model", more: str = "") -> Path:
        """A model folder with code."""
        folder = self.models / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "system.py").write_text(textwrap.dedent(code))
        self._describe(folder, role, 'adapter = "python"\nentry = "system.py:System"', more)
        return folder

    def rendered(
        self,
        name: str,
        audio: dict[str, Samples],
        *,
        role: str = "model",
        rate: int = RATE,
    ) -> Path:
        """A model folder with audio that exists already."""
        folder = self.models / name
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        for item, samples in audio.items():
            write_wav(folder / "audio" / f"{item}.wav", Signal(samples, rate))
        self._describe(folder, role, 'adapter = "rendered"\npath = "audio"', "")
        return folder

    def _describe(self, folder: Path, role: str, adapter: str, more: str) -> None:
        text = f'name = "{folder.name}"\ntask = "mix"\nrole = "{role}"\n{adapter}\n{more}\n'
        (folder / "model.toml").write_text(text)

    def evaluate(self, *, trust: bool = True) -> Run:
        """Evaluate everything, in this process."""
        return evaluate(self.models, out=self.run, only=FEW, trust=trust)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """An empty one."""
    return Workplace(tmp_path)


@pytest.fixture
def small(workplace: Workplace) -> Workplace:
    """Three songs; a rendered model and the unmixed baseline."""
    workplace.dataset()
    workplace.rendered("cnn", {item: noise(100 + i) for i, item in enumerate(ITEMS)})
    workplace.python("unmixed", UNMIXED, role="baseline")
    return workplace
