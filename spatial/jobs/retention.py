"""Retention 保存期限: how long the results and inputs of a job that is over are kept.

The record of the job stays, with every digest; what goes are bytes that no other
job and no schedule needs. The inputs of a result that lineage names are kept: from
them, and from the states of layers that it names, the result can be made again.
"""

from __future__ import annotations

from datetime import datetime

from spatial.database import Connection
from spatial.jobs import content

AT_ONCE = 200
"""Jobs that expire in one transaction; the next ones follow when the house is kept again."""


def expire(connection: Connection, before: datetime) -> tuple[str, ...]:
    """Let jobs expire that were over before this instant, in the caller's transaction; their ids."""
    jobs = connection.execute(
        """
        update spatial.job j set expired_at = clock_timestamp(),
          inputs_kept = case when exists (select from spatial.derivation d where d.product = 'job/' || j.id)
            then j.inputs_kept end
        where j.id in (select id from spatial.job where expired_at is null and finished_at < %s
          order by finished_at limit %s for update skip locked)
        returning j.id::text, j.inputs_sha256
        """,
        (before, AT_ONCE),
    ).fetchall()
    if not jobs:
        return ()
    ids = [job for job, _ in jobs]
    outputs = connection.execute(
        "update spatial.job_output set kept = null where job = any(%s::uuid[]) returning sha256", (ids,)
    ).fetchall()
    content.drop_unused(connection, [bytes(sha256) for *_, sha256 in (*jobs, *outputs)])
    return tuple(ids)
