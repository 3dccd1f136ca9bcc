"""Time of each metric beside the library that researchers use for it, in one process and run.

    python benchmarks/metrics.py [--clips 16] [--systems 4] [--seconds 10] [--only ID ...]

Speech is 16 kHz mono, mixes 44.1 kHz stereo; both are synthetic. Several systems share the
reference of an item, as in a run. Ours runs as a batch through
`score_pairs`, checks included; a peer loops over clips as its documentation shows. auraloss is
timed when it is installed. Medians of three runs, CPU milliseconds a clip (what other programs do
on the machine hardly moves them); ratio = peer / ours. The last lines compare kernels with their
limits: the loudness family with the bare transforms of its filter and one pass over the samples,
the spectral ones with the bare transforms of each estimate and, once an item, of the reference.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pesq
import pyloudnorm
import pystoi
import scipy.signal
import torch
from rich.console import Console
from rich.table import Table

from earwitness.evaluation.metrics import Pair, all_metrics, metric, score_pairs
from earwitness.evaluation.metrics.spectral import RESOLUTIONS
from earwitness.stimuli.audio import Signal

RUNS = 3


def make_pairs(
    clips: int, seconds: float, rate: int, channels: int, task: str, systems: int = 1
) -> list[Pair]:
    """Modulated noise and noisier copies of it, with stems; `systems` clips share a reference."""
    generator = np.random.default_rng(0)
    frames = round(seconds * rate)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3.0 * np.arange(frames) / rate)
    pairs = []
    for item in range(clips // systems):
        lead, backing, noise = 0.05 * generator.standard_normal((3, channels, frames)) * swell
        stems = {"lead": signal(lead, rate), "backing": signal(backing, rate)}
        reference = signal(lead + backing, rate)
        pairs += [
            Pair(
                system=f"noisy-{system}",
                item=str(item),
                task=task,
                estimate=signal(lead + backing + (0.3 + 0.1 * system) * noise, rate),
                reference=reference,
                estimate_stems=stems if task == "mix" else {},
                reference_stems=stems if task == "mix" else {},
            )
            for system in range(systems)
        ]
    return pairs


def signal(samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int) -> Signal:
    return Signal(samples.astype(np.float32), rate)


def _peers() -> dict[str, tuple[str, Callable[[Pair], object]]]:
    """Metric id → name of the peer and the call for one clip."""
    known: dict[str, tuple[str, Callable[[Pair], object]]] = {
        "loudness_error_lu": ("pyloudnorm (DeMan)", _pyloudnorm),
        "lra_error_lu": ("pyloudnorm (DeMan)", _pyloudnorm_range),
        "true_peak_error_db": ("scipy resample_poly × 4", _resample_poly),
        "stoi": ("pystoi", lambda pair: _pystoi(pair, extended=False)),
        "estoi": ("pystoi", lambda pair: _pystoi(pair, extended=True)),
        "pesq_wb": ("pesq", _pesq),
    }
    if importlib.util.find_spec("auraloss"):
        known["mrstft"] = ("auraloss", _auraloss())
    return known


def _pyloudnorm(pair: Pair) -> float:
    meter = pyloudnorm.Meter(pair.reference.rate, filter_class="DeMan")
    estimate, reference = (
        meter.integrated_loudness(side.samples.T) for side in (pair.estimate, pair.reference)
    )
    return abs(float(estimate) - float(reference))


def _pyloudnorm_range(pair: Pair) -> float:
    meter = pyloudnorm.Meter(pair.reference.rate, filter_class="DeMan")
    estimate, reference = (
        meter.loudness_range(side.samples.T) for side in (pair.estimate, pair.reference)
    )
    return abs(float(estimate) - float(reference))


def _resample_poly(pair: Pair) -> float:
    peaks = [
        np.abs(scipy.signal.resample_poly(side.samples, 4, 1, axis=1)).max()
        for side in (pair.estimate, pair.reference)
    ]
    return abs(20 * float(np.log10(peaks[0] / peaks[1])))


def _pystoi(pair: Pair, *, extended: bool) -> float:
    sides = (side.samples[0].astype(np.float64) for side in (pair.reference, pair.estimate))
    return float(pystoi.stoi(*sides, pair.reference.rate, extended=extended))


def _pesq(pair: Pair) -> float:
    return float(pesq.pesq(16_000, pair.reference.samples[0], pair.estimate.samples[0], "wb"))


def _auraloss() -> Callable[[Pair], object]:
    from auraloss.freq import MultiResolutionSTFTLoss

    loss = MultiResolutionSTFTLoss()
    return lambda pair: loss(
        *(torch.from_numpy(side.samples)[None] for side in (pair.estimate, pair.reference))
    )


PEERS = _peers()
# What is measured together, beside the peers of its members one after the other.
TOGETHER = (
    ("loudness_error_lu", "lra_error_lu", "true_peak_error_db"),
    ("stoi", "estoi"),
)


def median_ms(work: Callable[[], object], clips: int) -> float:
    """Median over the runs of the CPU time a clip takes, after one run to warm up."""
    work()
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return 1000.0 * statistics.median(times) / clips


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--systems", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="ids of metrics (default: all)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shape, systems = (options.clips, options.seconds), options.systems
    speech = make_pairs(*shape, 16_000, 1, "speech", systems)
    mixes = make_pairs(*shape, 44_100, 2, "mix", systems)
    table = Table("metric", "audio", "ours, ms", "peer, ms", "ratio", "peer")
    for names in (*TOGETHER, *((name,) for name in all_metrics())):
        if not options.only or set(names) & set(options.only):
            tasks = metric(names[0]).facts.tasks
            table.add_row(*_row(names, speech if tasks == ("speech",) else mixes))
    Console().print(table)
    print(f"{options.clips} clips of {options.seconds:g} s, {options.threads} torch thread(s)")
    _print_limit(mixes)
    sizes = tuple((size, hop) for size, hop, _ in RESOLUTIONS)
    _print_transforms(["mrstft"], mixes, sizes, 44_100, torch.float32, systems)
    # Once to find the bands of what is left after the silent frames.
    _print_transforms(["stoi", "estoi"], speech, ((512, 128),), 10_000, torch.float64, systems)


def _row(names: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """The table's row of some metrics in one call."""
    metrics = [metric(name) for name in names]
    task = metrics[0].facts.tasks
    if task and pairs[0].task not in task:
        pairs = [replace(pair, task=task[0]) for pair in pairs]
    ours = median_ms(lambda: score_pairs(pairs, metrics), len(pairs))
    audio = f"{pairs[0].reference.rate / 1000:g} kHz × {pairs[0].reference.channels}"
    row = [" + ".join(names), audio, f"{ours:.1f}"]
    if all(name in PEERS for name in names):
        calls = [PEERS[name][1] for name in names]
        theirs = median_ms(lambda: [call(pair) for pair in pairs for call in calls], len(pairs))
        peers = dict.fromkeys(PEERS[name][0] for name in names)
        row += [f"{theirs:.1f}", f"{theirs / ours:.2f}", " + ".join(peers)]
    return row


