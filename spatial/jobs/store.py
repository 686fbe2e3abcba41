"""Jobs in the database: handed in, claimed, moved on, ended. SQL of jobs is here and in ``schema.sql``.

Whatever a run writes names its attempt: a run that was given up (its worker
seemed dead, or the job was dismissed) finds no row to change and writes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from spatial.catalogue import lineage
from spatial.catalogue.lineage import Source
from spatial.database import Connection
from spatial.errors import OneMapError, shorten
from spatial.exchange.identity import new_identities
from spatial.jobs import content, queue
from spatial.jobs.errors import UnknownJob
from spatial.jobs.model import (
    JSON_TYPE,
    Answer,
    Document,
    Job,
    Kept,
    Outputs,
    Owner,
    Referred,
    Request,
    State,
    Subscriber,
    told,
)

_COLUMNS = (
    "id::text, process, version, state, progress, message_zh, message_en, problem, inputs_sha256, subject,"
    " department, access, answer, subscriber, schedule, attempts, created_at, started_at, updated_at,"
    " finished_at, expired_at, referred"
)


class Superseded(Exception):
    """This run is not the job's any more: it was dismissed, or another worker has taken it over."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which jobs to list, the newest first."""

    department: str | None = None
    """Of this department; ``everyones`` for all."""
    everyones: bool = False
    processes: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    shortest_s: float | None = None
    """Seconds from its start to its end, or until now."""
    longest_s: float | None = None
    before: str | None = None
    """Identity of the last job of the page before."""
    limit: int = 100


def submit(connection: Connection, request: Request) -> Job:
    """Hand a job in and queue it, in the caller's transaction."""
    identity = next(new_identities())
    inputs = content.keep(connection, content.canonical(request.inputs))
    row = connection.execute(
        "insert into spatial.job (id, process, version, inputs_sha256, inputs_kept, answer, subject,"
        " department, access, subscriber, schedule, referred)"
        f" values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
        (
            identity,
            request.process,
            request.version,
            inputs,
            inputs,
            Jsonb(request.answer.to_json()),
            request.owner.subject,
            request.owner.department,
            Jsonb(request.owner.to_json()),
            Jsonb(request.subscriber.to_json()) if request.subscriber else None,
            request.schedule,
            Jsonb([one.to_json() for one in request.referred]),
        ),
    ).fetchone()
    queue.enter(connection, queue.RUN, job=identity, attempt=1)
    return _job(row)


def get(connection: Connection, job_id: str) -> Job:
    """The job of that id; UnknownJob where there is none."""
    row = None
    if is_identity(job_id):
        row = connection.execute(f"select {_COLUMNS} from spatial.job where id = %s", (job_id,)).fetchone()
    if row is None:
        raise unknown(job_id)
    return _job(row)


def unknown(job_id: str) -> UnknownJob:
    """The error for a job that is not there, or not for the asker."""
    shown = shorten(job_id)
    return UnknownJob(
        f"没有这个任务,可见的任务在 /jobs:{shown}", f"no such job, /jobs lists them: {shown}", value=shown
    )


def listed(connection: Connection, asked: Listing) -> tuple[Job, ...]:
    """A page of jobs, the newest first."""
    rows = connection.execute(
        f"select {_COLUMNS} from spatial.job"
        " where (%(everyones)s or department = %(department)s)"
        " and (cardinality(%(processes)s::text[]) = 0 or process = any(%(processes)s))"
        " and (cardinality(%(states)s::text[]) = 0 or state = any(%(states)s))"
        " and (%(from)s::timestamptz is null or created_at >= %(from)s)"
        " and (%(to)s::timestamptz is null or created_at <= %(to)s)"
        " and (%(shortest)s::float8 is null or extract(epoch from"
        "  coalesce(finished_at, clock_timestamp()) - started_at) >= %(shortest)s)"
        " and (%(longest)s::float8 is null or extract(epoch from"
        "  coalesce(finished_at, clock_timestamp()) - started_at) <= %(longest)s)"
        " and (%(before)s::uuid is null or id < %(before)s)"
        " order by id desc limit %(limit)s",
        {
            "everyones": asked.everyones,
            "department": asked.department,
            "processes": list(asked.processes),
            "states": [state.value for state in asked.states],
            "from": asked.created_from,
            "to": asked.created_to,
            "shortest": asked.shortest_s,
            "longest": asked.longest_s,
            "before": asked.before,
            "limit": asked.limit,
        },
    ).fetchall()
    return tuple(_job(row) for row in rows)


