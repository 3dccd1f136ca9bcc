"""What turns a signal into vectors: its declaration, and how a batch of signals passes through it.

A signal is cut into windows that overlap, all wholly inside it (a shorter one is padded with
zeros to one window). The network sees windows only, so that no embedding depends on batch mates,
padding or order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..metrics.batch import View
from ..metrics.facts import package_version

# Samples of windows that a network gets at once.
_BLOCK_SAMPLES = {"cpu": 2**21, "cuda": 2**25}

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False, kw_only=True)
class Embedder:
    """A declared embedder.

    Attributes:
        id: lower snake case; the ending of its metrics' ids.
        title: the name in tables.
        rate_hz: of the signals that it takes.
        window_s: length of a window.
        hop_s: from one window to the next.
        load: device name → the network: windows (float32, window × sample) → embeddings
            (window × dimension). Raises `ModelError` when it cannot be had.
        citation: paper or package that defines it.
        revision: raised whenever an embedding may change.
        description: what it hears.
        tasks: the tasks that it was made for; None for all.
        packages: the packages that its weights lie in; the first one names the version.
        install: the command that installs them; empty where nothing is needed.
    """

    id: str
    title: str
    rate_hz: int
    window_s: float
    hop_s: float
    load: Callable[[str], Network]
    citation: str
    revision: str
    description: str
    tasks: tuple[str, ...] | None = None
    packages: tuple[str, ...] = ()
    install: str = ""

    @property
    def version(self) -> str:
        """Revision and the packages it depends on: another one is another embedding."""
        found = [f"{name} {package_version(name) or 'absent'}" for name in self.packages]
        return f"{self.revision} ({', '.join(found)})" if found else self.revision


def embed(embedder: Embedder, network: Network, view: View) -> tuple[list[Tensor], list[Tensor]]:
    """The embeddings of both sides of each pair.

    Args:
        embedder: says how windows lie.
        network: what `embedder.load` gave.
        view: mono, at the embedder's rate.

    Returns:
        (estimates, references): per pair float32, window × dimension, on the CPU.
    """
    lengths = view.lengths.tolist()
    first, places = (index.tolist() for index in view.distinct())
    estimates = _of_clips(embedder, network, view.estimate[:, 0], lengths)
    once = _of_clips(embedder, network, view.reference[first, 0], [lengths[row] for row in first])
    return estimates, [once[place] for place in places]


def _of_clips(
    embedder: Embedder, network: Network, samples: Tensor, lengths: Sequence[int]
) -> list[Tensor]:
    window = round(embedder.window_s * embedder.rate_hz)
    hop = round(embedder.hop_s * embedder.rate_hz)
    padded = torch.nn.functional.pad(samples.float(), (0, max(0, window - samples.shape[-1])))
    windows = padded.unfold(-1, window, hop)
    counts = [max(0, (length - window) // hop) + 1 for length in lengths]
    cut = [windows[row, :count] for row, count in enumerate(counts)]
    step = max(1, _BLOCK_SAMPLES[samples.device.type] // window)
    return list(torch.split(_through(network, torch.cat(cut), step), counts))


def _through(network: Network, windows: Tensor, step: int) -> Tensor:
    """Embeddings of windows, so many at once, or half as many where memory runs out."""
    try:
        return torch.cat([network(block).float().cpu() for block in torch.split(windows, step)])
    except torch.OutOfMemoryError:
        if step == 1:
            raise
        return _through(network, windows, step // 2)
