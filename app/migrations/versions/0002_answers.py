"""Answers in words, values with decimals, what a trial's right answer is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # SQLite makes the table anew, and Alembic does not find its check by itself.
    check = sa.CheckConstraint("(value IS NULL) = declined", name="ck_ratings_value_or_decline")
    with op.batch_alter_table("ratings", table_args=(check,)) as ratings:
        ratings.alter_column(
            "value", existing_type=sa.Integer(), type_=sa.Double(), existing_nullable=True
        )
        ratings.add_column(sa.Column("answer", sa.Text(), nullable=True))
    op.add_column("events", sa.Column("answer", sa.Text(), nullable=True))
    op.add_column("trials", sa.Column("target", sa.Text(), nullable=True))
    op.add_column("slots", sa.Column("versus", sa.String(length=64), nullable=True))
