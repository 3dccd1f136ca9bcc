"""The database's tables and the constraints that keep them true.

A session holds its whole design from the start: every step, trial and slot is a row, so that
resuming, counting and exporting read what was planned instead of deriving it anew. Times are
ISO 8601 UTC text, as in the exported tables.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Kind = Literal["real", "pilot", "simulated"]
SessionStatus = Literal["started", "completed", "withdrawn"]


class Base(DeclarativeBase):
    """Root of the tables."""


class StudyVersion(Base):
    """A study file as it was served: the sessions that began with it end with it."""

    __tablename__ = "study_versions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the file
    study: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    first_served_at: Mapped[str] = mapped_column(String(32))


class Participant(Base):
    """One listener, known by a random id only."""

    __tablename__ = "participants"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[str] = mapped_column(String(32))


class Invitation(Base):
    """A link for one session, made beside the server; only here can a session be simulated."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("kind IN ('real', 'pilot', 'simulated')", name="ck_invitations_kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[Kind] = mapped_column(String(16))
    created_at: Mapped[str] = mapped_column(String(32))
    label: Mapped[str | None] = mapped_column(Text)  # the researcher's own note


class Session(Base):
    """One participant's run through a study. `token` is in the link; `id` is what is exported."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("kind IN ('real', 'pilot', 'simulated')", name="ck_sessions_kind"),
        CheckConstraint(
            "status IN ('started', 'completed', 'withdrawn')", name="ck_sessions_status"
        ),
        CheckConstraint(
            "status <> 'completed' OR completion_code IS NOT NULL", name="ck_sessions_code"
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"), unique=True)
    nonce: Mapped[str | None] = mapped_column(String(64), unique=True)
    study_digest: Mapped[str] = mapped_column(ForeignKey("study_versions.digest"), index=True)
    kind: Mapped[Kind] = mapped_column(String(16))
    status: Mapped[SessionStatus] = mapped_column(String(16), default="started")
    seed: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str] = mapped_column(String(35))
    level_token: Mapped[str] = mapped_column(String(64), unique=True)
    gain_db: Mapped[float | None]
    consent_version: Mapped[str | None] = mapped_column(Text)
    consent_sha256: Mapped[str | None] = mapped_column(String(64))
    consented_at: Mapped[str | None] = mapped_column(String(32))
    started_at: Mapped[str] = mapped_column(String(32))
    finished_at: Mapped[str | None] = mapped_column(String(32))
    completion_code: Mapped[str | None] = mapped_column(String(32), unique=True)
    withdrawal_code: Mapped[str | None] = mapped_column(String(32), unique=True)
    tab: Mapped[str | None] = mapped_column(String(64))  # the browser tab that may answer now

    steps: Mapped[list[Step]] = relationship(back_populates="session", order_by="Step.place")


class Step(Base):
    """One page of a session, or one trial of a page with trials: what is due, shown, done."""

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("session_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    place: Mapped[int]
    page_id: Mapped[str] = mapped_column(String(64))
    presented_at: Mapped[str | None] = mapped_column(String(32))
    done_at: Mapped[str | None] = mapped_column(String(32))

    session: Mapped[Session] = relationship(back_populates="steps")
    trial: Mapped[Trial | None] = relationship(back_populates="step")


class Trial(Base):
    """A page with stimuli; `number` counts the session's trials from 1."""

    __tablename__ = "trials"
    __table_args__ = (UniqueConstraint("session_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("steps.id"), unique=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    number: Mapped[int]
    item: Mapped[str] = mapped_column(String(64))
    is_training: Mapped[bool]
    target: Mapped[str | None] = mapped_column(Text)  # the right answer, where there is one

    step: Mapped[Step] = relationship(back_populates="trial")
    slots: Mapped[list[Slot]] = relationship(back_populates="trial", order_by="Slot.letter")


class Slot(Base):
    """An opaque place in a trial: the participant knows its letter and token, nothing else."""

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("trial_id", "letter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id"))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    letter: Mapped[str] = mapped_column(String(1))
    stimulus: Mapped[str] = mapped_column(String(64))
    system: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    versus: Mapped[str | None] = mapped_column(String(64))  # the system that it is compared with

    trial: Mapped[Trial] = relationship(back_populates="slots")
    ratings: Mapped[list[Rating]] = relationship(back_populates="slot")


class Rating(Base):
    """The answer that holds now on one scale about one slot: a value or a decline."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("slot_id", "scale"),
        CheckConstraint("(value IS NULL) = declined", name="ck_ratings_value_or_decline"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    scale: Mapped[str] = mapped_column(String(64))
    value: Mapped[float | None]
    answer: Mapped[str | None] = mapped_column(Text)  # as given, where that is no number
    declined: Mapped[bool]
    sequence: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str] = mapped_column(String(36))
    listened_s: Mapped[float]
    plays: Mapped[int]
    client_at: Mapped[str] = mapped_column(String(40))
    answered_at: Mapped[str] = mapped_column(String(32))

    slot: Mapped[Slot] = relationship(back_populates="ratings")


class Answer(Base):
    """The answer to one question of a page without stimuli."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("session_id", "page_id", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    page_id: Mapped[str] = mapped_column(String(64))
    field: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[str] = mapped_column(String(32))


class Event(Base):
    """One thing that happened: named by the client, so that a repeated request adds nothing."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("session_id", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    event: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(32))
    trial_number: Mapped[int | None]
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"), index=True)
    scale: Mapped[str | None] = mapped_column(String(64))
    value: Mapped[float | None]
    answer: Mapped[str | None] = mapped_column(Text)
    client_at: Mapped[str | None] = mapped_column(String(40))
    stored_at: Mapped[str] = mapped_column(String(32))


class Researcher(Base):
    """The researcher's access (one row): a password's hash, or the hash of a set-up link."""

    __tablename__ = "researcher"
    __table_args__ = (CheckConstraint("id = 1", name="ck_researcher_one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    password_hash: Mapped[str | None] = mapped_column(Text)
    setup_sha256: Mapped[str | None] = mapped_column(String(64))
