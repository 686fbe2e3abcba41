"""Raw messages of telemetry, what a replay gave, and the keys by which one counts once."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0026"
down_revision: str | None = "0025"


def upgrade() -> None:
    """Make their tables."""
    run_schema("spatial", "observe/telemetry/schema.sql")


def downgrade() -> None:
    """Remove them."""
    run_sql(
        "drop view telemetry.message_state;"
        " drop table telemetry.replay, telemetry.message_key, telemetry.message;"
        " drop function telemetry.ensure_month(timestamptz); drop sequence telemetry.message_number;"
        " drop schema telemetry"
    )
