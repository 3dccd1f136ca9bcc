"""Which study is served: stored by digest, so that no session ever mixes two versions."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass

from sqlalchemy import select

from earwitness.stimuli.errors import DataError
from earwitness.stimuli.manifest import StimulusSet, load_stimuli
from earwitness.stimuli.study import Study, StudyFolder

from .db import Transaction, utc_now
from .tables import Session, Slot, StudyVersion, Trial

_contents: dict[str, str] = {}


@dataclass(frozen=True)
class ServedStudy:
    """The study that new sessions get, with its stimuli."""

    folder: StudyFolder
    study: Study
    digest: str
    stimuli: StimulusSet


def load_served(folder: StudyFolder) -> ServedStudy:
    """The study as it is on disk now.

    Raises:
        EarwitnessError: it is not prepared, or its stimuli cannot be read.
    """
    return ServedStudy(folder, folder.study, folder.digest, load_stimuli(folder))


def refuse_a_changed_study(transaction: Transaction, folder: StudyFolder) -> None:
    """Real sessions of one version all saw the same study file.

    Raises:
        DataError: the file differs from the one that this version's real sessions began with.
    """
    about = folder.study.study
    query = (
        select(Session.id)
        .join(StudyVersion, Session.study_digest == StudyVersion.digest)
        .where(
            Session.kind == "real",
            StudyVersion.study == about.id,
            StudyVersion.version == about.version,
            StudyVersion.digest != folder.digest,
        )
        .limit(1)
    )
    if transaction.scalar(query) is not None:
        raise DataError(
            f"{folder.file}: the study was changed after real sessions had begun; "
            f'raise study.version (now "{about.version}") or restore the file'
        )


def stimuli_in_use(transaction: Transaction, folder: StudyFolder) -> set[str]:
    """Ids of the stimuli that real sessions of the study file, as it is now, were given."""
    query = (
        select(Slot.stimulus)
        .join(Slot.trial)
        .join(Session, Trial.session_id == Session.id)
        .where(Session.kind == "real", Session.study_digest == folder.digest)
    )
    return set(transaction.scalars(query.distinct()))


def record_version(transaction: Transaction, folder: StudyFolder) -> None:
    """Store the study file under its digest (once)."""
    if transaction.get(StudyVersion, folder.digest) is None:
        about = folder.study.study
        transaction.add(
            StudyVersion(
                digest=folder.digest,
                study=about.id,
                version=about.version,
                content=folder.file.read_text(encoding="utf-8-sig"),
                first_served_at=utc_now(),
            )
        )


def study_of(transaction: Transaction, session: Session) -> Study:
    """The study that a session began with; read once, as its digest never names another."""
    digest = session.study_digest
    if digest not in _contents:
        _contents[digest] = transaction.get_one(StudyVersion, digest).content
    return parsed(_contents[digest])


@functools.lru_cache(maxsize=16)
def parsed(content: str) -> Study:
    """A stored study file."""
    return Study.model_validate(tomllib.loads(content))
