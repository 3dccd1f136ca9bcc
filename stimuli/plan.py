"""Which renderings a study needs from its run, page by page, and what the run lacks."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .covariates import formula_findings
from .findings import Finding
from .pages.base import TrialPage
from .pages.source import Source
from .pages.training import TrainingPage
from .run_folder import RunManifest, RunSystem, file_digest
from .stimulus_page import StimulusPage
from .study import StudyFolder


@dataclass(frozen=True)
class Plan:
    """What `prepare` makes; with an error among `findings` there is nothing to make."""

    systems: tuple[RunSystem, ...]
    pages: tuple[StimulusPage, ...]
    findings: tuple[Finding, ...]
    run_digest: str


def make_plan(folder: StudyFolder, run: RunManifest) -> Plan:
    """Match the study file with the run's manifest (no audio is decoded)."""
    wanted = folder.study.stimuli
    in_run = {system.name: system for system in run.systems}
    findings = _unknown("system", [*wanted.systems, *_good_systems(folder)], in_run)
    findings += _wrong_systems(folder, in_run)
    items = wanted.items or tuple(
        item.id for item in run.items if item.task == wanted.task and item.split == "test"
    )
    findings += _wrong_items(folder, run, items)
    systems = tuple(in_run[name] for name in wanted.systems if name in in_run)
    findings += formula_findings(folder.study, systems)
    source = Source(folder.study, folder.run, systems, in_run, items)
    trial_pages = [page for page in folder.study.pages if isinstance(page, TrialPage)]
    for page in trial_pages:
        pool = wanted.training_items if page.is_training else items
        findings += [*_unknown("item", page.items, pool), *page.findings(source)]
    pages = _merged(page for one in trial_pages for page in one.stimulus_pages(source))
    digests = {version.path: file_digest(version.path) for p in pages for version in p.versions}
    findings += _shared_audio(pages, digests)
    return Plan(systems, pages, tuple(findings), _run_digest(folder, run, systems, digests))


def _merged(pages: Iterable[StimulusPage]) -> tuple[StimulusPage, ...]:
    """Each item once, with the versions that any page needs; those of single pages come last."""
    merged: dict[tuple[str, str], StimulusPage] = {}
    for page in pages:
        known = merged.setdefault((page.page, page.item), page)
        versions = tuple(dict.fromkeys((*known.versions, *page.versions)))
        merged[page.page, page.item] = replace(known, versions=versions)
    return tuple(sorted(merged.values(), key=lambda page: page.page != ""))


def _good_systems(folder: StudyFolder) -> list[str]:
    return [page.good for page in folder.study.pages if isinstance(page, TrainingPage)]


def _unknown(kind: str, names: Iterable[str], known: Iterable[str]) -> list[Finding]:
    """An error for each name that the run lacks, with the nearest one that it has."""
    known = list(known)
    findings = []
    for name in dict.fromkeys(names):
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"it has {', '.join(known) or 'none'}"
        findings.append(Finding("error", f"the run lacks this {kind}", f"{kind} {name}", hint))
    return findings


def _wrong_systems(folder: StudyFolder, in_run: dict[str, RunSystem]) -> list[Finding]:
    wanted = folder.study.stimuli
    return [
        Finding(
            "error",
            f"it was not run on the task {wanted.task}",
            f"system {name}",
            "take it out of stimuli.systems",
        )
        for name in wanted.systems
        if name in in_run and wanted.task not in in_run[name].tasks
    ]


def _wrong_items(folder: StudyFolder, run: RunManifest, items: tuple[str, ...]) -> list[Finding]:
    wanted = folder.study.stimuli
    in_run = {item.id: item for item in run.items}
    may_publish = {dataset.name: dataset.may_publish for dataset in run.datasets}
    findings = _unknown("item", [*items, *wanted.training_items], in_run)
    if not items:
        message = f"the run has no test item of the task {wanted.task}"
        findings.append(Finding("error", message, "stimuli.items", "evaluate such a dataset"))
    for name in dict.fromkeys([*items, *wanted.training_items]):
        item, where = in_run.get(name), f"item {name}"
        if name in items and name in wanted.training_items:
            what = "it is both a training item and a test item"
            fix = "name the test items in stimuli.items, without it"
            findings.append(Finding("error", what, where, fix))
        if item is None:
            continue
        if item.task != wanted.task:
            what = f"its task is {item.task}, the study's is {wanted.task}"
            findings.append(Finding("error", what, where, "take it out of study.toml"))
        if name in items and item.split == "training":
            what = "its dataset keeps it for training; it has no scores"
            findings.append(Finding("error", what, where, "move it to stimuli.training_items"))
        if not may_publish.get(item.dataset, False):
            what = f"the dataset {item.dataset} may not be published, so that it is not served"
            fix = "where its licence allows, set may_publish = true in dataset.toml and evaluate"
            findings.append(Finding("error", what, where, fix))
    return findings


def _shared_audio(pages: Iterable[StimulusPage], digests: dict[Path, str]) -> list[Finding]:
    """A training item that is a test item under another name."""
    pages = list(pages)
    tested = {digests[v.path]: p.item for p in pages if not p.is_training for v in p.versions}
    trained = {(p.item, digests[v.path]) for p in pages if p.is_training for v in p.versions}
    return [
        Finding(
            "error",
            f"the training item has the same audio as the test item {tested[digest]}",
            f"item {item}",
            "train on an excerpt that is not rated",
        )
        for item, digest in sorted(trained)
        if digest in tested and digest != "missing" and tested[digest] != item
    ]


def _run_digest(
    folder: StudyFolder,
    run: RunManifest,
    systems: Iterable[RunSystem],
    digests: dict[Path, str],
) -> str:
    """SHA-256 over all that a stimulus set takes from the run."""
    total = hashlib.sha256()
    for entry in (*systems, *run.items, *run.datasets):
        total.update(f"{entry.model_dump_json()}\n".encode())
    for path in sorted(digests):
        total.update(f"{path.relative_to(folder.run).as_posix()} {digests[path]}\n".encode())
    return total.hexdigest()
