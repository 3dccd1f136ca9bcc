"""Correlations of waveforms and envelopes at the best lag, with their chance level.

The envelope is the root mean square under a Hann window of 25 ms, every 10 ms.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from .agreement import Coefficient, best_over_lags, concordance, is_flat, pearson, spearman
from .batch import Gap, Scores, View
from .facts import Facts
from .registry import register

WINDOW_S, HOP_S = 0.025, 0.010
LONGEST_LAG_S = 0.1

_ENVELOPE = (
    "of the envelopes (root mean square under a Hann window of 25 ms, every 10 ms) at the lag "
    "within ±100 ms, in steps of 10 ms, that suits best"
)
_facts = functools.partial(
    Facts,
    unit="",
    low=-1.0,
    high=1.0,
    direction="higher",
    level="matched",
    channels="mono",
    version="1",
    has_chance=True,
    delay="the best lag within ±100 ms, in steps of 10 ms",
)


@register(
    _facts(
        id="pcc_waveform",
        title="Waveform correlation",
        citation="Pearson's r (1896)",
        description=(
            "Pearson correlation of the samples at the lag within ±100 ms that suits best, over "
            "the samples that both have at this lag. Asks for equal phase, which hearing does not: "
            "a vocoder's good speech may score 0."
        ),
        delay="the best lag within ±100 ms, in steps of one sample",
    )
)
def pcc_waveform(view: View) -> Tensor:
    """max over lags of r of the samples."""
    return torch.cat([_waveform(chunk) for chunk in view.chunks()])


@register(
    _facts(
        id="pcc_envelope",
        title="Envelope correlation",
        citation="Pearson's r (1896)",
        description=f"Pearson correlation {_ENVELOPE}.",
    )
)
def pcc_envelope(view: View) -> Scores:
    """max over lags of r."""
    return _of_envelopes(view, pearson)


@register(
    _facts(
        id="spearman_envelope",
        title="Envelope rank correlation",
        citation="Spearman (1904)",
        description=(
            f"Spearman correlation {_ENVELOPE}. Blind to any monotonic change of level, such as "
            "compression."
        ),
    )
)
def spearman_envelope(view: View) -> Scores:
    """max over lags of ρ."""
    return _of_envelopes(view, spearman)


@register(
    _facts(
        id="ccc_envelope",
        title="Envelope concordance",
        citation="Lin: A concordance correlation coefficient, Biometrics 45, 1989",
        description=(
            f"Lin's concordance correlation coefficient {_ENVELOPE}: Pearson's r, lowered by a "
            "different mean or spread."
        ),
    )
)
def ccc_envelope(view: View) -> Scores:
    """max over lags of Lin's coefficient."""
    return _of_envelopes(view, concordance)


def _of_envelopes(view: View, coefficient: Coefficient) -> Scores:
    estimate, reference, inside = _envelopes(view)
    most = round(LONGEST_LAG_S / HOP_S)
    values = best_over_lags(coefficient, estimate, reference, inside, most)
    flat = is_flat(estimate, inside) | is_flat(reference, inside)
    return Scores(values, (Gap(flat, "an envelope is constant"),))


def _envelopes(view: View) -> tuple[Tensor, Tensor, Tensor]:
    """(estimate, reference, inside), pair × frame, float64."""

    def make() -> tuple[Tensor, Tensor, Tensor]:
        length, hop = round(WINDOW_S * view.rate), round(HOP_S * view.rate)
        counts = (view.lengths - length) // hop + 1
        estimate = _envelope(view.estimate[:, 0], length, hop)
        reference = view.of_reference(lambda samples, _: _envelope(samples[:, 0], length, hop))
        inside = torch.arange(estimate.shape[1], device=counts.device) < counts[:, None]
        return estimate, reference, inside.double()

    return view.memo("envelopes", make)


def _envelope(samples: Tensor, length: int, hop: int) -> Tensor:
    window = torch.hann_window(length, dtype=samples.dtype, device=samples.device)
    least = max(0, length - samples.shape[-1])
    squares = torch.nn.functional.pad(samples.square(), (0, least))
    power = torch.nn.functional.conv1d(
        squares[:, None], (window / window.sum())[None, None], stride=hop
    )
    return power[:, 0].double().clamp(min=0.0).sqrt()


def _waveform(view: View) -> Tensor:
    """Products at every lag by FFT; means and squares of the overlap from running sums."""
    most = round(LONGEST_LAG_S * view.rate)
    x, y = view.estimate[:, 0].double(), view.reference[:, 0].double()
    frames = x.shape[-1]
    size = _fast_size(frames + most)
    lags = torch.arange(-most, most + 1, device=x.device)
    products = torch.fft.irfft(torch.fft.rfft(x, size) * torch.fft.rfft(y, size).conj(), size)
    products = products[:, lags % size]
    count = (view.lengths[:, None] - lags.abs()).clamp(min=0)
    late, early = lags.clamp(min=0).expand_as(count), (-lags).clamp(min=0).expand_as(count)
    x_sum, x_square = (_between(side, late, late + count) for side in (x, x * x))
    y_sum, y_square = (_between(side, early, early + count) for side in (y, y * y))
    number = count.clamp(min=1)
    covariance = products - x_sum * y_sum / number
    spread = (x_square - x_sum.square() / number) * (y_square - y_sum.square() / number)
    is_none = (spread <= 0.0) | (count < 1)
    r = covariance / torch.where(is_none, 1.0, spread).sqrt()
    return torch.where(is_none, 0.0, r.clamp(-1.0, 1.0)).amax(-1)


def _between(values: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Sums of values[first:last] of each row."""
    running = torch.nn.functional.pad(values.cumsum(-1), (1, 0))
    return running.gather(-1, last.clamp(max=values.shape[-1])) - running.gather(
        -1, first.clamp(max=values.shape[-1])
    )


def _fast_size(least: int) -> int:
    import scipy.fft

    return int(scipy.fft.next_fast_len(least, real=True))
