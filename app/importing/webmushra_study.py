"""A webMUSHRA configuration as a study: pages to pages, conditions to systems, pages' ids to items.

Every page with stimuli becomes an item of a run that holds copies of its files. Pages that
webMUSHRA shuffles among each other become one page here, whose items are shuffled for each
participant.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earwitness.stimuli.audio import read_audio, write_wav
from earwitness.stimuli.errors import ConfigError, DataError
from earwitness.stimuli.run_folder import rendering_path
from earwitness.stimuli.study import StudyFolder

from .study_text import study_text
from .webmushra_pages import AUDIO_TYPES, OldPage, OldTest

REFERENCE = "reference"
TASK = "style"  # the task of anything that has a reference; an open one must be the best
FIELD_KINDS = {"text": "text", "number": "text", "long_text": "text", "likert": "choice"}


@dataclass(frozen=True)
class Files:
    """Where each rendering comes from: system → item → file."""

    by_system: dict[str, dict[str, Path]]


def write_study(test: OldTest, root: Path, target: Path) -> tuple[StudyFolder, list[str]]:
    """Write run and study.

    Args:
        test: what was read.
        root: the folder that the configuration's file names are relative to.
        target: a new folder.

    Returns:
        The study, and a line about each thing that it cannot say.

    Raises:
        ConfigError: the pages have different conditions, or the folder is there.
        DataError: an audio file is missing or cannot be read, or nothing can be written.
    """
    if (target / "study.toml").exists():
        raise ConfigError(f"{target / 'study.toml'}: is there already; name another folder")
    notes = [*test.notes]
    files = _files(test, root)
    sections = _sections(test, files, notes)
    try:
        _write_run(target / "run", files)
        text = study_text(sections, f"From the webMUSHRA configuration {test.id}.")
        (target / "study.toml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error})") from error
    return StudyFolder(target), notes


def as_name(text: str) -> str:
    """A name that is safe in a path, a URL and a table."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._") or "page"


def _audio_pages(test: OldTest) -> list[OldPage]:
    return [page for page in test.pages if page.type in AUDIO_TYPES]


def _files(test: OldTest, root: Path) -> Files:
    by_system: dict[str, dict[str, Path]] = {}
    items = [as_name(page.id) for page in _audio_pages(test)]
    if len(set(items)) < len(items):
        raise ConfigError(f"{test.id}: two pages have the same id; ids become items")
    for page in _audio_pages(test):
        for system, file in _conditions(page).items():
            by_system.setdefault(system, {})[as_name(page.id)] = root / file
    for system, found in by_system.items():
        lacking = sorted(set(items) - set(found))
        if lacking and (system != REFERENCE or _has_pairs(test)):
            raise ConfigError(
                f"{test.id}: condition {system} is not on page {lacking[0]}; all pages of a study "
                "compare the same systems: split the configuration into one file for each set"
            )
    return Files(by_system)


def _conditions(page: OldPage) -> dict[str, str]:
    """System → file of one page, the reference among them."""
    stimuli = {as_name(str(name)): str(file) for name, file in page.keys["stimuli"].items()}
    if len(stimuli) < len(page.keys["stimuli"]) or REFERENCE in stimuli:
        raise ConfigError(
            f"page {page.id}: two conditions would have the same name here (small letters, digits, "
            f"hyphens; {REFERENCE} is the open one); rename one of them"
        )
    if page.keys.get("reference"):
        stimuli[REFERENCE] = str(page.keys["reference"])
    return stimuli


def _has_pairs(test: OldTest) -> bool:
    return any(page.type == "paired_comparison" for page in test.pages)


def _sections(test: OldTest, files: Files, notes: list[str]) -> dict[str, Any]:
    scales: dict[tuple[str, ...], str] = {}
    pages = _pages(test, scales, notes)
    has_pairs = _has_pairs(test)
    systems = [name for name in files.by_system if name != REFERENCE or has_pairs]
    if has_pairs and any(page.type.startswith("likert") for page in test.pages):
        notes.append("the reference of the paired comparisons is rated on the Likert pages too")
    return {
        "study": {"id": as_name(test.id), "title": test.title},
        "stimuli": {"run": "run", "task": TASK, "systems": systems},
        "scales": [
            {"id": name, "question": "How do you rate it?", "labels": list(labels)}
            for labels, name in scales.items()
        ],
        "pages": pages,
    }


def _pages(
    test: OldTest, scales: dict[tuple[str, ...], str], notes: list[str]
) -> list[dict[str, Any]]:
    """The study's pages; texts of generic pages stand on the page that follows them."""
    pages: list[dict[str, Any]] = []
    waiting: list[str] = []
    for _, run in itertools.groupby(test.pages, key=lambda page: page.group or id(page)):
        for same in _of_one_kind(list(run), notes):
            first = same[0]
            if first.type == "generic":
                waiting += [first.title, first.text]
                continue
            made = _page(same, scales, notes)
            texts = [*waiting, made.pop("text", "")]
            waiting = []
            if first.type == "finish":
                pages += _questionnaire(first, notes)
            text = "\n\n".join(text for text in texts if text)
            pages.append({**made, "text": text} if text else made)
    if not pages or pages[-1]["type"] != "thanks":
        pages.append({"type": "thanks"})
    return pages


