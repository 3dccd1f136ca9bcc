"""Examine a study's chain run → stimuli → database → exports → report: what is stale, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from earwitness.stimuli.errors import EarwitnessError
from earwitness.stimuli.prepare import is_stale
from earwitness.stimuli.run_folder import load_run, rendering_path
from earwitness.stimuli.study import StudyFolder

from ..settings import has_database
from .check import Check
from .sessions import count_sessions, last_change


def examine_study(folder: StudyFolder) -> list[Check]:
    """The five links of a study's chain, in their order. Nothing is changed."""
    return [
        _run(folder),
        _stimuli(folder),
        _database(folder),
        _exports(folder),
        _report(folder),
    ]


def _run(folder: StudyFolder) -> Check:
    command = f"evaluate MODELS --out {folder.run}"
    try:
        run = load_run(folder.run)
    except EarwitnessError as error:
        return Check("run", "missing", str(error), command)
    wanted = folder.study.stimuli
    absent = {*wanted.systems} - {system.name for system in run.systems}
    absent |= {*wanted.items, *wanted.training_items} - {item.id for item in run.items}
    if absent:
        return Check("run", "stale", f"lacks {', '.join(sorted(absent))}", command)
    items = wanted.items or tuple(
        item.id for item in run.items if item.split == "test" and item.task == wanted.task
    )
    failed = [
        f"{system}/{item}"
        for system in wanted.systems
        for item in items
        if not rendering_path(folder.run, system, item).is_file()
    ]
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        return Check("run", "broken", f"no rendering of {failed[0]}{more}", command)
    return Check("run", "ok", f"{len(run.systems)} systems, {len(run.items)} items")


def _stimuli(folder: StudyFolder) -> Check:
    command = f"earwitness prepare {folder.root}"
    if not folder.manifest.is_file():
        return Check("stimuli", "missing", "not prepared", command)
    try:
        reason = is_stale(folder)
    except EarwitnessError as error:
        return Check("stimuli", "broken", str(error), command)
    if reason:
        return Check("stimuli", "stale", reason, command)
    return Check("stimuli", "ok", "as the study file and the run want them")


def _database(folder: StudyFolder) -> Check:
    command = f"earwitness serve {folder.root}"
    if not has_database(folder):
        return Check("database", "missing", "never served", command)
    try:
        counts = count_sessions(folder)
    except EarwitnessError as error:
        return Check("database", "broken", str(error), command)
    shown = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    return Check("database", "ok", f"sessions: {shown or 'none yet'}")


def _exports(folder: StudyFolder) -> Check:
    command = f"earwitness export {folder.root}"
    written = _written_at(folder.exports / "ratings.csv")
    if not has_database(folder):
        return Check("exports", "missing", "no database to export", command)
    if written is None:
        return Check("exports", "missing", "never exported", command)
    try:
        changed = last_change(folder)
    except EarwitnessError as error:
        return Check("exports", "broken", str(error), command)
    if changed and changed > written:
        return Check("exports", "stale", f"the database changed at {changed:%F %T} UTC", command)
    return Check("exports", "ok", f"written at {written:%F %T} UTC")


def _report(folder: StudyFolder) -> Check:
    command = f"earwitness report {folder.root}"
    written = _written_at(folder.report / "report.json")
    if written is None:
        return Check("report", "missing", "never written", command)
    sources = [folder.exports / "ratings.csv", folder.run / "scores.parquet", folder.file]
    newer = [path.name for path in sources if (_written_at(path) or written) > written]
    if newer:
        return Check("report", "stale", f"{', '.join(newer)} changed since", command)
    return Check("report", "ok", f"written at {written:%F %T} UTC")


def _written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
