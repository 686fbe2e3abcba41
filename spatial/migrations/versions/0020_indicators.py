"""Indicators and their values, the quota ledger, monitoring and alerts, runs of models."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0020"
down_revision: str | None = "0019"


def upgrade() -> None:
    """Make their tables."""
    run_schema("planning", "indicators/schema.sql")


def downgrade() -> None:
    """Remove them; use control and the layers stay."""
    run_sql(
        "drop table planning.model_run, planning.alert_receipt, planning.alert, planning.monitoring,"
        " planning.limit_value, planning.quota_entry, planning.quota_posting, planning.quota_account,"
        " planning.indicator_value, planning.content_area;"
        " drop function planning.hold_balance(), planning.kept_for_good(regclass),"
        " planning.refuse_to_forget()"
    )
