"""Which tab a session is open in; recruiters' ids, tombstones, the audit log, login attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("tab", sa.String(length=64), nullable=True))
    op.add_column("invitations", sa.Column("label", sa.Text(), nullable=True))
    op.create_table(
        "recruits",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("identity", sa.String(length=256), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("delete_after", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("session_id"),
        sa.UniqueConstraint("identity"),
    )
    op.create_index("ix_recruits_delete_after", "recruits", ["delete_after"])
    op.create_table(
        "tombstones",
        sa.Column("participant_sha256", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("participant_sha256"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("previous_sha256"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_login_attempts_at", "login_attempts", ["at"])
