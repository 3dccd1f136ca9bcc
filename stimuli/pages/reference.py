"""An open reference beside the versions: where it comes from and where it is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..findings import Finding

if TYPE_CHECKING:
    from ..manifest import Stimulus, StimulusSet
    from .base import TrialPage
    from .source import Source


def reference_findings(page: str, wanted: str, source: Source) -> list[Finding]:
    """What forbids an open reference on a page: it must be the best by definition, and be there."""
    where = f"page {page}"
    if source.study.stimuli.task == "mix":
        what = "no mix is the best by definition, so that an open reference would lead the listener"
        fix = 'use type = "rating": several labelled scales, the human mix among the versions'
        return [Finding("error", what, where, fix)]
    reference = source.reference(wanted)
    if reference is None:
        roles = [s.name for s in source.in_run.values() if s.role == "reference"]
        what = f"its reference is not clear; the run has {', '.join(roles) or 'no reference'}"
        return [Finding("error", what, where, 'name one as reference = "…"')]
    if reference.role != "reference":
        what = f"{reference.name} has the role {reference.role} in the run, not reference"
        return [Finding("error", what, where, "name a system whose model.toml says so")]
    return []


def open_reference(page: TrialPage, stimuli: StimulusSet, item: str, wanted: str) -> Stimulus:
    """The second take of the reference: other bytes than the hidden one's.

    Raises:
        LookupError: the stimuli were prepared for another study file.
    """
    name = page.id if page.has_own_audio else ""
    for stimulus in stimuli.stimuli:
        is_meant = (stimulus.page, stimulus.item, stimulus.take) == (name, item, 1)
        if is_meant and stimulus.role == "reference" and wanted in ("", stimulus.system):
            return stimulus
    raise LookupError(f"no open reference of {item} among the stimuli")
