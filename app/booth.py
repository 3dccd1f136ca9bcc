"""A laboratory's booth: one level for everybody, which was measured once at the headphones."""

from __future__ import annotations

from earwitness.stimuli.pages.level import LevelPage
from earwitness.stimuli.study import Study

from .db import utc_now
from .tables import Session


def fix_level(session: Session, study: Study, gain_db: float | None) -> None:
    """Set a new session's level and leave out the pages that ask for it (None: not in a booth)."""
    if gain_db is None:
        return
    session.gain_db = gain_db
    level_pages = {page.id for page in study.pages if isinstance(page, LevelPage)}
    for step in session.steps:
        if step.page_id in level_pages:
            step.presented_at = step.done_at = utc_now()
