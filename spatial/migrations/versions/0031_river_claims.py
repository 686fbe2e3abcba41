"""The guard of the claims on rivers and works."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0031"
down_revision: str | None = "0029"


def upgrade() -> None:
    """Hold every changeset of the layer ``river-claims`` to the laws of claims."""
    run_schema("water.works")


def downgrade() -> None:
    """Remove the guard; the layers stay."""
    run_sql(
        "drop trigger river_claims on spatial.changeset;"
        " drop function water.guard_claims(); drop function water.refuse(text, text, text)"
    )
