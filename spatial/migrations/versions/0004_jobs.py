"""Jobs, their inputs, results and schedules, and the queue that hands them to workers."""

from __future__ import annotations

from importlib.metadata import version

from spatial.migrations.script import run_schema, run_sql

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """The queue is Procrastinate's own schema, named after the version that made it.

    Its names are not qualified: whoever works with it has it first on the search path.
    """
    run_schema("spatial.jobs")
    run_sql("create schema queue; set local search_path = queue")
    run_schema("procrastinate.sql")
    run_sql("set local search_path to default")
    run_sql(f"comment on schema queue is 'Procrastinate {version('procrastinate')}'")


def downgrade() -> None:
    """Remove jobs, results and schedules; what jobs have written stays."""
    run_sql(
        "drop schema queue cascade;"
        "drop table spatial.job_schedule, spatial.job_transition, spatial.job_output, spatial.job,"
        " spatial.job_content_chunk, spatial.job_content;"
        "drop function spatial.job_moved(), spatial.job_moved_on()"
    )
