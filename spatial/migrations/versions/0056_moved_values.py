"""Values that are moved to another month keep their numbers."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0056"
down_revision: str | None = "0055"


def upgrade() -> None:
    """Make the table of where they are."""
    run_schema("spatial", "observe/moved.sql")


def downgrade() -> None:
    """By their numbers those that were moved are found no more; they themselves stay."""
    run_sql("drop table observe.moved_value")
