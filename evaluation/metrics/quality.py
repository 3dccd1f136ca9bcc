"""Perceived quality of speech: wideband PESQ through the ITU's C code."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import numpy.typing as npt

from .facts import Facts, Unscorable
from .registry import register

RATE_HZ = 16_000
SHORTEST_S = 0.25
# The C code finds utterances of at least 200 ms with pauses above 200 ms, keeps 50 of them, and
# does not check: a longer clip may overwrite its own tables and then crash or give a wrong number.
LONGEST_S = 20.0


def _backend_version() -> str:
    try:
        return version("pesq")
    except PackageNotFoundError:
        return "absent"


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
        rate_hz=RATE_HZ,
        min_rate_hz=RATE_HZ,
        tasks=("speech",),
        resource="process",
        citation="ITU-T P.862.2 (11/2007), without Corrigendum 2 (03/2018) of P.862",
        version=f"1 (pesq {_backend_version()})",
        description=(
            "Predicted listening quality of speech against the original (MOS-LQO, 1.04–4.64), by "
            "the pesq package: the wideband model before Corrigendum 2, which reads up to 0.8 "
            "lower than the corrected one. Validated for telephone-band and wideband speech with "
            "coding, noise and packet loss, not for music or synthetic speech. Needs 0.25 s and an "
            "utterance that PESQ can find; clips over 20 s are refused, as the C code has room for "
            "50 utterances and does not check. Levels are equalised inside."
        ),
        delay="aligned by PESQ per utterance",
    )
)
def pesq_wb(
    *, estimate: npt.NDArray[np.float64], reference: npt.NDArray[np.float64], rate: int
) -> float:
    """MOS-LQO of P.862.2; `estimate` and `reference` are 1-D at 16 kHz."""
    from pesq import BufferTooShortError, NoUtterancesError, pesq

    if len(reference) < SHORTEST_S * rate:
        raise Unscorable("shorter than the 0.25 s that PESQ needs")
    if len(reference) > LONGEST_S * rate:
        raise Unscorable("longer than the 20 s that PESQ is safe with; score excerpts")
    try:
        score: Any = pesq(rate, reference, estimate, "wb")
    except NoUtterancesError as error:
        raise Unscorable("PESQ finds no utterance in it") from error
    except BufferTooShortError as error:
        raise Unscorable("too short for PESQ") from error
    return float(score)
