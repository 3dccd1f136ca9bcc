"""What is compared with whom, and the rounds in which it is measured.

Contenders take turns on the same files, so that what else the machine does hits all of them. A
ratio is the median over the rounds of the ratios within a round.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .contender import Contender, Pair, Timing
from .workload import DIMENSIONS, VECTORS, write_embeddings, write_round

LOUDNESS = ("loudness_error_lu", "lra_error_lu", "true_peak_error_db")
INTELLIGIBILITY = ("stoi", "estoi")
MIX = (*LOUDNESS, "mrstft", "mel_distance_db", "fxnorm_spectral_mape_percent")
SPEECH = (*INTELLIGIBILITY, "mel_distance_db")
MIXES, SENTENCES = 2, 2  # items of a round, with four systems each


@dataclass(frozen=True)
class Comparison:
    """Some metrics that we and some peers compute, and the least ratio that we aim at."""

    title: str
    work: Mapping[str, Sequence[str]]  # task → metrics
    peers: Mapping[str, float | None]  # name of the contender → target
    told: bool = False  # the peer is the loop, which told in the first comparison what these took


Spoken = dict[str, tuple[float, float]]  # part of the work → (wall, CPU) seconds a pair
ALL_BUT_PESQ = {"mix": MIX, "speech": SPEECH}
COMPARISONS = (
    Comparison(
        "everything that both compute, PESQ apart", ALL_BUT_PESQ, {"loop": 4.0, "pool": 3.0}
    ),
    Comparison("LUFS + LRA + true peak", {"mix": LOUDNESS}, {"loop": 5.0}, told=True),
    Comparison("STOI + ESTOI", {"speech": INTELLIGIBILITY}, {"loop": 3.0}, told=True),
    Comparison("multi-resolution STFT", {"mix": ("mrstft",)}, {"loop": 4.0}, told=True),
    Comparison("mel-band distance", {"mix": ("mel_distance_db",)}, {"loop": None}, told=True),
    Comparison(
        "FxNorm's spectral features",
        {"mix": ("fxnorm_spectral_mape_percent",)},
        {"loop": None},
        told=True,
    ),
    Comparison(
        "STOI + ESTOI + SI-SDR + SDR",
        {"speech": (*INTELLIGIBILITY, "si_sdr_db", "sdr_db")},
        {"torchmetrics": None},
    ),
    Comparison("STOI + ESTOI", {"speech": INTELLIGIBILITY}, {"versa": None}),
    Comparison(
        f"Fréchet distance of {VECTORS} × {DIMENSIONS}",
        {"set": ("frechet_distance",)},
        {"fadtk": None},
    ),
)


@dataclass
class Measured:
    """Seconds a pair of each contender in each round, and how far values differ at most."""

    wall_s: dict[str, list[float]] = field(default_factory=dict)
    cpu_s: dict[str, list[float]] = field(default_factory=dict)
    difference: dict[tuple[str, str], float] = field(default_factory=dict)  # (contender, metric)

    def add(self, contender: str, wall_s: float, cpu_s: float) -> None:
        """Note a round."""
        self.wall_s.setdefault(contender, []).append(wall_s)
        self.cpu_s.setdefault(contender, []).append(cpu_s)

    def compare(self, contender: str, mine: Timing, theirs: Timing) -> None:
        """Note how far the contender's values are from ours."""
        for own, other in zip(mine.values, theirs.values, strict=True):
            for metric, value in other.items():
                key = contender, metric
                self.difference[key] = max(self.difference.get(key, 0.0), abs(value - own[metric]))

    def milliseconds(self, contender: str, *, cpu: bool = False) -> float:
        """Median over the rounds."""
        return 1e3 * statistics.median((self.cpu_s if cpu else self.wall_s)[contender])

    def ratio(self, contender: str, *, cpu: bool = False) -> float:
        """Contender / ours, median over the rounds."""
        seconds = self.cpu_s if cpu else self.wall_s
        turns = zip(seconds[contender], seconds["ours"], strict=True)
        return statistics.median(theirs / mine for theirs, mine in turns)


def measure(
    contenders: Mapping[str, Contender], folder: Path, rounds: int
) -> list[tuple[Comparison, Measured]]:
    """Run all comparisons `rounds` times, after a round to warm up."""
    found = [(comparison, Measured()) for comparison in COMPARISONS]
    for number in range(-1, rounds):
        pairs = write_round(folder, number + 1, MIXES, SENTENCES)
        pairs += write_embeddings(folder, number + 1)
        spoken: Spoken = {}
        for comparison, measured in found:
            kept = measured if number >= 0 else Measured()
            _turn(contenders, comparison, kept, pairs, spoken, swap=number % 2 == 1)
    return found


def _turn(
    contenders: Mapping[str, Contender],
    comparison: Comparison,
    measured: Measured,
    pairs: Sequence[Pair],
    spoken: Spoken,
    *,
    swap: bool,
) -> None:
    """Let every contender of a comparison take its turn."""
    names = ["ours"] if comparison.told else ["ours", *comparison.peers]
    timings = {}
    for name in reversed(names) if swap else names:
        timings[name] = _score(contenders[name], comparison.work, pairs)
        measured.add(name, *timings[name].each)
    for name in names[1:]:
        for mine, theirs in zip(timings["ours"].calls, timings[name].calls, strict=True):
            measured.compare(name, mine, theirs)
    if comparison.told:
        metrics = [metric for work in comparison.work.values() for metric in work]
        task = next(iter(comparison.work))
        parts = [spoken[f"{task} {name}"] for name in ("read", *metrics)]
        measured.add("loop", *(sum(seconds) for seconds in zip(*parts, strict=True)))
    elif "loop" in timings:
        spoken.update(timings["loop"].parts)


@dataclass(frozen=True)
class _Timings:
    """The calls of one contender for one comparison, by task."""

    calls: list[Timing]
    pairs: list[int]
    tasks: list[str]

    @property
    def each(self) -> tuple[float, float]:
        """(wall, CPU) seconds a pair."""
        total = sum(self.pairs)
        wall_s, cpu_s = (sum(getattr(call, n) for call in self.calls) for n in ("wall_s", "cpu_s"))
        return wall_s / total, cpu_s / total

    @property
    def parts(self) -> Spoken:
        """By task and part."""
        return {
            f"{task} {part}": (wall_s / count, cpu_s / count)
            for task, call, count in zip(self.tasks, self.calls, self.pairs, strict=True)
            for part, (wall_s, cpu_s) in call.parts_s.items()
        }


def _score(
    contender: Contender, work: Mapping[str, Sequence[str]], pairs: Sequence[Pair]
) -> _Timings:
    own = {task: [pair for pair in pairs if pair["task"] == task] for task in work}
    calls = [contender.score(own[task], metrics) for task, metrics in work.items()]
    return _Timings(calls, [len(own[task]) for task in work], [*work])
