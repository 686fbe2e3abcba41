"""One run of a job: from its claim to its end, whatever happens on the way."""

from __future__ import annotations

import http.client
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg

from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.errors import EnvironmentProblem, OneMapError, Unavailable
from spatial.jobs import referring, rights, store
from spatial.jobs.context import WORKER, Durable, Waiting
from spatial.jobs.errors import AttemptsExhausted, ReferenceFailed, TakesTooLong
from spatial.jobs.fan_out import FanOut
from spatial.jobs.inputs import placed
from spatial.jobs.model import Job, Outputs, Owner
from spatial.jobs.process import Inputs, Process, Processes, Retry
from spatial.jobs.store import Superseded
from spatial.jobs.workplace import Workplace

LOG = logging.getLogger("onemap.jobs")


def run(workplace: Workplace, processes: Processes, job_id: str, attempt: int) -> None:
    """Run one attempt of a job to its end; what goes wrong is written into the job."""
    with connect(workplace.dsn, application=WORKER) as connection:
        job = store.claim(connection, job_id, attempt)
    if job is None:
        return
    LOG.info("job %s (%s) begins, attempt %d", job.id, job.process, attempt)
    try:
        _run(workplace, processes[job.process], job)
    except Superseded:
        LOG.info("job %s was dismissed or taken over", job.id)
    except Exception as failure:
        _give_up(workplace, _retry(processes, job), job, failure)


def rescue(workplace: Workplace, processes: Processes, job_id: str, attempt: int) -> None:
    """What becomes of an attempt whose worker is dead: the next one, or a clean end."""
    with _unless_superseded(), connect(workplace.dsn, application=WORKER) as connection:
        job = store.get(connection, job_id)
        if job.state.final:
            return
        if job.attempts == attempt - 1:
            store.requeue(connection, job)  # the worker died before it claimed the attempt
        elif job.attempts == attempt:
            _after_death(connection, _retry(processes, job), job)


def execute(
    workplace: Workplace,
    process: Process,
    inputs: Inputs,
    owner: Owner,
    now: datetime,
    work: Path,
    deadline_s: float,
) -> Outputs:
    """Run a process while somebody waits; TakesTooLong where it does not end in time."""
    waiting = Waiting(workplace, owner, now, work, deadline_s)
    try:
        with placed(inputs):
            return process.run(waiting, inputs)
    except psycopg.errors.QueryCanceled:
        raise waiting.too_long() from None


def _run(workplace: Workplace, process: Process, job: Job) -> None:
    if job.schedule is not None:  # long after somebody asked for it
        with connect(workplace.dsn, application=WORKER) as connection:
            rights.holder(connection, job.owner, datetime.now(BEIJING))
    job = referring.held(workplace, process, job)
    with connect(workplace.dsn, application=WORKER) as connection:
        inputs = store.inputs(connection, job)
        job = replace(job, owner=rights.still(connection, job.owner, datetime.now(BEIJING)))
        rights.require(connection, job.owner, process, inputs)
    with tempfile.TemporaryDirectory(prefix="onemap-job-") as folder:
        fan_out = FanOut(workplace)
        context = Durable(workplace, job, Path(folder), fan_out)
        with context.watched():
            try:
                with placed(inputs):
                    outputs = process.run(context, inputs)
                if not context.finished:
                    with connect(workplace.dsn, application=WORKER) as connection:
                        store.finish(connection, job, outputs, process.rests_on(inputs, outputs))
            except psycopg.errors.QueryCanceled:
                context.require_ours()  # cancelled because the job was dismissed
                raise
            finally:
                fan_out.close()


def _give_up(workplace: Workplace, retry: Retry, job: Job, failure: Exception) -> None:
    known = _known(failure)
    with _unless_superseded(), connect(workplace.dsn, application=WORKER) as connection:
        if _passing(failure) and job.attempts < retry.attempts:
            LOG.warning("job %s will be tried again: %s", job.id, known.code)
            store.postpone(connection, job, retry.wait_before_s(job.attempts + 1))
        else:
            LOG.warning("job %s failed: %s", job.id, known.code)  # a message may repeat values
            store.fail(connection, job, known)


def _after_death(connection: Connection, retry: Retry, job: Job) -> None:
    LOG.warning("job %s lost its worker in attempt %d", job.id, job.attempts)
    if job.attempts < retry.attempts:
        store.postpone(connection, job, retry.wait_before_s(job.attempts + 1))
        return
    store.fail(
        connection,
        job,
        AttemptsExhausted(
            f"执行进程在运行中反复中止,不再重试,已尝试次数:{job.attempts}",
            f"its worker died again and again, it is not tried any more; attempts: {job.attempts}",
            value=job.attempts,
        ),
    )


def _retry(processes: Processes, job: Job) -> Retry:
    """A process that this worker does not know is not tried again by it."""
    return processes[job.process].retry if job.process in processes else Retry(attempts=1)


@contextmanager
def _unless_superseded() -> Iterator[None]:
    """A job that is not ours any more needs nothing from us."""
    try:
        yield
    except Superseded:
        LOG.info("the job was dismissed or taken over meanwhile")


def _passing(failure: Exception) -> bool:
    """Whether the same work may well succeed later."""
    if isinstance(failure, psycopg.errors.QueryCanceled):
        return False
    if isinstance(failure, ReferenceFailed):  # nobody answered, or not to the end
        return isinstance(failure.__cause__, OSError | http.client.HTTPException)
    return isinstance(failure, Unavailable | psycopg.OperationalError | EnvironmentProblem | MemoryError)


def _known(failure: Exception) -> OneMapError:
    """The error itself, or what another one means to whoever handed the job in."""
    match failure:
        case OneMapError():
            return failure
        case psycopg.errors.QueryCanceled():
            return TakesTooLong(
                "查询超过时限,请缩小范围后重试",
                "a query ran longer than allowed; narrow the request and try again",
            )
        case psycopg.OperationalError():
            return Unavailable("数据库中断,请稍后重试", "the database went away; try again later")
        case _:
            LOG.error("unexpected failure", exc_info=failure)
            return OneMapError(
                "任务内部错误,已记入执行进程的日志", "an internal error, written to the worker's log"
            )
