"""Originals of deliveries, control points, the legal area and registered operations of the datum."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Add what the exchange and the datum keep in the database."""
    run_schema("spatial.exchange")
    run_schema("spatial.datum")


def downgrade() -> None:
    """Remove originals, readings, control points, operations; the layers and their history stay."""
    run_sql(
        "drop table spatial.source_reading, spatial.source_chunk, spatial.source, spatial.control_point;"
        "drop table spatial.datum_operation, spatial.datum_frame;"
        "drop function spatial.legal_area_m2(geometry, integer)"
    )
