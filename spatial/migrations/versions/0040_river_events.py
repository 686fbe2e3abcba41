"""Events of warnings and response plans in the order in which they are followed; warnings judged again."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0040"
down_revision: str | None = "0039"


def upgrade() -> None:
    """Make the table of events and the triggers that fill it; the tables of re-judging."""
    run_schema("water", "events/schema.sql")
    run_schema("water", "warning/rejudgement.sql")


def downgrade() -> None:
    """Remove them with what was told."""
    run_sql(
        "drop trigger enter_event on warning.step; drop trigger enter_event on warning.acknowledgement;"
        "drop trigger enter_event on response.step; drop trigger enter_event on response.activation;"
        "drop trigger enter_event on response.confirmation; drop trigger enter_event on response.ending;"
        "drop schema event cascade; drop index warning.probability_source_idx;"
        "drop table warning.rejudgement; drop table warning.checkpoint"
    )
