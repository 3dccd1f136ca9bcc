"""Tables beside the data: none of them is exported, and each says how long its rows live."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..tables import Base


class Recruit(Base):
    """What a recruiter's link said about a session, kept apart from the data until a date."""

    __tablename__ = "recruits"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    identity: Mapped[str | None] = mapped_column(String(256), unique=True)
    fields: Mapped[str] = mapped_column(Text)  # JSON: name → value, as they came
    delete_after: Mapped[str] = mapped_column(String(32), index=True)


class Tombstone(Base):
    """A participant who was erased: a digest that a restored backup is compared with, for ever."""

    __tablename__ = "tombstones"

    participant_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    erased_at: Mapped[str] = mapped_column(String(32))


class AuditEntry(Base):
    """One thing that somebody with access did; each entry's digest covers the one before."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(64))
    details: Mapped[str] = mapped_column(Text)  # JSON, and nothing about a person
    previous_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)


class LoginAttempt(Base):
    """An attempt to log in within the last minute that has not succeeded: a time, no address."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(index=True)  # seconds since 1970