def inputs(connection: Connection, job: Job) -> Mapping[str, Any]:
    """What the job was handed, as it was checked."""
    import orjson

    found = orjson.loads(content.fetch(connection, job.inputs_sha256))
    assert isinstance(found, dict)
    return found


def outputs(connection: Connection, job_id: str) -> tuple[Kept, ...]:
    """The outputs of a successful job, in the order of its process; none that have expired."""
    rows = connection.execute(
        "select o.name, o.media_type, o.file_name, o.sha256, c.size_bytes from spatial.job_output o"
        " join spatial.job_content c on c.sha256 = o.kept where o.job = %s order by o.position",
        (job_id,),
    ).fetchall()
    return tuple(Kept(name, kind, file_name, bytes(sha), size) for name, kind, file_name, sha, size in rows)


def transitions(connection: Connection, job_id: str) -> tuple[tuple[State, int, datetime], ...]:
    """Every state the job was in: state, attempt, since when."""
    rows = connection.execute(
        "select state, attempt, at from spatial.job_transition where job = %s order by number", (job_id,)
    ).fetchall()
    return tuple((State(state), attempt, at) for state, attempt, at in rows)


def claim(connection: Connection, job_id: str, attempt: int) -> Job | None:
    """Begin an attempt; None where it is begun, given up or over already."""
    row = connection.execute(
        "update spatial.job set state = 'running', attempts = %s, progress = 0, message_zh = '执行中',"
        " message_en = 'running', started_at = coalesce(started_at, clock_timestamp()),"
        " updated_at = clock_timestamp() where id = %s and attempts = %s and state = 'accepted'"
        f" returning {_COLUMNS}",
        (attempt, job_id, attempt - 1),
    ).fetchone()
    if row is None:
        return None
    job = _job(row)
    if attempt == 1:
        _tell(connection, job, "inProgressUri")
    return job


def advance(connection: Connection, job: Job, percent: int, zh: str, en: str) -> None:
    """Tell how far the run is; Superseded where it is not the job's any more."""
    row = connection.execute(
        "update spatial.job set progress = greatest(progress, %s), message_zh = %s, message_en = %s,"
        " updated_at = clock_timestamp() where id = %s and attempts = %s and state = 'running' returning id",
        (percent, zh, en, job.id, job.attempts),
    ).fetchone()
    if row is None:
        raise Superseded(job.id)


def hold(
    connection: Connection, job: Job, inputs: Mapping[str, Any], referred: Iterable[Referred], owner: Owner
) -> Job:
    """Keep what the references of a run hold as its inputs, once for all its attempts; the job as it
    is then. Superseded where it is not ours.
    """
    sha256 = content.keep(connection, content.canonical(inputs))
    row = connection.execute(
        "update spatial.job set inputs_sha256 = %s, inputs_kept = %s, referred = %s, access = %s,"
        " updated_at = clock_timestamp() where id = %s and attempts = %s and state = 'running'"
        f" returning {_COLUMNS}",
        (
            sha256,
            sha256,
            Jsonb([one.to_json() for one in referred]),
            Jsonb(owner.to_json()),
            job.id,
            job.attempts,
        ),
    ).fetchone()
    if row is None:
        raise Superseded(job.id)
    content.drop_unused(connection, [job.inputs_sha256])
    return _job(row)


def runs_still(connection: Connection, job: Job) -> bool:
    """Whether this run is still the job's."""
    return (
        connection.execute(
            "select from spatial.job where id = %s and attempts = %s and state = 'running'",
            (job.id, job.attempts),
        ).fetchone()
        is not None
    )


def finish(connection: Connection, job: Job, made: Outputs, rests_on: Iterable[Source] = ()) -> None:
    """End the job with its outputs and their lineage, in the caller's transaction; Superseded where
    it is not ours.
    """
    _end(connection, job, State.SUCCESSFUL, "已完成", "done", None)
    for position, (name, output) in enumerate(made.items()):
        if isinstance(output, Document):
            kind, file_name = JSON_TYPE, None
            sha256 = content.keep(connection, content.canonical(output.value))
        else:
            kind, file_name = output.media_type, output.name
            sha256, _ = content.keep_file(connection, output.path)
        connection.execute(
            "insert into spatial.job_output (job, name, position, media_type, file_name, sha256, kept)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (job.id, name, position, kind, file_name, sha256, sha256),
        )
    lineage.derive(
        connection,
        product_of(job.id),
        dict.fromkeys([*rests_on, *(source for one in job.referred for source in one.sources)]),
        activity=job.process,
        parameters={"version": job.version, "inputs_sha256": job.inputs_sha256.hex()},
    )
    _tell(connection, job, "successUri")


