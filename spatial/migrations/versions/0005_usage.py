"""The usage ledger, how far the access log is in it, and quotas."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Add the tables of use."""
    run_schema("spatial.usage")


def downgrade() -> None:
    """Remove the ledger and the quotas; the access log, from which the ledger can be made again, stays."""
    run_sql("drop table spatial.usage, spatial.usage_segment, spatial.quota")
