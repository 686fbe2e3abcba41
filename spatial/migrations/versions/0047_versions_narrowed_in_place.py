"""Versions that go on before a change are narrowed in place; comparing looks every feature up once."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0047"
down_revision: str | None = "0046"


def upgrade() -> None:
    """Put the statements in the place of the earlier ones, and let the guards of every layer allow them."""
    run_schema("spatial.history", "versions.sql")
    run_sql("select history.guard_versions(l) from history.layout l")


def downgrade() -> None:
    """The statements write the same rows as before; nothing to take back."""
