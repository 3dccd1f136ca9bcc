"""Time of each metric beside the library that researchers use for it, in one process and run.

    python benchmarks/metrics.py [--clips 16] [--seconds 10] [--threads 1]

Speech is 16 kHz mono, mixes 44.1 kHz stereo; both are synthetic. Ours runs as a batch through
`score_pairs`, checks included; a peer loops over clips as its documentation shows. auraloss is
timed when it is installed. Medians of three runs, CPU milliseconds a clip (what other programs do
on the machine hardly moves them); ratio = peer / ours.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import pesq
import pyloudnorm
import pystoi
import torch
from rich.console import Console
from rich.table import Table

from earwitness.evaluation.metrics import Pair, all_metrics, metric, score_pairs
from earwitness.stimuli.audio import Signal

RUNS = 3


def make_pairs(clips: int, seconds: float, rate: int, channels: int, task: str) -> list[Pair]:
    """Modulated noise and a noisier copy of it, with stems."""
    generator = np.random.default_rng(0)
    frames = round(seconds * rate)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3.0 * np.arange(frames) / rate)
    pairs = []
    for item in range(clips):
        lead, backing, noise = 0.05 * generator.standard_normal((3, channels, frames)) * swell
        stems = {"lead": signal(lead, rate), "backing": signal(backing, rate)}
        reference = signal(lead + backing, rate)
        estimate = signal(lead + backing + 0.3 * noise, rate)
        pairs.append(
            Pair(
                system="noisy",
                item=str(item),
                task=task,
                estimate=estimate,
                reference=reference,
                estimate_stems=stems if task == "mix" else {},
                reference_stems=stems if task == "mix" else {},
            )
        )
    return pairs


def signal(samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int) -> Signal:
    return Signal(samples.astype(np.float32), rate)


def _peers() -> dict[str, tuple[str, Callable[[Pair], object]]]:
    """Metric id → name of the peer and the call for one clip."""
    known: dict[str, tuple[str, Callable[[Pair], object]]] = {
        "loudness_error_lu": ("pyloudnorm (DeMan)", _pyloudnorm),
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
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    speech = make_pairs(options.clips, options.seconds, 16_000, 1, "speech")
    mixes = make_pairs(options.clips, options.seconds, 44_100, 2, "mix")
    table = Table("metric", "audio", "ours, ms", "peer, ms", "ratio", "peer")
    for name, entry in all_metrics().items():
        is_speech = entry.facts.tasks == ("speech",)
        table.add_row(*_row(name, speech if is_speech else mixes))
    Console().print(table)
    print(f"{options.clips} clips of {options.seconds:g} s, {options.threads} torch thread(s)")


def _row(name: str, pairs: Sequence[Pair]) -> list[str]:
    """The table's row of a metric."""
    ours = median_ms(lambda: score_pairs(pairs, [metric(name)]), len(pairs))
    audio = f"{pairs[0].reference.rate / 1000:g} kHz × {pairs[0].reference.channels}"
    row = [name, audio, f"{ours:.1f}"]
    if name in PEERS:
        peer, call = PEERS[name]
        theirs = median_ms(lambda: [call(pair) for pair in pairs], len(pairs))
        row += [f"{theirs:.1f}", f"{theirs / ours:.2f}", peer]
    return row


if __name__ == "__main__":
    main()
