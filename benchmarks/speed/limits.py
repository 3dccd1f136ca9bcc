"""How far each kernel is from what the machine can do: transforms and memory.

The limit of a spectral kernel is the time that its transforms alone take (torch's `rfft` on blocks
that fit the cache, of each estimate, and once an item of its reference), plus one pass over the
samples at the bandwidth of a copy. On a CPU all of it is CPU time in one thread.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from earwitness.evaluation.metrics import Pair, metric, score_pairs
from earwitness.evaluation.metrics.spectral import RESOLUTIONS

from .comparisons import INTELLIGIBILITY, LOUDNESS
from .ours import read_pairs
from .workload import SYSTEMS, write_round

RUNS = 5
_BLOCK_SAMPLES = {"cpu": 2**18, "cuda": 2**27}


@dataclass(frozen=True)
class Kernel:
    """Metrics that one kernel computes, and the transforms that it cannot do without.

    Attributes:
        transforms: (size, hop, forward and back) of each resolution.
        rate: at which, in Hz; None is the signal's own.
        kind: of the samples.
        mono: whether the channels are averaged first.
    """

    title: str
    task: str
    metrics: tuple[str, ...]
    transforms: tuple[tuple[int, int, int], ...]
    rate: int | None = None
    kind: torch.dtype = torch.float32
    mono: bool = False


_K_FILTER = (20_480, 16_384, 2)  # 4096 taps, as up to 48 kHz
KERNELS = (
    Kernel("LUFS + LRA + true peak", "mix", LOUDNESS, (_K_FILTER,)),
    Kernel(
        "multi-resolution STFT, with its level matching",
        "mix",
        ("mrstft",),
        (_K_FILTER, *((size, hop, 1) for size, hop, _ in RESOLUTIONS)),
    ),
    Kernel(
        "mel-band distance, with its level matching",
        "mix",
        ("mel_distance_db",),
        (_K_FILTER, (1764, 441, 1)),
        mono=True,
    ),
    Kernel(
        "FxNorm's spectral features", "mix", ("fxnorm_spectral_mape_percent",), ((4096, 1024, 1),)
    ),
    Kernel("FxNorm's panning", "mix", ("fxnorm_panning_mape_percent",), ((2048, 1024, 1),)),
    Kernel(
        "STOI + ESTOI", "speech", INTELLIGIBILITY, ((512, 128, 1),), 10_000, torch.float64, True
    ),
)


@dataclass(frozen=True)
class Share:
    """Milliseconds a clip (estimate and its share of the reference)."""

    title: str
    ours_ms: float
    transforms_ms: float
    gflops: float
    memory_ms: float

    @property
    def of_limit(self) -> float:
        return (self.transforms_ms + self.memory_ms) / self.ours_ms


def measure_limits(folder: Path, device: str) -> list[Share]:
    """Time every kernel beside its limit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        written = write_round(folder, 0, 1, 1)
        by_task = {
            task: read_pairs([pair for pair in written if pair["task"] == task])
            for task in ("mix", "speech")
        }
        bytes_per_s = _bandwidth(device)
        return [_share(kernel, by_task[kernel.task], device, bytes_per_s) for kernel in KERNELS]
    finally:
        torch.set_num_threads(threads)


def _share(kernel: Kernel, pairs: Sequence[Pair], device: str, bytes_per_s: float) -> Share:
    metrics = [metric(name) for name in kernel.metrics]
    ours = _seconds(lambda: score_pairs(pairs, metrics, device=device), device) / len(pairs)
    reference = pairs[0].reference
    rate, channels = kernel.rate or reference.rate, 1 if kernel.mono else reference.channels
    sides = 1 + 1 / SYSTEMS
    transforms, flop = 0.0, 0.0
    for size, hop, ways in kernel.transforms:
        frames = reference.frames * rate // reference.rate // hop * channels
        block = torch.rand(min(frames, _BLOCK_SAMPLES[device] // size), size, dtype=kernel.kind)
        work = _transforms(block.to(device), math.ceil(frames / len(block)), both=ways == 2)
        transforms += _seconds(work, device) * sides
        # Of a real transform: 2.5 n log2 n, half of the usual 5 n log2 n.
        flop += ways * frames * 2.5 * size * math.log2(size) * sides
    memory = reference.samples.nbytes * sides / bytes_per_s
    return Share(kernel.title, 1e3 * ours, 1e3 * transforms, flop / transforms / 1e9, 1e3 * memory)


def _transforms(block: torch.Tensor, runs: int, *, both: bool) -> Callable[[], None]:
    def work() -> None:
        for _ in range(runs):
            spectrum = torch.fft.rfft(block)
            if both:
                torch.fft.irfft(spectrum, block.shape[-1])

    return work


def _bandwidth(device: str) -> float:
    """Bytes a second that a large copy reads."""
    source = torch.rand(2**25, device=device)
    target = torch.empty_like(source)
    return source.nbytes / _seconds(lambda: target.copy_(source), device)


def _seconds(work: Callable[[], object], device: str) -> float:
    """Median over the runs, after one to warm up: CPU time, or wall time on a GPU."""
    work()
    times = []
    for _ in range(RUNS):
        started = _clock(device)
        work()
        times.append(_clock(device) - started)
    return statistics.median(times)


def _clock(device: str) -> float:
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()
