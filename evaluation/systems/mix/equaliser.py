"""Frequency-masking equaliser in octave bands: cut the lead where the backing hides it anyway.

The rule works on nine octaves from 63 Hz to 16 kHz. Band levels are power densities (mean square
over bandwidth): with plain band powers every higher octave would look 3 dB louder.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.stimuli.audio import Samples

Floats = npt.NDArray[np.float64]

BAND_CENTRES_HZ = tuple(16_000.0 / 2.0**octave for octave in range(8, -1, -1))  # 62.5 … 16 000
MAX_GAIN_DB = 8.0
MAX_BANDS = 4
PEAK_Q = 1.0
ACTIVE_BLOCK_S = 0.1
ACTIVE_DBFS = -30.0
PROMINENT_IN_BACKING = 2
IMPORTANT_TO_LEAD = 6
QUIETEST = 1e-12  # mean square per Hz: a band without content, −120 dB


def masking_gains_db(lead: Samples, backing: Samples, rate: int) -> dict[float, float]:
    """Gains of the lead by band centre in Hz: at most four, each within ± 8 dB.

    Only blocks of 100 ms in which the lead is above −30 dBFS are compared.
    """
    active = _active(lead, rate)
    mono = [part.mean(axis=0, dtype=np.float64) for part in (lead, backing)]
    levels = [band_levels_db(part[active], rate) for part in mono]
    return masking_rule(*levels)


def masking_rule(lead_db: Floats, backing_db: Floats) -> dict[float, float]:
    """The rule on band levels alone.

    With the mean difference taken out, bands that are among the two strongest of the backing but
    not among the six strongest of the lead, and where the backing is relatively weaker, are cut;
    bands among the six strongest of the lead but not the two of the backing, where the backing is
    relatively stronger, are raised.
    """
    difference = backing_db - lead_db
    difference = difference - difference.mean()
    in_backing = _among_strongest(backing_db, PROMINENT_IN_BACKING)
    in_lead = _among_strongest(lead_db, IMPORTANT_TO_LEAD)
    cut = in_backing & ~in_lead & (difference < 0.0)
    raised = in_lead & ~in_backing & (difference > 0.0)
    gains = np.where(cut | raised, np.clip(difference, -MAX_GAIN_DB, MAX_GAIN_DB), 0.0)
    largest = np.argsort(-np.abs(gains), kind="stable")[:MAX_BANDS]
    return {
        BAND_CENTRES_HZ[band]: float(gains[band]) for band in sorted(largest) if gains[band] != 0.0
    }


def band_levels_db(samples: Floats, rate: int) -> Floats:
    """Power density of one channel in each octave band, 10 log10(mean square / bandwidth in Hz).

    Bands are cut off at 99 % of half the rate; a band wholly above it has the lowest level.
    """
    levels = []
    for centre_hz in BAND_CENTRES_HZ:
        low_hz, high_hz = centre_hz / np.sqrt(2.0), min(centre_hz * np.sqrt(2.0), 0.495 * rate)
        power = 0.0
        if low_hz < high_hz and samples.size:
            band = scipy.signal.butter(2, (low_hz, high_hz), "bandpass", fs=rate, output="sos")
            power = float(np.mean(np.square(scipy.signal.sosfilt(band, samples))))
        levels.append(10.0 * np.log10(max(power / max(high_hz - low_hz, 1.0), QUIETEST)))
    return np.array(levels)


def equalise(samples: Samples, rate: int, gains_db: Mapping[float, float]) -> Samples:
    """Each channel through one peak filter per band (centre in Hz → gain in dB)."""
    if not gains_db:
        return samples
    sections = np.stack(
        [peak_filter(centre, gain, rate) for centre, gain in gains_db.items() if centre < rate / 2]
    )
    filtered: Samples = scipy.signal.sosfilt(sections, samples, axis=1).astype(np.float32)
    return filtered


def peak_filter(centre_hz: float, gain_db: float, rate: int, q: float = PEAK_Q) -> Floats:
    """Second-order section of a peaking equaliser (R. Bristow-Johnson, Audio EQ Cookbook)."""
    amplitude = 10.0 ** (gain_db / 40.0)
    angle = 2.0 * np.pi * centre_hz / rate
    alpha = np.sin(angle) / (2.0 * q)
    numerator = (1.0 + alpha * amplitude, -2.0 * np.cos(angle), 1.0 - alpha * amplitude)
    denominator = (1.0 + alpha / amplitude, -2.0 * np.cos(angle), 1.0 - alpha / amplitude)
    section: Floats = np.array([*numerator, *denominator]) / denominator[0]
    return section


def _active(lead: Samples, rate: int) -> npt.NDArray[np.bool_]:
    """Frames of the blocks in which the lead sounds; all frames where it never does."""
    block = round(ACTIVE_BLOCK_S * rate)
    mono = lead.mean(axis=0, dtype=np.float64)
    whole = len(mono) // block
    power = np.square(mono[: whole * block]).reshape(whole, block).mean(axis=1)
    frames = np.zeros(len(mono), dtype=bool)
    frames[: whole * block] = np.repeat(power > 10.0 ** (ACTIVE_DBFS / 10.0), block)
    return frames if frames.any() else np.ones(len(mono), dtype=bool)


def _among_strongest(levels_db: Floats, count: int) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(levels_db), dtype=bool)
    chosen[np.argsort(-levels_db, kind="stable")[:count]] = True
    return chosen
