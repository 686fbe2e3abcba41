"""The audit of control points, registered operations and local frames."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """From here on every write of what decides frames is audited."""
    run_schema("spatial.access", "datum.sql")


def downgrade() -> None:
    """Audit them no longer; entries that were made stay."""
    run_schema("spatial.access", "datum_down.sql")
