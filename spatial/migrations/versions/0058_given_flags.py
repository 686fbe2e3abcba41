"""What the giver of a value says is wrong with it stays, whatever tests find and take back."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0058"
down_revision: str | None = "0057"


def upgrade() -> None:
    """Make the table, fill it from what is held, and put the functions in the place of the earlier ones."""
    run_schema("spatial", "observe/given_flag.sql")
    run_schema("spatial", "observe/values.sql")
    run_schema("spatial", "observe/record.sql")


def downgrade() -> None:
    """They stay: what they write of values is what the earlier ones wrote."""