def _of_one_kind(pages: list[OldPage], notes: list[str]) -> list[list[OldPage]]:
    """Shuffled pages of one type and make become one page; of several, several."""
    made = [list(same) for _, same in itertools.groupby(pages, key=_make)]
    if len(made) > 1 and pages[0].group:
        names = ", ".join(page.id for page in pages)
        notes.append(f"pages {names}: shuffled within each type only, not among types")
    return made


def _make(page: OldPage) -> str:
    response = json.dumps(page.keys.get("response"), sort_keys=True, default=str)
    return f"{page.type}/{response}/{page.keys.get('unforced')}"


def _page(
    same: Sequence[OldPage], scales: dict[tuple[str, ...], str], notes: list[str]
) -> dict[str, Any]:
    page, items = same[0], [as_name(one.id) for one in same]
    about = {"title": page.title, "text": page.text}
    if page.type == "volume":
        notes.append(f"page {page.id}: the level is set with noise at the study's loudness")
        return {"type": "level", **about}
    if page.type == "finish":
        return {"type": "thanks", **about}
    if page.type == "mushra":
        if not (page.keys.get("createAnchor35") and page.keys.get("createAnchor70")):
            notes.append(f"page {page.id}: both anchors are always there (ITU-R BS.1534-3)")
        return {"type": "mushra", **about, "items": items, "reference": REFERENCE}
    if page.type == "paired_comparison":
        pairs = [[REFERENCE, as_name(str(name))] for name in page.keys["stimuli"]]
        tie = bool(page.keys.get("unforced"))
        own = {"reference": REFERENCE, "pairs": pairs, "tie": tie}
        return {"type": "ab", **about, "items": items, **own}
    kind = "rating" if page.type == "likert_multi_stimulus" else "acr"
    return {"type": kind, **about, "items": items, "scales": [_scale(page, scales)]}


def _scale(page: OldPage, scales: dict[tuple[str, ...], str]) -> str:
    """The scale of a Likert page, lowest label first; equal ones are one."""
    response = page.keys.get("response")
    if not isinstance(response, list) or len(response) < 2:
        raise ConfigError(f"page {page.id}: `response` must list at least two answers")
    points = [one if isinstance(one, dict) else {"label": one} for one in response]
    values = [str(one.get("value", "")) for one in points]
    if all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in values):
        points = [
            one for _, one in sorted(zip(map(float, values), points, strict=True), key=_first)
        ]
    labels = tuple(plain_label(one) for one in points)
    return scales.setdefault(labels, f"likert-{len(scales) + 1}" if scales else "likert")


def _first(pair: tuple[float, dict[str, Any]]) -> float:
    return pair[0]


def plain_label(point: dict[str, Any]) -> str:
    """A point's label, or its value where it has only a picture."""
    return str(point.get("label") or point.get("value") or "?")


def _questionnaire(page: OldPage, notes: list[str]) -> list[dict[str, Any]]:
    """The questions of a finish page, which are asked before it."""
    asked = page.keys.get("questionnaire") or []
    fields = []
    for number, question in enumerate(asked, start=1):
        kind = FIELD_KINDS.get(str(question.get("type")))
        if kind is None:
            notes.append(f"page {page.id}: question {number} is of no known type; left out")
            continue
        name = re.sub(r"[^a-z0-9_]+", "_", str(question.get("name") or f"q{number}").lower())
        made: dict[str, Any] = {
            "id": name if name[0].isalpha() else f"q_{name}",
            "question": str(question.get("label") or name),
            "kind": kind,
            "required": not question.get("optional", False),
        }
        if kind == "choice":
            made["options"] = [plain_label(one) for one in question.get("response", [])]
        fields.append(made)
    return [{"type": "questionnaire", "fields": fields}] if fields else []


def _write_run(run: Path, files: Files) -> None:
    for system, found in files.by_system.items():
        for item, file in found.items():
            write_wav(rendering_path(run, system, item), read_audio(file))
    items = sorted({item for found in files.by_system.values() for item in found})
    manifest = {
        "schema": 1,
        "systems": [
            {
                "name": system,
                "role": "reference" if system == REFERENCE else "model",
                "tasks": [TASK],
                "factors": {},
            }
            for system in files.by_system
        ],
        "items": [
            {"id": item, "dataset": "webmushra", "task": TASK, "group": item, "split": "test"}
            for item in items
        ],
        "datasets": [{"name": "webmushra", "licence": "unknown", "may_publish": True}],
    }
    (run / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