def _print_limit(pairs: Sequence[Pair]) -> None:
    """How far the loudness family is from its filter's transforms and from memory bandwidth."""
    sides = [torch.from_numpy(side.samples) for p in pairs for side in (p.estimate, p.reference)]
    size, fresh = 20_480, 16_384  # five times 4096 taps, as the filter has them up to 48 kHz
    blocks = [side.flatten()[: side.numel() // fresh * fresh].reshape(-1, fresh) for side in sides]
    padded = [torch.nn.functional.pad(block, (0, size - fresh)) for block in blocks]

    def transforms() -> None:
        for block in padded:
            for few in block.split(12):
                torch.fft.irfft(torch.fft.rfft(few), size)

    family = [metric(name) for name in TOGETHER[0]]
    ours = median_ms(lambda: score_pairs(pairs, family), len(pairs))
    bare = median_ms(transforms, len(pairs))
    read = median_ms(lambda: [side.amax() for side in sides], len(pairs))
    # Of a real transform: 2.5 n log2 n (half of the usual 5 n log2 n), forward and back.
    gflop = sum(len(block) for block in padded) * 2 * 2.5 * size * math.log2(size) / 1e9
    megabytes = sum(side.numel() for side in sides) * 4 / 1e6 / len(pairs)
    rate = gflop / len(pairs) / (bare / 1e3)
    print(
        f"limit of {' + '.join(TOGETHER[0])}: {bare:.1f} ms of bare transforms ({rate:.1f} GFLOP/s)"
        f" and {read:.1f} ms to read {megabytes:.1f} MB once; ours is at {(bare + read) / ours:.0%}"
        " of it"
    )


def _print_transforms(
    names: Sequence[str],
    pairs: Sequence[Pair],
    resolutions: Sequence[tuple[int, int]],
    rate: int,
    kind: torch.dtype,
    systems: int,
) -> None:
    """How far spectral metrics are from the transforms (size, hop) that they cannot do without."""
    ours = median_ms(lambda: score_pairs(pairs, [metric(name) for name in names]), len(pairs))
    reference, bare, gflop = pairs[0].reference, 0.0, 0.0
    for size, hop in resolutions:
        frames = reference.frames * rate // reference.rate // hop * reference.channels
        block = torch.rand(min(frames, 2**18 // size), size, dtype=kind)
        runs = math.ceil(frames / len(block))
        work = functools.partial(_transform, block, runs)
        bare += median_ms(work, 1) * (1 + 1 / systems)
        gflop += runs * len(block) * 2.5 * size * math.log2(size) / 1e9 * (1 + 1 / systems)
    print(
        f"limit of {' + '.join(names)}: {bare:.1f} ms of bare transforms "
        f"({gflop / (bare / 1e3):.1f} GFLOP/s); ours is at {bare / ours:.0%} of it"
    )


def _transform(block: torch.Tensor, runs: int) -> None:
    for _ in range(runs):
        torch.fft.rfft(block)


if __name__ == "__main__":
    main()
