"""What a table may say about one person: free text is withheld, small groups are named.

A text may hold anything, so it leaves the database only when asked for. Fewer than five people who
give the same answers could be recognised by who knows them; that is said, and left to the
researcher.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from earwitness.stimuli.pages.level import LevelPage
from earwitness.stimuli.pages.questionnaire import QuestionnairePage
from earwitness.stimuli.schema import PARTICIPANTS, SESSIONS
from earwitness.stimuli.study import Study

SMALLEST_CELL = 5
WITHHELD = "[withheld]"
Question = tuple[str, str]  # page id, field id


def harmless_questions(study: Study) -> set[Question]:
    """Questions whose answers are no free text; whatever is not known counts as text."""
    choices = {
        (page.id, field.id)
        for page in study.pages
        if isinstance(page, QuestionnairePage)
        for field in page.fields
        if field.kind != "text"
    }
    return choices | {(page.id, "gain_db") for page in study.pages if isinstance(page, LevelPage)}


def without_text(given: Mapping[Question, str], harmless: set[Question]) -> dict[Question, str]:
    """One session's answers; of a text only remains that there is one."""
    return {
        question: value if question in harmless or not value else WITHHELD
        for question, value in given.items()
    }


def small_cells(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Answers, and combinations of answers, that fewer than five real participants share."""
    sessions, people = frames[SESSIONS.name], frames[PARTICIPANTS.name]
    real = sessions.loc[~sessions["is_simulated"], "participant"]
    people = people[people["participant"].isin(real)]
    names = [name for name in people.columns if name not in PARTICIPANTS.names]
    found = []
    for name in names:
        counts = people[name].value_counts()
        for value, count in counts[counts < SMALLEST_CELL].items():
            found.append(f"{name} = {value}: {count} of {len(people)} participants")
    if len(names) > 1:
        together = people.groupby(names, dropna=False)["participant"].transform("size")
        rare = int((together < SMALLEST_CELL).sum())
        if rare:
            found.append(
                f"{' × '.join(names)}: {rare} of {len(people)} participants share their "
                f"combination with fewer than {SMALLEST_CELL - 1} others"
            )
    return found
