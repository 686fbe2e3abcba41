"""API keys, grants to departments, the audit, and the limits of releases."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Add what access control keeps; from here on every write is audited."""
    run_schema("spatial.access")


def downgrade() -> None:
    """Remove keys, grants, the audit and the limits; layers and their history stay."""
    run_schema("spatial.access", "schema_down.sql")
