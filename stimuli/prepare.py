"""Turn a run's renderings into blinded, equally loud, safe stimuli (`earwitness prepare`)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from .audio import Signal
from .errors import EarwitnessError, StimulusError
from .findings import Finding, PreflightError, has_errors
from .level_noise import level_noise
from .manifest import (
    Stimulus,
    StimulusSet,
    StimulusSystem,
    load_stimuli,
    save_stimuli,
    stimulus_path,
)
from .page_audio import StimulusFile, page_files
from .pcm import quantise, wav_bytes
from .plan import Plan, make_plan
from .preflight import examine_page
from .run_folder import load_run
from .stimulus_page import StimulusPage, Version
from .stimulus_store import StimulusStore
from .study import StudyFolder

MUCH_LOWERED_DB = 6.0

Progress = Callable[[int, int, str], None]  # pages done, pages in all, what comes next


@dataclass(frozen=True)
class Prepared:
    """A stimulus set that lies on disk, and the warnings about it."""

    set: StimulusSet
    findings: tuple[Finding, ...]


def prepare(
    folder: StudyFolder,
    *,
    progress: Progress | None = None,
    must_keep: Collection[str] = (),
) -> Prepared:
    """Check a study against its run and write its stimuli; a second time changes nothing.

    Files whose audio is the same as before keep their ids, so that sessions that are under way go
    on. Old files are removed once the new set is in place.

    Args:
        folder: the study.
        progress: called before each page with (pages done, pages in all, item).
        must_keep: ids that real sessions depend on and that must not go.

    Raises:
        PreflightError: something forbids serving the study; `findings` has all faults.
        DataError: there is no run, or it cannot be read.
        StimulusError: the folder cannot be written, or audio of `must_keep` has changed (nothing
            is replaced then).
    """
    plan = make_plan(folder, load_run(folder.run))
    if has_errors(plan.findings):
        raise PreflightError(plan.findings)
    store = StimulusStore(folder)
    try:
        prepared = _prepare_pages(folder, plan, store, progress or (lambda *_: None))
        if set(must_keep) - prepared.set.ids:
            raise StimulusError(
                f"{folder.run}: its audio is not what the sessions so far have heard; restore the "
                "run, or raise study.version"
            )
        save_stimuli(folder, prepared.set)
    except BaseException:
        store.undo()
        raise
    store.remove_others(prepared.set)
    return prepared


def is_stale(folder: StudyFolder) -> str | None:
    """Why the study must be prepared (again), or None.

    Stimuli that are whole need no run any more: the host that serves them may not have it.

    Raises:
        DataError: the run is there and cannot be read.
    """
    try:
        stimuli = load_stimuli(folder)
    except EarwitnessError as error:
        return str(error)
    if stimuli.study_digest != folder.digest:
        return f"{folder.file} has changed"
    missing = [name for name in sorted(stimuli.ids) if not stimulus_path(folder, name).is_file()]
    if missing:
        return f"{stimulus_path(folder, missing[0])} is missing"
    if not folder.run.exists():
        return None
    if stimuli.run_digest != make_plan(folder, load_run(folder.run)).run_digest:
        return f"{folder.run} has changed"
    return None


def _prepare_pages(
    folder: StudyFolder, plan: Plan, store: StimulusStore, progress: Progress
) -> Prepared:
    findings = list(plan.findings)
    stimuli: list[Stimulus] = []
    formats: dict[tuple[int, int], str] = {}
    for number, page in enumerate(plan.pages):
        progress(number, len(plan.pages), page.item)
        excerpts, found = examine_page(page, folder.study.presentation)
        findings += found
        formats |= _format(page, excerpts)
        if not has_errors(findings):
            files = _level(folder, page, excerpts, findings)
            stimuli += [store.stimulus(page, file) for file in files]
    progress(len(plan.pages), len(plan.pages), "")
    if len(formats) > 1:
        findings.append(_unlike_items(formats))
    if has_errors(findings):
        raise PreflightError(findings)
    ((rate, channels),) = formats
    return Prepared(_stimulus_set(folder, plan, store, stimuli, rate, channels), tuple(findings))


def _stimulus_set(
    folder: StudyFolder,
    plan: Plan,
    store: StimulusStore,
    stimuli: list[Stimulus],
    rate: int,
    channels: int,
) -> StimulusSet:
    about = folder.study.study
    noise = level_noise(folder.study.presentation, rate=rate, channels=channels)
    return StimulusSet(
        study=about.id,
        study_version=about.version,
        study_digest=folder.digest,
        run_digest=plan.run_digest,
        rate=rate,
        channels=channels,
        systems=_systems(plan),
        stimuli=tuple(stimuli),
        level_noise=store.noise(wav_bytes(quantise(noise, seed=about.id), rate)),
    )


def _systems(plan: Plan) -> tuple[StimulusSystem, ...]:
    """The study's systems, and the reference and anchors that its pages add."""
    named = {
        system.name: StimulusSystem(name=system.name, role=system.role, factors=system.factors)
        for system in plan.systems
    }
    for page in plan.pages:
        for version in page.versions:
            if version.role in ("reference", "anchor"):
                named.setdefault(
                    version.system, StimulusSystem(name=version.system, role=version.role)
                )
    return tuple(named.values())


def _level(
    folder: StudyFolder,
    page: StimulusPage,
    excerpts: dict[Version, Signal],
    findings: list[Finding],
) -> list[StimulusFile]:
    files = page_files(page, excerpts, folder.study.presentation, seed=folder.study.study.id)
    if files[0].lowered_db > MUCH_LOWERED_DB:
        what = f"all versions are lowered by {files[0].lowered_db:.1f} dB to keep peaks safe"
        fix = "lower presentation.loudness_lufs, so that all pages are equally loud"
        findings.append(Finding("warning", what, f"item {page.item}", fix))
    return files


def _format(page: StimulusPage, excerpts: dict[Version, Signal]) -> dict[tuple[int, int], str]:
    """The page's rate and channels; nothing where preflight found that its versions differ."""
    found = {(signal.rate, signal.channels): page.item for signal in excerpts.values()}
    return found if len(found) == 1 else {}


def _unlike_items(formats: dict[tuple[int, int], str]) -> Finding:
    found = ", ".join(
        f"{item} {rate} Hz × {channels}" for (rate, channels), item in formats.items()
    )
    return Finding(
        "error",
        f"the items differ in rate or channels ({found})",
        "stimuli.items",
        "choose items of one rate and one number of channels",
    )
