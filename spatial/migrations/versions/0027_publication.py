"""What subscribers are told of observations, and counts of telemetry for those who watch it."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0027"
down_revision: str | None = "0026"


def upgrade() -> None:
    """Make the tables, and the indexes that find what was written last."""
    run_schema("spatial", "observe/publication.sql")
    run_schema("spatial", "observe/telemetry/watching.sql")
    run_schema("spatial", "observe/alone.sql")


def downgrade() -> None:
    """Remove them."""
    run_sql(
        "drop function observe.record_alone; drop table observe.published, observe.wanted_topic;"
        " drop index observe.observation_recorded;"
        " drop index observe.thing_recorded_at_idx, observe.location_recorded_at_idx,"
        " observe.historical_location_recorded_at_idx, observe.sensor_recorded_at_idx,"
        " observe.observed_property_recorded_at_idx, observe.feature_recorded_at_idx,"
        " observe.datastream_recorded_at_idx;"
        " revoke usage on schema telemetry from onemap_reader; drop table telemetry.tally, telemetry.service"
    )
