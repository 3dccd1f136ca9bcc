"""The protocol of a study for an ethics board: written from the study file, to be completed there.

What the file and the software decide is stated; what only the researchers know is marked `[…]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from earwitness.stimuli.manifest import StimulusSet
from earwitness.stimuli.pages.base import TrialPage
from earwitness.stimuli.pages.consent import ConsentPage
from earwitness.stimuli.pages.questionnaire import QuestionnairePage
from earwitness.stimuli.study import Study, StudyFolder

from .planning.session import rating_questions, session_cost

OPEN = "[…]"


def protocol(folder: StudyFolder, stimuli: StimulusSet) -> str:
    """The document as Markdown."""
    study = folder.study
    parts = [
        _head(study),
        _procedure(folder, stimuli),
        _material(study, stimuli),
        _questions(study),
        _consent(study),
        _risks(study),
        _data(study),
        _analysis(study),
    ]
    return "\n\n".join(parts) + "\n"


def _head(study: Study) -> str:
    about, ethics = study.study, study.ethics
    approval = (
        f"{ethics.approval} of {ethics.date}, confirmed by {ethics.confirmed_by}"
        if ethics
        else f"{OPEN} (until `[ethics]` is filled in, only pilot sessions run)"
    )
    return f"""# Protocol: {about.title}

Study `{about.id}`, version {about.version}. Contact: {about.contact or OPEN}.
Approval or exemption: {approval}.

Question of the study: {OPEN}
Who takes part, how many, how they are found and paid: {OPEN}"""


def _procedure(folder: StudyFolder, stimuli: StimulusSet) -> str:
    cost = session_cost(folder, stimuli)
    steps = "\n".join(
        f"{number}. {page.title or page.type} ({_kind(page.type, page)})"
        for number, page in enumerate(folder.study.pages, start=1)
    )
    return f"""## Procedure

Participants open a link in a browser, alone, and may stop and go on later. About {cost.minutes:.0f}
minutes, {cost.trials} screens with audio, {cost.ratings} answers about audio,
{cost.megabytes:.0f} MB to download.

{steps}

The order of clips and versions is drawn anew for each participant and recorded."""


def _kind(kind: str, page: object) -> str:
    if not isinstance(page, TrialPage):
        return kind
    what = (type(page).__doc__ or kind).split("\n")[0].rstrip(".")
    return f"{kind}: {what}" + (", for practice" if page.practice else "")


def _material(study: Study, stimuli: StimulusSet) -> str:
    length_s = max((stimulus.frames for stimulus in stimuli.stimuli), default=0) / stimuli.rate
    level = study.presentation
    return f"""## Material

{len(stimuli.stimuli)} clips of at most {length_s:.1f} s: {len(study.stimuli.systems)} versions of
{len({stimulus.item for stimulus in stimuli.stimuli})} recordings. All versions of a screen have the
same loudness ({level.loudness_lufs:g} LUFS) and a true peak of at most {level.max_true_peak_dbtp:g}
dBTP. Participants do not learn which system made which version, and nothing that their browser
receives tells.

Origin and rights of the recordings: {OPEN}"""


def _questions(study: Study) -> str:
    asked = [
        f"- {field.question} ({'; '.join(field.options) or 'free text'})"
        + ("" if field.required else ", optional")
        for page in study.pages
        if isinstance(page, QuestionnairePage)
        for field in page.fields
    ]
    heard = [f"- {question.question} ({question.range})" for question in rating_questions(study)]
    about = "\n".join(asked) or "Nothing is asked about the participant."
    return f"""## What is asked

About the participant:

{about}

About the audio:

{chr(10).join(heard)}

Every question about audio can be declined."""


def _consent(study: Study) -> str:
    pages = [page for page in study.pages if isinstance(page, ConsentPage)]
    if not pages:
        return f"## Information and consent\n\nThe study has no consent page: {OPEN}"
    return "## Information and consent\n\n" + "\n\n".join(_statements(page) for page in pages)


def _statements(page: ConsentPage) -> str:
    text = "\n".join(f"> {line}".rstrip() for line in page.text.strip().splitlines())
    boxes = "\n".join(f"- {statement}" for statement in page.statements)
    return f"""Version {page.version}, with its SHA-256 and the time stored for each participant:

{text}

Statements, none ticked in advance, all needed to go on:

{boxes}"""


def _risks(study: Study) -> str:
    level = study.presentation
    return f"""## Risks and safeguards

- Loud sound: participants set a comfortable level before the first clip; no clip has a true peak
  above {level.max_true_peak_dbtp:g} dBTP or is momentarily more than 10 LU louder than the rest;
  Escape silences at once.
- Fatigue: participants may pause at any time and go on later.
- Leaving: a button on every page, no reason asked; the answers are then excluded, and erased on
  request with the code that is shown.
- Recognition of a participant: see below. Further risks: {OPEN}"""


def _data(study: Study) -> str:
    return "## Data\n\n" + "\n".join(f"- {line}" for line in _kept(study))


def _kept(study: Study) -> Iterator[str]:
    yield "Stored: answers and their times, how long each version was heard, playback events."
    yield "Not stored or logged: name, IP address, browser, location. No cookies."
    yield "A participant is a random number; the link of the session is the only key to it."
    if study.recruitment:
        names = ", ".join(study.recruitment.names)
        days = study.privacy.recruiter_ids_days
        yield f"The recruiter's {names}: apart from the answers, deleted after {days} days."
    yield "Free text is left out of exported tables unless a researcher asks for it."
    yield "Erasing one participant also holds for backups that are restored later."
    yield f"Where the server stands, who has access, when everything is deleted: {OPEN}"


def _analysis(study: Study) -> str:
    plan = study.analysis
    rules = ", ".join(plan.exclusions) or "none"
    return f"""## Analysis

Model `{plan.formula}`; baseline {plan.baseline or OPEN}; α = {plan.alpha:g}, adjusted after
{plan.multiplicity}. Rules of exclusion: {rules}. Smallest effect of interest:
{plan.smallest_effect_of_interest or OPEN}. Sample size (`earwitness plan`): {OPEN}"""