def fail(connection: Connection, job: Job, failure: OneMapError) -> None:
    """End the job with what went wrong; Superseded where it is not ours."""
    _end(connection, job, State.FAILED, failure.zh, failure.en, failure)
    _tell(connection, job, "failedUri")


def postpone(connection: Connection, job: Job, wait_s: float) -> None:
    """Give this attempt up and queue the next one; Superseded where it is not ours."""
    row = connection.execute(
        "update spatial.job set state = 'accepted', message_zh = '等待重试',"
        " message_en = 'to be tried again', updated_at = clock_timestamp()"
        " where id = %s and attempts = %s and state = 'running' returning clock_timestamp()",
        (job.id, job.attempts),
    ).fetchone()
    if row is None:
        raise Superseded(job.id)
    at = row[0] + timedelta(seconds=wait_s) if wait_s else None
    queue.enter(connection, queue.RUN, at, job=job.id, attempt=job.attempts + 1)


def requeue(connection: Connection, job: Job) -> None:
    """Queue the attempt that comes next once more: the entry for it was lost with its worker."""
    queue.enter(connection, queue.RUN, job=job.id, attempt=job.attempts + 1)


def dismiss(connection: Connection, job_id: str) -> Job:
    """End a job that is under way; of one that is over, remove the results. The job as it is then.

    Sessions that work for it are ended in the database, wherever their program runs.
    """
    row = connection.execute(
        "update spatial.job set state = 'dismissed', message_zh = '已撤销', message_en = 'dismissed',"
        " updated_at = clock_timestamp(), finished_at = coalesce(finished_at, clock_timestamp())"
        f" where id = %s returning {_COLUMNS}",
        (job_id,),
    ).fetchone()
    if row is None:
        raise unknown(job_id)
    gone = connection.execute(
        "delete from spatial.job_output where job = %s returning sha256", (job_id,)
    ).fetchall()
    content.drop_unused(connection, [bytes(sha256) for (sha256,) in gone])
    interrupt(connection, job_id)
    return _job(row)


def product_of(job_id: str) -> str:
    """How the result of a job is named in lineage."""
    return f"job/{job_id}"


def session_name(job_id: str) -> str:
    """How every session that works for a job is named in the server."""
    return f"onemap-job-{job_id}"


def interrupt(connection: Connection, job_id: str) -> None:
    """Cancel the statements that run for a job."""
    connection.execute(
        "select pg_cancel_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name = %s",
        (session_name(job_id),),
    )


def _end(
    connection: Connection, job: Job, state: State, zh: str, en: str, failure: OneMapError | None
) -> None:
    row = connection.execute(
        "update spatial.job set state = %s,"
        " progress = case when %s = 'successful' then 100 else progress end,"
        " message_zh = %s, message_en = %s, problem = %s, updated_at = clock_timestamp(),"
        " finished_at = clock_timestamp() where id = %s and attempts = %s and state = 'running' returning id",
        (
            state.value,
            state.value,
            zh,
            en,
            Jsonb(told(failure)) if failure else None,
            job.id,
            job.attempts,
        ),
    ).fetchone()
    if row is None:
        raise Superseded(job.id)


def _tell(connection: Connection, job: Job, event: str) -> None:
    """Queue a callback in the transaction that makes it true."""
    if job.subscriber is not None and job.subscriber.to_json()[event]:
        queue.enter(connection, queue.CALL_BACK, job=job.id, event=event, attempt=1)


def is_identity(text: str) -> bool:
    """Whether a text may be the id of a job."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _job(row: tuple[Any, ...] | None) -> Job:
    assert row is not None
    (identity, process, version, state, progress, zh, en, problem, sha256, subject, department) = row[:11]
    access, answer, subscriber, schedule, attempts, created, started, updated, finished = row[11:20]
    expired, referred = row[20:]
    return Job(
        id=identity,
        process=process,
        version=version,
        state=State(state),
        progress=progress,
        message_zh=zh,
        message_en=en,
        problem=problem,
        inputs_sha256=bytes(sha256),
        owner=Owner.from_json(subject, department, access),
        answer=Answer.from_json(answer),
        subscriber=None
        if subscriber is None
        else Subscriber(subscriber["successUri"], subscriber["inProgressUri"], subscriber["failedUri"]),
        schedule=schedule,
        attempts=attempts,
        created_at=created,
        started_at=started,
        updated_at=updated,
        finished_at=finished,
        expired_at=expired,
        referred=tuple(Referred.from_json(one) for one in referred),
    )
