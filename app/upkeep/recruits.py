"""Recruiters' ids: kept apart from the data until a date, and used for one thing: the way back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sqlalchemy import delete, func, select

from earwitness.stimuli.recruitment import Recruitment, placeholders
from earwitness.stimuli.study import Study

from ..db import Transaction, utc_now
from ..tables import Session
from .tables import Recruit

MAX_CHARACTERS = 256


def recruiter_fields(study: Study, sent: Mapping[str, str]) -> dict[str, str]:
    """The fields of a link that the study asks for, those that are usable."""
    if study.recruitment is None:
        return {}
    given = {name: sent.get(name, "").strip() for name in study.recruitment.names}
    return {
        name: value
        for name, value in given.items()
        if 0 < len(value) <= MAX_CHARACTERS and value.isprintable()
    }


def returning(transaction: Transaction, study: Study, fields: Mapping[str, str]) -> Session | None:
    """The session that the same person has begun already, on whatever device."""
    identity = _identity(study, fields)
    if identity is None:
        return None
    query = select(Session).join(Recruit, Recruit.session_id == Session.id)
    return transaction.scalar(query.where(Recruit.identity == identity))


def remember(
    transaction: Transaction, study: Study, session: Session, fields: Mapping[str, str]
) -> None:
    """Store a recruiter's fields with the date of their deletion."""
    if not fields:
        return
    until = datetime.now(UTC) + timedelta(days=study.privacy.recruiter_ids_days)
    transaction.add(
        Recruit(
            session_id=session.id,
            identity=_identity(study, fields),
            fields=json.dumps(fields, ensure_ascii=False),
            delete_after=until.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
    )


def _identity(study: Study, fields: Mapping[str, str]) -> str | None:
    """Who it is, as a digest: the first parameter, within this version of the study."""
    if study.recruitment is None or study.recruitment.names[0] not in fields:
        return None
    person = fields[study.recruitment.names[0]]
    text = "\n".join([study.study.id, study.study.version, person])
    return hashlib.sha256(text.encode()).hexdigest()


def way_back(transaction: Transaction, study: Study, session: Session) -> dict[str, str]:
    """`code` and `url` for the end of a session, as the recruiter wants them (may be empty)."""
    recruitment = study.recruitment
    if recruitment is None or session.status == "started":
        return {}
    template, code = _ending(recruitment, session)
    row = transaction.get(Recruit, session.id)
    known = {**(json.loads(row.fields) if row else {}), "session": session.id, "code": code}
    has_all = all(name in known for name in placeholders(template))
    values = {name: quote(known[name], safe="") for name in placeholders(template) if has_all}
    return {"code": code, "url": template.format(**values) if template and has_all else ""}


def _ending(recruitment: Recruitment, session: Session) -> tuple[str, str]:
    if session.status == "completed":
        own = session.completion_code or ""
        return recruitment.completion_url, recruitment.completion_code or own
    return recruitment.withdrawal_url, session.withdrawal_code or ""


def overdue(transaction: Transaction) -> int:
    """How many sessions' ids are past their date."""
    query = select(func.count()).select_from(Recruit)
    return transaction.scalar(query.where(Recruit.delete_after <= utc_now())) or 0


def purge(transaction: Transaction) -> int:
    """Delete the ids that are past their date; of how many sessions."""
    count = overdue(transaction)
    transaction.execute(delete(Recruit).where(Recruit.delete_after <= utc_now()))
    return count
