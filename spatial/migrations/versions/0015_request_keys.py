"""Keys of requests to create, by which a request that is sent again is known."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0015"
down_revision: str | None = "0014"


def upgrade() -> None:
    """Begin to keep keys."""
    run_schema("spatial.editing", "request_key.sql")


def downgrade() -> None:
    """Forget them: a request sent again is then a new one."""
    run_sql("drop table spatial.request_key")
