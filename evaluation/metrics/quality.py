"""Perceived quality of speech: PESQ through the ITU's C code, the revision always named.

The pesq package holds P.862.1 (narrowband) and P.862.2 (wideband) of 2007. Corrigendum 2 to P.862
(03/2018) lowers the wideband input filter by 12 dB and changes nothing else, but that moves scores
by up to 0.8. `pesq_wb_c2` makes that change in the loaded library for the length of one call, as
the only package that brings it (pesqc2 0.0.4) cannot be installed beside numpy 2; it gives the
numbers of pesqc2. Both wideband metrics look at the filter first, so that a later release of pesq
cannot swap the revisions unseen.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .facts import Facts, Unscorable
from .registry import register

Samples = npt.NDArray[np.float64]

WIDEBAND_HZ, NARROWBAND_HZ = 16_000, 8_000
SHORTEST_S = 0.25
# The C code finds utterances of at least 200 ms with pauses above 200 ms, keeps 50 of them, and
# does not check: a longer clip may overwrite its own tables and then crash or give a wrong number.
LONGEST_S = 20.0
# Numerator of the wideband input filter at 16 kHz (P.862.2, 11/2007), and what Corrigendum 2
# multiplies it with: 10^(−12/20).
WIDEBAND_NUMERATOR = (2.740826, -5.4816519, 2.740826)
CORRIGENDUM_GAIN = 0.251188


def _backend_version() -> str:
    try:
        return version("pesq")
    except PackageNotFoundError:
        return "absent"


_VERSION = f"1 (pesq {_backend_version()})"
_LIMITS = (
    "Needs 0.25 s and an utterance that PESQ can find; clips over 20 s are refused, as the C code "
    "has room for 50 utterances and does not check. Levels are equalised inside."
)
_DOMAIN = "natural speech after coding, noise and packet loss; not music or synthetic speech"
_DELAY = "aligned by PESQ per utterance"


@register(
    Facts(
        id="pesq_wb",
        title="PESQ (wideband)",
        unit="MOS-LQO",
        low=1.0,
        high=4.65,
        direction="higher",
        level="as_is",
        channels="mono",
        rate_hz=WIDEBAND_HZ,
        min_rate_hz=WIDEBAND_HZ,
        tasks=("speech",),
        resource="process",
        shortest_s=SHORTEST_S,
        longest_s=LONGEST_S,
        validated_for=_DOMAIN,
        citation="ITU-T P.862.2 (11/2007), without Corrigendum 2 (03/2018) of P.862",
        version=_VERSION,
        description=(
            "Predicted listening quality of speech against the original (MOS-LQO, 1.04–4.64), by "
            "the pesq package: the wideband model before Corrigendum 2, which reads up to 0.8 "
            f"lower than the corrected one. {_LIMITS}"
        ),
        delay=_DELAY,
    )
)
def pesq_wb(*, estimate: Samples, reference: Samples, rate: int) -> float:
    """MOS-LQO of P.862.2; `estimate` and `reference` are 1-D at 16 kHz."""
    with _wideband_filter(gain=1.0):
        return _score(estimate, reference, rate, "wb")


@register(
    Facts(
        id="pesq_wb_c2",
        title="PESQ (wideband, Corrigendum 2)",
        unit="MOS-LQO",
        low=1.0,
        high=4.65,
        direction="higher",
        level="as_is",
        channels="mono",
        rate_hz=WIDEBAND_HZ,
        min_rate_hz=WIDEBAND_HZ,
        tasks=("speech",),
        resource="process",
        shortest_s=SHORTEST_S,
        longest_s=LONGEST_S,
        validated_for=_DOMAIN,
        citation="ITU-T P.862.2 (11/2007) with P.862 Corrigendum 2 (03/2018)",
        version=_VERSION,
        description=(
            "Predicted listening quality of speech against the original (MOS-LQO, 1.04–4.64): the "
            "wideband model with Corrigendum 2, which corrects its input filter by −12 dB. Equal "
            "to the package pesqc2 0.0.4. Don't compare it with `pesq_wb`, which most papers "
            f"report. {_LIMITS}"
        ),
        delay=_DELAY,
    )
)
def pesq_wb_c2(*, estimate: Samples, reference: Samples, rate: int) -> float:
    """MOS-LQO of P.862.2 with Corrigendum 2; 1-D signals at 16 kHz."""
    with _wideband_filter(gain=CORRIGENDUM_GAIN):
        return _score(estimate, reference, rate, "wb")


@register(
    Facts(
        id="pesq_nb",
        title="PESQ (narrowband)",
        unit="MOS-LQO",
        low=1.0,
        high=4.55,
        direction="higher",
        level="as_is",
        channels="mono",
        rate_hz=NARROWBAND_HZ,
        tasks=("speech",),
        resource="process",
        shortest_s=SHORTEST_S,
        longest_s=LONGEST_S,
        validated_for=_DOMAIN,
        citation="ITU-T P.862 (02/2001) mapped by P.862.1 (11/2003)",
        version=_VERSION,
        description=(
            "Predicted listening quality over a telephone (MOS-LQO, 1.02–4.55), by the pesq "
            f"package at 8 kHz; Corrigendum 2 does not concern it. Blind above 4 kHz. {_LIMITS}"
        ),
        delay=_DELAY,
    )
)
def pesq_nb(*, estimate: Samples, reference: Samples, rate: int) -> float:
    """MOS-LQO of P.862.1; 1-D signals at 8 kHz."""
    return _score(estimate, reference, rate, "nb")


def _score(estimate: Samples, reference: Samples, rate: int, mode: Literal["wb", "nb"]) -> float:
    from pesq import BufferTooShortError, NoUtterancesError, pesq

    try:
        score: Any = pesq(rate, reference, estimate, mode)
    except NoUtterancesError as error:
        raise Unscorable("PESQ finds no utterance in it") from error
    except BufferTooShortError as error:
        raise Unscorable("too short for PESQ") from error
    return float(score)


@contextmanager
def _wideband_filter(gain: float) -> Iterator[None]:
    """Let PESQ's wideband input filter have `gain` times the level of P.862.2 (11/2007)."""
    table = _filter_table()
    found = list(table)
    if not np.allclose(found[:3], WIDEBAND_NUMERATOR, rtol=1e-6):
        raise Unscorable("the installed pesq is of another revision than P.862.2 (11/2007)")
    table[:3] = [gain * value for value in found[:3]]
    try:
        yield
    finally:
        table[:3] = found[:3]


def _filter_table() -> Any:
    """The library's own second-order section b0, b1, b2, a1, a2 at 16 kHz."""
    from pesq import cypesq

    library = ctypes.CDLL(cypesq.__file__)
    try:
        return (ctypes.c_float * 5).in_dll(library, "WB_InIIR_Hsos_16k")
    except ValueError as error:
        raise Unscorable("this build of pesq hides which revision it is") from error
