"""The queue 任务队列: Procrastinate over the platform's own database, in schema ``queue``.

The queue only says *who does what next*; what a job is and what came of it is in
``spatial.job``. So an entry names a job and the attempt it is for, and an entry
that comes twice finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from spatial.database import Connection

if TYPE_CHECKING:
    from procrastinate import App

SCHEMA = "queue"
JOBS = "jobs"
CALLBACKS = "callbacks"
RUN = "run"
CALL_BACK = "call_back"
WORKER_SESSIONS = 4
_ENTRY = {RUN: JOBS, CALL_BACK: CALLBACKS}


def app(dsn: str) -> App:
    """Procrastinate's application over this database; nothing is connected before it is opened."""
    from procrastinate import App, PsycopgConnector

    conninfo = make_conninfo(dsn, application_name="onemap-worker", options=f"-c search_path={SCHEMA}")
    return App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=WORKER_SESSIONS))


def enter(connection: Connection, task: str, at: datetime | None = None, **arguments: str | int) -> None:
    """Put an entry into the queue inside the caller's transaction, to be done from ``at`` on."""
    from procrastinate import SyncPsycopgConnector
    from procrastinate.jobs import Job
    from procrastinate.manager import JobManager

    entry = Job(
        queue=_ENTRY[task],
        lock=None,
        queueing_lock=None,
        task_name=task,
        task_kwargs=dict(arguments),
        scheduled_at=at,
    )
    with _first_on_the_path(connection):
        JobManager(SyncPsycopgConnector()).batch_defer_jobs(jobs=[entry], connection=connection)


@contextmanager
def _first_on_the_path(connection: Connection) -> Iterator[None]:
    """Procrastinate's functions name their tables without a schema."""
    with connection.transaction():
        row = connection.execute("select current_setting('search_path')").fetchone()
        assert row is not None
        connection.execute("select set_config('search_path', %s, true)", (SCHEMA,))
        yield
        connection.execute("select set_config('search_path', %s, true)", row)
