"""Checks of the audio of one page before anybody hears it (DESIGN rules 2 and 3)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

import numpy as np

from .audio import Signal, read_audio
from .degrade import degradation
from .errors import DataError, StimulusError
from .excerpt import cut_excerpt, dc_dbfs
from .findings import Finding, Severity, has_errors
from .level import integrated_loudness_lufs
from .stimulus_page import StimulusPage, Version
from .study import Presentation

NEAR_SILENT_LUFS = -50.0
MIN_EXCERPT_S = 0.5  # BS.1534-3 §5: the shortest loop
LONG_EXCERPT_S = 12.0  # BS.1534-3 §5: preferred maximum
NOTICED_DC_DBFS = -50.0
SAME_BELOW_DB = -60.0  # power of the difference, after both are brought to one level
MAX_CHANNELS = 2
_DC_FIX = "nothing; or correct the system if it should make none"

Versions = dict[Version, Signal]


def examine_page(
    page: StimulusPage, presentation: Presentation
) -> tuple[Versions, tuple[Finding, ...]]:
    """Decode, degrade and cut all versions of a page, and say all that is wrong with them.

    Returns:
        The excerpts, not yet levelled, and the findings; a file that fails is a finding.
    """
    renderings, findings = _read(page)
    excerpts = {
        version: cut_excerpt(signal, excerpt_s=presentation.excerpt_s, fade_ms=presentation.fade_ms)
        for version, signal in renderings.items()
    }
    if renderings:
        findings += _check_formats(page, renderings)
        findings += _check_lengths(page, renderings, presentation)
    for version, excerpt in excerpts.items():
        where = page.where(version)
        findings += _check_sound(where, excerpt) or _check_dc(where, renderings[version])
    if not has_errors(findings):
        findings += _check_duplicates(page, excerpts)
        findings += _check_rivals(page, excerpts, presentation)
    return excerpts, tuple(findings)


def _read(page: StimulusPage) -> tuple[Versions, list[Finding]]:
    renderings: Versions = {}
    findings = []
    for version in page.versions:
        try:
            signal = read_audio(version.path)
            renderings[version] = degradation(version.degradation)(signal)
        except DataError as error:
            findings.append(_unreadable(page, version, error))
        except StimulusError as error:  # a rate too low for an anchor
            fix = "evaluate at a higher rate"
            findings.append(Finding("error", str(error), page.where(version), fix))
    return renderings, findings


def _unreadable(page: StimulusPage, version: Version, error: DataError) -> Finding:
    if version.path.exists():
        what = str(error).removeprefix(f"{version.path}: ")
        fix = "evaluate again, or take the system or the item out of the study"
    else:
        what = "the run has no rendering of it"
        fix = "see in the run's report why, or take the system or the item out of the study"
    return Finding("error", what, page.where(version), fix)


def _check_formats(page: StimulusPage, renderings: Versions) -> list[Finding]:
    """One rate and one number of channels, which browsers play as they are."""
    formats = {(s.rate, s.channels): version.system for version, s in renderings.items()}
    if len(formats) > 1:
        found = ", ".join(f"{system} {r} Hz × {c}" for (r, c), system in formats.items())
        what = f"the versions differ in rate or channels ({found})"
        return [Finding("error", what, f"item {page.item}", "render all alike and evaluate again")]
    ((_, channels),) = formats
    if channels <= MAX_CHANNELS:
        return []
    what = f"it has {channels} channels; browsers play at most {MAX_CHANNELS} alike"
    return [Finding("error", what, f"item {page.item}", "render to mono or stereo")]


def _check_lengths(
    page: StimulusPage, renderings: Versions, presentation: Presentation
) -> list[Finding]:
    """Equal lengths, and one that can be looped and remembered."""
    lengths = {version.system: signal.duration_s for version, signal in renderings.items()}
    shortest, longest = min(lengths.values()), max(lengths.values())
    excerpt_s = presentation.excerpt_s or math.inf
    heard_s = min(shortest, excerpt_s)
    where, findings = f"item {page.item}", []
    if shortest != longest:
        found = ", ".join(f"{system} {seconds:.3f} s" for system, seconds in lengths.items())
        what = f"the versions differ in length ({found})"
        severity: Severity = "error" if shortest < excerpt_s else "warning"
        fix = f"render all alike, or set presentation.excerpt_s to less than {shortest:.2f}"
        findings.append(Finding(severity, what, where, fix))
    if heard_s < MIN_EXCERPT_S:
        what = f"it is only {heard_s:.2f} s long; at least {MIN_EXCERPT_S} s are needed"
        findings.append(Finding("error", what, where, "choose a longer item"))
    if heard_s > LONG_EXCERPT_S:
        what = f"it is {heard_s:.1f} s long; BS.1534-3 advises at most {LONG_EXCERPT_S:.0f} s"
        findings.append(Finding("warning", what, where, "set presentation.excerpt_s"))
    return findings


def _check_sound(where: str, excerpt: Signal) -> list[Finding]:
    if excerpt.duration_s < MIN_EXCERPT_S:  # found by _check_lengths; too short to measure
        return []
    loudness_lufs = integrated_loudness_lufs(excerpt)
    if loudness_lufs >= NEAR_SILENT_LUFS:
        return []
    level = "silent" if loudness_lufs == -math.inf else f"near-silent ({loudness_lufs:.1f} LUFS)"
    fix = "it is not amplified: take the system or the item out of the study"
    return [Finding("error", f"what would be heard of it is {level}", where, fix)]


def _check_dc(where: str, rendering: Signal) -> list[Finding]:
    dc = dc_dbfs(rendering)
    if dc <= NOTICED_DC_DBFS:
        return []
    return [Finding("warning", f"its DC of {dc:.0f} dBFS is taken out", where, _DC_FIX)]


def _check_duplicates(page: StimulusPage, excerpts: Versions) -> list[Finding]:
    return [
        Finding(
            "warning",
            f"{first.system} and {second.system} sound the same",
            f"item {page.item}",
            "check that both were rendered by what they are named after",
        )
        for first, second in itertools.combinations(excerpts, 2)
        if first.take == second.take
        and _difference_db(excerpts[first], excerpts[second]) < SAME_BELOW_DB
    ]


def _check_rivals(
    page: StimulusPage, excerpts: Mapping[Version, Signal], presentation: Presentation
) -> Iterable[Finding]:
    """The bad version of a training must be no system of the study, by ear as well as by name."""
    bad = [excerpt for version, excerpt in excerpts.items() if version.degradation]
    for rival in page.rivals if bad else ():
        if not rival.path.is_file():  # nobody needs it but for this comparison
            continue
        heard = cut_excerpt(
            read_audio(rival.path), excerpt_s=presentation.excerpt_s, fade_ms=presentation.fade_ms
        )
        if any(_difference_db(heard, version) < SAME_BELOW_DB for version in bad):
            what = f"its bad version sounds the same as the system {rival.system}"
            fix = "choose another bad version: a system must not be known from the training"
            yield Finding("error", what, f"page {page.page}, item {page.item}", fix)


def _difference_db(first: Signal, second: Signal) -> float:
    """Power of the difference of two signals that are each brought to power 1, in dB.

    Signals of unlike shape are as different as two that have nothing in common (3 dB).
    """
    a, b = (signal.samples.astype(np.float64).ravel() for signal in (first, second))
    powers = float(a @ a), float(b @ b)
    if first.samples.shape != second.samples.shape or not all(powers):
        return 10.0 * math.log10(2.0)
    difference = a / math.sqrt(powers[0]) - b / math.sqrt(powers[1])
    power = float(difference @ difference)
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf
