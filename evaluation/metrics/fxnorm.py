"""What FxNorm-automix measures a mix on: trimmed, peak-normalised stereo in frames of 93 ms.

Martínez-Ramírez et al., "Automatic music mixing with deep learning and out-of-domain data", ISMIR
2022, with the parameters of the published code. At 44.1 kHz a frame has its 4096 samples and
starts every 1024; at other rates, as many as last as long.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .batch import Gap, Memo, Scores, View
from .facts import Facts
from .metric import Metric
from .registry import register
from .running import Track
from .stft import power_blocks

CITATION = (
    "Martínez-Ramírez, Liao, Fabbro, Uhlich, Nagashima, Mitsufuji: Automatic music mixing with "
    "deep learning and out-of-domain data, ISMIR 2022 (FxNorm-automix), and its code"
)
RATE_HZ, HOP_FRAMES, HOPS_PER_FRAME = 44_100, 1024, 4
RUNNING_FRAMES = 40
PEAK_DBFS = -1.0
# The start and end of the reference are trimmed as sox's `silence` does by default: up to the
# first 100 ms in which the RMS of the last 20 ms stays at 0.1 % of full scale or above.
TRIM_LEVEL, TRIM_WINDOW_S, TRIM_HOLD_S = 1e-3, 0.020, 0.1
# Samples that are measured at once: on a CPU about a clip, so that its many spectra take turns in
# the same memory.
_CLIPS_SAMPLES = {"cpu": 2**20, "cuda": 2**27}

Features = dict[str, Tensor]

METHOD = (
    "Start and end are trimmed where the reference is silent (below 0.1 % of full scale), both "
    "sides are normalised to a peak of −1 dBFS, and the feature is averaged over 40 frames of "
    "93 ms (at 44.1 kHz: 4096 samples every 1024; 0.998 s in all), from every frame on."
)


def mape_facts(feature: str, what: str) -> Facts:
    """The facts of `fxnorm_<feature>_mape_percent`; `what` says what the feature is."""
    return Facts(
        id=f"fxnorm_{feature}_mape_percent",
        title=f"{feature.replace('_', ' ').capitalize()} MAPE (FxNorm)",
        unit="%",
        low=0.0,
        high=None,
        direction="lower",
        level="as_is",
        channels="all",
        citation=CITATION,
        version="1",
        description=(
            f"Mean absolute percentage error of {what}. {METHOD} Comparable with published "
            "values; a percentage depends on the zero point of its scale, so prefer the errors "
            "in dB, LU and octaves."
        ),
        tasks=("mix", "style"),
        parameters=(("running_frames", RUNNING_FRAMES),),
    )


def register_feature(facts: Facts, measure: Callable[[View, str], Scores], feature: str) -> Metric:
    """Register `measure(view, feature)` under `facts`."""

    @functools.wraps(measure)
    def compute(view: View) -> Scores:
        return measure(view, feature)

    compute.__qualname__ = facts.id
    return register(facts)(compute)


class Clips(Memo):
    """One side of some pairs: samples (clip × channel × frame), their lengths and rate."""

    def __init__(self, samples: Tensor, lengths: Tensor, rate: int) -> None:
        super().__init__()
        self.samples = samples
        self.lengths = lengths
        self.rate = rate

    @property
    def magnitudes(self) -> Tensor:
        """Of frames of 93 ms: clip × channel × frame × bin, made once for all features."""
        hop = hop_frames(self.rate)
        return self.memo("magnitudes", lambda: magnitudes(self.samples, HOPS_PER_FRAME * hop, hop))


Measure = Callable[[Clips], Features]


@dataclass(frozen=True, eq=False)
class Trimmed:
    """Both sides from where the reference starts to where it ends, at a common peak."""

    view: View
    gaps: tuple[Gap, ...]


def trimmed(view: View) -> Trimmed:
    """Both sides without the silence around the reference, at a peak of −1 dBFS each."""

    def make() -> Trimmed:
        rows, back = view.distinct()
        whole = zip(view.reference[rows], view.lengths[rows].tolist(), strict=True)
        known = [_sounding(side[:, :length], view.rate) for side, length in whole]
        bounds = [known[place] for place in back.tolist()]
        lengths = torch.tensor([end - start for start, end in bounds], device=view.lengths.device)
        sides = [_cut(side, bounds) for side in (view.estimate, view.reference)]
        shortest = shortest_frames(view.rate)
        gaps = (
            Gap(view.lengths < shortest, "shorter than 1 s", "not_applicable"),
            Gap(lengths == 0, "no 100 ms of the reference reach −60 dBFS"),
            Gap((lengths > 0) & (sides[0].abs().amax((1, 2)) == 0), "the estimate is silent there"),
            Gap(
                lengths < shortest,
                "shorter than 1 s without silence",
                "not_applicable",
            ),
        )
        estimate, reference = (_normalised(side) for side in sides)
        return Trimmed(View(estimate, reference, lengths, view.rate, owners=view.owners), gaps)

    return view.memo("fxnorm", make)


def shortest_frames(rate: int) -> int:
    """Frames of one running mean."""
    return (HOPS_PER_FRAME + RUNNING_FRAMES - 1) * hop_frames(rate)


def hop_frames(rate: int) -> int:
    """From one frame to the next, in samples."""
    return max(1, round(HOP_FRAMES * rate / RATE_HZ))


def tracks(view: View, key: str, measure: Measure) -> tuple[dict[str, Track], dict[str, Track]]:
    """Features by name of (estimate, reference) of the trimmed view, kept.

    `measure(clips)` gives clip × channel × frame tensors of frames of 93 ms.
    """

    def make() -> tuple[dict[str, Track], dict[str, Track]]:
        inner = trimmed(view).view
        counts = frame_counts(inner.lengths, inner.rate)
        estimate, reference = (
            {name: Track(values, counts) for name, values in side.items()}
            for side in features(inner, measure)
        )
        return estimate, reference

    return view.memo(("fxnorm", key), make)


def features(view: View, measure: Measure) -> tuple[Features, Features]:
    """What `measure` finds in (estimate, reference) of each pair.

    That of a reference is found once for all its pairs.
    """
    estimates, references, back = view.memo("clips", lambda: _clips(view))
    own = {name: values[back] for name, values in _joined(references, measure).items()}
    return _joined(estimates, measure), own


def _joined(parts: list[Clips], measure: Measure) -> Features:
    found = [measure(clips) for clips in parts]
    return {name: torch.cat([one[name] for one in found]) for name in found[0]}


def _clips(view: View) -> tuple[list[Clips], list[Clips], Tensor]:
    """(estimates, distinct references, place of each pair's among them), a few clips at a time."""
    rows, back = view.distinct()
    step = max(1, _CLIPS_SAMPLES[view.lengths.device.type] // view.reference[0].numel())
    estimates, references = (
        [
            Clips(samples[first : first + step], lengths[first : first + step], view.rate)
            for first in range(0, len(lengths), step)
        ]
        for samples, lengths in (
            (view.estimate, view.lengths),
            (view.reference[rows], view.lengths[rows]),
        )
    )
    return estimates, references, back


def frame_counts(lengths: Tensor, rate: int) -> Tensor:
    """Frames of 93 ms that lie inside each clip."""
    return (lengths // hop_frames(rate) - HOPS_PER_FRAME + 1).clamp(min=0)


def magnitudes(samples: Tensor, size: int, hop: int) -> Tensor:
    """Magnitude spectrum under a square-root Hann window: clip × channel × frame × bin."""
    window = torch.hann_window(size, device=samples.device).sqrt()
    missing = max(0, size - samples.shape[-1])
    padded = torch.nn.functional.pad(samples, (0, missing))
    blocks = power_blocks((padded,), window, size, hop)
    return torch.cat([power.sqrt_() for _, (power,) in blocks], 2)


def _sounding(samples: Tensor, rate: int) -> tuple[int, int]:
    """First frame of the sound and the first after it; equal without any."""
    start, silent_end = _onset(samples, rate), _onset(samples.flip(1), rate)
    if start is None or silent_end is None:
        return 0, 0
    return start, max(start, samples.shape[1] - silent_end)


def _onset(samples: Tensor, rate: int) -> int | None:
    window, hold = round(TRIM_WINDOW_S * rate), round(TRIM_HOLD_S * rate)
    energy = torch.nn.functional.pad(samples.double().square().cumsum(-1), (window, 0))
    loud = (energy[:, window:] - energy[:, :-window] >= TRIM_LEVEL**2 * window).any(0)
    quiet = torch.nn.functional.pad((~loud).cumsum(0), (1, 0))
    held = quiet[hold:] == quiet[:-hold]
    return int(held.int().argmax()) if held.any() else None


def _cut(side: Tensor, bounds: list[tuple[int, int]]) -> Tensor:
    longest = max(1, max(end - start for start, end in bounds))
    kept = side.new_zeros((*side.shape[:2], longest))
    for row, (start, end) in enumerate(bounds):
        kept[row, :, : end - start] = side[row, :, start:end]
    return kept


def _normalised(side: Tensor) -> Tensor:
    peaks = side.abs().amax((1, 2), keepdim=True)
    return side * torch.where(peaks > 0, 10.0 ** (PEAK_DBFS / 20.0) / peaks, 1.0)
