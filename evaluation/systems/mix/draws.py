"""Settings by chance: the low end of a listening test, with the same effects as the rules."""

from __future__ import annotations

import hashlib

import numpy as np

from .chain import Settings
from .compressor import Compressor
from .equaliser import BAND_CENTRES_HZ
from .reverb import Reverb

LEVEL_LU = 8.0
GAIN_DB = 15.0
BANDS = 4


def random_settings(item: str, seed: int) -> Settings:
    """Uniform draws that the seed and the item's name decide, so that they can be made again.

    Level ± 8 LU; four of nine octave bands by up to ± 15 dB; thresholds, ratios and reverberation
    times over the ranges that the rules can reach.
    """
    digest = hashlib.sha256(f"{seed}/{item}".encode()).digest()
    draw = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    bands = sorted(draw.choice(BAND_CENTRES_HZ, size=BANDS, replace=False))
    return Settings(
        float(draw.uniform(-LEVEL_LU, LEVEL_LU)),
        {float(band): float(draw.uniform(-GAIN_DB, GAIN_DB)) for band in bands},
        Compressor(
            threshold_db=float(draw.uniform(-35.0, 0.0)), ratio=float(draw.uniform(2.9, 8.0))
        ),
        Reverb(float(draw.uniform(0.1, 3.1)), float(draw.uniform(0.0, 1.0))),
    )
