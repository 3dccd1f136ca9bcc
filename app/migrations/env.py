"""Alembic's entry: runs the migrations in the transaction that the caller has begun."""

from __future__ import annotations

from alembic import context

from earwitness.app.tables import Base
from earwitness.app.upkeep import tables as _upkeep  # noqa: F401  (registers its tables)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
