"""Observations: single values are written in groups; findings are answered; nights."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0038"
down_revision: str | None = "0037"


def upgrade() -> None:
    """Make the function, and the tables of answers and nights."""
    run_schema("spatial", "observe/together.sql")
    run_schema("spatial", "observe/answers.sql")
    run_schema("spatial", "observe/archive/nightly.sql")


def downgrade() -> None:
    """Remove them, with what was answered."""
    run_sql(
        "drop table observe.night; drop table observe.nightly; drop function observe.record_together;"
        "drop function observe.finding_state; drop table observe.finding_answer"
    )
