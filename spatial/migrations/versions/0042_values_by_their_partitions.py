"""Values are looked up, corrected and marked in the partitions concerned alone."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0042"
down_revision: str | None = "0041"


def upgrade() -> None:
    """Put the functions in the place of the earlier ones."""
    run_schema("spatial", "observe/roll_ups.sql")
    run_schema("spatial", "observe/record.sql")


def downgrade() -> None:
    """The functions do the same as before; nothing to take back."""
