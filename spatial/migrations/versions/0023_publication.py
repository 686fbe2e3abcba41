"""Publications of plans for comment, comments, answers."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0023"
down_revision: str | None = "0022"


def upgrade() -> None:
    """Make their tables."""
    run_schema("planning", "publication/schema.sql")


def downgrade() -> None:
    """Remove them; plans and their life stay."""
    run_sql(
        "drop view planning.comment_state;"
        " drop table planning.comment_step, planning.comment_person, planning.comment,"
        " planning.publication_step, planning.publication_layer, planning.publication"
    )
