"""Do metrics give the same value on the GPU as on the CPU? `earwitness metrics --parity`.

Every metric that runs in torch scores the same pairs on both, in batches of several lengths. The
values may differ by `TOLERANCE` of the value (of 1 for smaller ones): sums in another order, never
TF32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from earwitness.stimuli.audio import Samples, Signal

from .metrics import score_pairs
from .metrics.facts import STEMS, Pair
from .metrics.metric import Metric

TOLERANCE = 1e-4
LENGTHS_S = (4.0, 5.1)
RATES_HZ = {"mix": 44_100, "style": 44_100, "speech": 16_000}


@dataclass(frozen=True)
class Parity:
    """How far the values of one metric are apart.

    Attributes:
        metric: its id.
        values: pairs that have a value on both devices.
        difference: the largest, as a share of the value (of 1 for smaller ones).
        reason: what differs besides values; empty if nothing does.
    """

    metric: str
    values: int
    difference: float
    reason: str

    @property
    def is_kept(self) -> bool:
        return not self.reason and self.difference <= TOLERANCE


def parity(metrics: Sequence[Metric], device: str) -> list[Parity]:
    """Each torch metric of pairs on `device` against the CPU."""
    chosen = [m for m in metrics if m.facts.resource == "torch" and not m.facts.is_of_sets]
    found: dict[str, list[Parity]] = {metric.facts.id: [] for metric in chosen}
    for task in RATES_HZ:
        pairs = _pairs(task)
        tables = [score_pairs(pairs, chosen, device=where) for where in ("cpu", device)]
        for place, metric in enumerate(chosen):
            here, there = ([row[place] for row in table] for table in tables)
            both = [(a.value, b.value) for a, b in zip(here, there, strict=True)]
            known = [(a, b) for a, b in both if a is not None and b is not None]
            gap = max((abs(a - b) / max(1.0, abs(a)) for a, b in known), default=0.0)
            states = [
                f"{a.status} on the CPU, {b.status} on {device} ({b.reason or a.reason})"
                for a, b in zip(here, there, strict=True)
                if a.status != b.status
            ]
            one = Parity(metric.facts.id, len(known), gap, states[0] if states else "")
            found[metric.facts.id].append(one)
    return [_worst(results) for results in found.values()]


def _worst(results: Sequence[Parity]) -> Parity:
    """One result over all tasks."""
    return replace(
        max(results, key=lambda one: (bool(one.reason), one.difference)),
        values=sum(one.values for one in results),
    )


def _pairs(task: str) -> list[Pair]:
    generator = np.random.default_rng(0)
    return [_pair(task, length_s, generator) for length_s in LENGTHS_S]


def _pair(task: str, length_s: float, generator: np.random.Generator) -> Pair:
    """Voice and noise against a quieter, duller and noisier rendering of them."""
    rate = RATES_HZ[task]
    frames = round(length_s * rate)
    channels = 1 if task == "speech" else 2
    lead = _voice(frames, rate, channels)
    backing = generator.normal(0.0, 0.03, (channels, frames)).astype(np.float32)
    stems = dict(zip(STEMS, (lead, backing), strict=True))
    noisy = {
        name: (0.7 * _dull(stem) + generator.normal(0.0, 0.002, stem.shape)).astype(np.float32)
        for name, stem in stems.items()
    }
    given = task == "mix"
    return Pair(
        system="",
        item=f"{length_s:g} s",
        task=task,
        estimate=Signal(noisy["lead"] + noisy["backing"], rate),
        reference=Signal(lead + backing, rate),
        estimate_stems=_signals(noisy, rate) if given else {},
        reference_stems=_signals(stems, rate) if given else {},
        level_is_given=False,
    )


def _voice(frames: int, rate: int, channels: int) -> Samples:
    """Harmonics with vibrato and syllables, panned a little."""
    time_s = np.arange(frames) / rate
    phase = 2 * np.pi * np.cumsum(160.0 * (1 + 0.05 * np.sin(2 * np.pi * 5.0 * time_s))) / rate
    voice = sum((np.sin(k * phase) / k for k in range(1, 16)), np.zeros(frames))
    rhythm = np.clip(np.sin(2 * np.pi * 3.0 * time_s) + 0.5, 0.0, 1.0)
    gains = np.linspace(1.0, 0.6, channels)[:, None]
    return (0.1 * gains * voice * rhythm).astype(np.float32)


def _dull(samples: Samples) -> Samples:
    return (0.5 * samples + 0.5 * np.roll(samples, 1, axis=1)).astype(np.float32)


def _signals(stems: dict[str, Samples], rate: int) -> dict[str, Signal]:
    return {name: Signal(samples, rate) for name, samples in stems.items()}
