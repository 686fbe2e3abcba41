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
        "do $$ declare one record; begin"
        " for one in select c.oid::regclass::text as name from pg_class c"
        " where c.relnamespace = 'planning'::regnamespace and c.relkind = 'r'"
        " and c.relname not in ('rule_version', 'compliance_check', 'restriction_extract')"
        " loop execute format('drop table if exists %s cascade', one.name); end loop;"
        " for one in select p.oid::regprocedure::text as name from pg_proc p"
        " where p.pronamespace = 'planning'::regnamespace"
        " loop execute format('drop function if exists %s cascade', one.name); end loop; end $$"
    )
