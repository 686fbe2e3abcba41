"""Ground: schemas, the history store and the catalogue."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """History first: the catalogue's measures refer to changesets."""
    for file in ("schema.sql", "ledger.sql", "write.sql", "versions.sql"):
        run_schema("spatial.history", file)
    run_schema("spatial.catalogue")


def downgrade() -> None:
    """Remove every layer with its history; schema ``spatial`` goes with the version table."""
    run_sql("drop schema if exists layer, staging, history cascade")
