"""The files of one page: all versions at one loudness, of one length and one size."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from .audio import Signal
from .errors import StimulusError
from .level import gain, integrated_loudness_lufs, true_peak_dbtp
from .levelling import page_gains
from .pcm import as_signal, quantise, wav_bytes
from .stimulus_page import StimulusPage, Version
from .study import Presentation

LOUDNESS_TOLERANCE_LU = 0.1


@dataclass(frozen=True)
class StimulusFile:
    """A WAV file in memory and what was measured on its samples."""

    version: Version
    content: bytes
    sha256: str
    frames: int
    gain_db: float
    lowered_db: float
    loudness_lufs: float
    true_peak_dbtp: float


def page_files(
    page: StimulusPage,
    excerpts: Mapping[Version, Signal],
    presentation: Presentation,
    *,
    seed: str,
) -> list[StimulusFile]:
    """Level, quantise and encode the excerpts of a page, and measure what came out.

    Raises:
        StimulusError: as `assert_safe`.
    """
    page_level = page_gains(list(excerpts.values()), presentation)
    target_lufs = presentation.loudness_lufs - page_level.lowered_db
    files = []
    for (version, excerpt), gain_db in zip(excerpts.items(), page_level.gains_db, strict=True):
        pcm = quantise(gain(excerpt, gain_db), seed=f"{seed}/{_name(page, version)}")
        heard = as_signal(pcm, excerpt.rate)
        content = wav_bytes(pcm, excerpt.rate)
        file = StimulusFile(
            version,
            content,
            hashlib.sha256(content).hexdigest(),
            heard.frames,
            gain_db,
            page_level.lowered_db,
            integrated_loudness_lufs(heard),
            true_peak_dbtp(heard),
        )
        assert_safe(file, page, presentation, target_lufs)
        files.append(file)
    return files


def _name(page: StimulusPage, version: Version) -> str:
    name = f"{page.page}/{page.item}/{version.system}"
    return f"{name}/{version.take}" if version.take else name


def assert_safe(
    file: StimulusFile, page: StimulusPage, presentation: Presentation, target_lufs: float
) -> None:
    """The last check before ears, on what was measured on the very samples that will be played.

    Raises:
        StimulusError: its loudness is not the page's (± 0.1 LU), or its true peak is too high.
    """
    is_loud_as_meant = math.isclose(file.loudness_lufs, target_lufs, abs_tol=LOUDNESS_TOLERANCE_LU)
    if not is_loud_as_meant or file.true_peak_dbtp > presentation.max_true_peak_dbtp:
        raise StimulusError(
            f"{page.where(file.version)}: {file.loudness_lufs:.2f} LUFS with a true peak of "
            f"{file.true_peak_dbtp:.2f} dBTP cannot be brought to {target_lufs:.2f} LUFS; take the "
            "system or the item out of the study"
        )
