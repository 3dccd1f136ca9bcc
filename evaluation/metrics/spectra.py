"""The power spectrogram that correlations, spectral distances and cepstra share, and its bands.

Frames of 40 ms under a Hann window, every 10 ms, wholly inside the signal, at its own rate. What
is compared are logarithms, floored 80 dB under the largest value of the reference.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .batch import View
from .stft import power

FRAME_S, HOP_S = 0.040, 0.010
RANGE_DB = 80.0
SPECTROGRAM = (
    "power spectrogram: Hann frames of 40 ms every 10 ms wholly inside the signal, at its own "
    "rate, floored 80 dB under the reference's largest value"
)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spectra:
    """Some pairs of a view: what was measured of both sides, frame by frame.

    Attributes:
        estimate: pair × frame × bin (or band).
        own: of the distinct references.
        back: each pair's place among them.
        inside: 1 where a frame exists, pair × frame × 1.
    """

    estimate: Tensor
    own: Tensor
    back: Tensor
    inside: Tensor

    @functools.cached_property
    def reference(self) -> Tensor:
        """Of each pair, in the shape of `estimate`."""
        if len(self.own) == 1:
            return self.own.expand_as(self.estimate)
        return self.own if len(self.own) == len(self.back) else self.own[self.back]

    @property
    def frames(self) -> Tensor:
        """Number of frames of each pair, float64."""
        return self.inside.sum((1, 2), dtype=torch.float64)

    def on_both(self, change: Callable[[Tensor], Tensor]) -> Spectra:
        """The same with `change` applied to each side."""
        return Spectra(change(self.estimate), change(self.own), self.back, self.inside)


@dataclass(frozen=True)
class Scale:
    """A frequency scale, and how many bands of equal width on it lie between two edges."""

    name: str
    bands: int
    low_hz: float
    high_hz: float

    def bank(self, rate: int) -> Values:
        """Triangular filters over the bins of the spectrogram, band × bin.

        Neighbours cross at their half; each has its peak at 1. Bands whose upper edge would lie
        above half the rate are left out.
        """
        edges_hz = self.edges_hz()
        edges_hz = edges_hz[edges_hz <= rate / 2 * (1 + 1e-9)]  # the last may be off by rounding
        bins_hz = np.fft.rfftfreq(frame_samples(rate), 1 / rate)
        low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
        rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
        return np.asarray(np.clip(np.minimum(rising, falling), 0.0, None))

    def edges_hz(self) -> Values:
        """Lower edge of the first band, all centres, upper edge of the last one."""
        to_scale, to_hz = _SCALES[self.name]
        low, high = to_scale(np.array([self.low_hz, self.high_hz]))
        return np.asarray(to_hz(np.linspace(low, high, self.bands + 2)))


# Stevens and Volkmann's mel as O'Shaughnessy (1987) writes it; Traunmüller (1990), equation 6;
# Glasberg and Moore (1990), equation 4.
_SCALES: dict[str, tuple[Callable[[Values], Values], Callable[[Values], Values]]] = {
    "mel": (
        lambda hz: 2595.0 * np.log10(1.0 + hz / 700.0),
        lambda mel: 700.0 * (10.0 ** (mel / 2595.0) - 1.0),
    ),
    "bark": (
        lambda hz: 26.81 * hz / (1960.0 + hz) - 0.53,
        lambda bark: 1960.0 * (bark + 0.53) / (26.28 - bark),
    ),
    "erb": (
        lambda hz: 21.4 * np.log10(1.0 + 0.00437 * hz),
        lambda erb: (10.0 ** (erb / 21.4) - 1.0) / 0.00437,
    ),
}

# Fewer, wider bands would hide harmonics; more would leave low ones without a 25 Hz bin.
MEL64 = Scale("mel", 64, 50.0, 8000.0)
BARK = Scale("bark", 24, 50.0, 15_500.0)
ERB = Scale("erb", 40, 50.0, 16_000.0)


def scale_of(name: str, hz: Values) -> Values:
    """Frequencies in Hz on the scale `mel`, `bark` or `erb`."""
    return _SCALES[name][0](hz)


def frame_samples(rate: int) -> int:
    """Length of a frame."""
    return round(FRAME_S * rate)


def spectra(view: View) -> list[Spectra]:
    """Power of both sides of a mono view, float32, in parts of a few pairs each."""
    return view.memo("spectra", lambda: [_of_chunk(chunk) for chunk in view.chunks()])


def band_powers(view: View, scale: Scale) -> list[Spectra]:
    """Power in each band of the scale."""

    def make() -> list[Spectra]:
        bank = _bank(scale, view.rate).to(view.estimate.device)
        return [part.on_both(lambda side: side @ bank.T) for part in spectra(view)]

    return view.memo(scale, make)


def levels_db(part: Spectra, range_db: float = RANGE_DB) -> Spectra:
    """Decibels, both sides floored `range_db` under the reference's largest value."""
    floor = part.own.amax((1, 2), keepdim=True) * 10.0 ** (-range_db / 10.0)
    estimate, own = (
        torch.maximum(side, least).log10_().mul_(10.0)
        for side, least in ((part.estimate, floor[part.back]), (part.own, floor))
    )
    return Spectra(estimate, own, part.back, part.inside)


@functools.lru_cache(maxsize=32)
def _bank(scale: Scale, rate: int) -> Tensor:
    return torch.from_numpy(scale.bank(rate)).float()


def _of_chunk(view: View) -> Spectra:
    length, hop = frame_samples(view.rate), round(HOP_S * view.rate)
    rows, back = view.distinct()
    estimate, own = (_power(side, length, hop) for side in (view.estimate, view.reference[rows]))
    counts = (view.lengths - length) // hop + 1
    inside = torch.arange(own.shape[1], device=counts.device) < counts[:, None]
    return Spectra(estimate, own, back, inside[..., None].to(own.dtype))


def _power(samples: Tensor, length: int, hop: int) -> Tensor:
    window = torch.hann_window(length, device=samples.device)
    mono = samples[:, 0].float()
    padded = torch.nn.functional.pad(mono, (0, max(0, length - mono.shape[-1])))
    return power(padded.unfold(-1, length, hop) * window, length)
