"""The worker 执行进程: takes jobs from the queue until it is told to stop.

It needs the database's address and nothing else. Beside the jobs it looks after
the house: attempts whose worker died are given to the next one, schedules that
are due are fired, results whose time is over are removed, callbacks are delivered.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import psycopg

from spatial.database import connect
from spatial.datum import BEIJING
from spatial.errors import OneMapError, Unavailable
from spatial.jobs import callback, queue, retention, rights, run, schedule, store, telling
from spatial.jobs.context import WORKER
from spatial.jobs.process import Processes
from spatial.jobs.workplace import Workplace

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job as Entry

LOG = logging.getLogger("onemap.jobs")
CALLBACKS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker looks up, in seconds."""

    heartbeat_s: float = 5.0
    stalled_s: float = 20.0
    """A worker that has not been heard of for so long is dead."""
    poll_s: float = 5.0
    """Notifications may be lost, and tell nothing of what is to be done later: the queue is looked into."""
    grace_s: float = 10.0
    """A job under way has so long to end when the worker is told to stop; then it is given back."""


Chore = Callable[[Callable[[], bool]], None]
"""Work that never ends, done beside the jobs in a thread; it is handed what tells whether to go on."""


class Worker:
    """One job at a time, for as long as it is wanted."""

    def __init__(
        self,
        workplace: Workplace,
        processes: Processes,
        *,
        pace: Pace | None = None,
        wanted: Callable[[], bool] = lambda: True,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._chores = chores
        self._workplace = workplace
        self._processes = processes
        self._pace = pace or Pace()
        self._wanted = wanted
        self._under_way: dict[str, int] = {}

    def work(self) -> None:
        """Work until a signal says stop; raises what ends the worker otherwise."""
        asyncio.run(self._work())
        if self._under_way:
            # A thread cannot be ended from outside. Its job has been given back already.
            os._exit(0)

    async def _work(self) -> None:
        app = queue.app(self._workplace.dsn)
        app.task(name=queue.RUN, queue=queue.JOBS)(self._run)
        app.task(name=queue.CALL_BACK, queue=queue.CALLBACKS)(self._call_back)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with app.open_async():
            working = [
                asyncio.create_task(self._take(app, queue.JOBS, 1)),
                asyncio.create_task(self._take(app, queue.CALLBACKS, CALLBACKS_AT_ONCE)),
                asyncio.create_task(self._keep_house(app, stop)),
            ]
            working += [
                asyncio.create_task(asyncio.to_thread(each, lambda: not stop.is_set()))
                for each in self._chores
            ]
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([*working, stopping], return_when=asyncio.FIRST_COMPLETED)
            stop.set()  # also where a part of the work failed: the chores' threads would keep the rest alive
            await self._end(working)
            stopping.cancel()
            for task in working:
                if task.done() and not task.cancelled() and (failure := task.exception()):
                    raise failure

    async def _take(self, app: App, name: str, at_once: int) -> None:
        await app.run_worker_async(
            queues=[name],
            name=name,
            concurrency=at_once,
            fetch_job_polling_interval=self._pace.poll_s,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=self._pace.heartbeat_s,
            stalled_worker_timeout=self._pace.stalled_s,
        )

    async def _end(self, working: list[asyncio.Task[None]]) -> None:
        """Take nothing more; give back what does not end in time."""
        for task in working:
            task.cancel()
        _, pending = await asyncio.wait(working, timeout=self._pace.grace_s)
        if not pending:
            return
        await asyncio.to_thread(self._give_back)
        await asyncio.wait(pending, timeout=self._pace.grace_s / 2)

    def _give_back(self) -> None:
        for job_id in list(self._under_way):
            with suppress(store.Superseded), connect(self._workplace.dsn, application=WORKER) as connection:
                LOG.info("job %s is given back", job_id)
                store.postpone(connection, store.get(connection, job_id), 0)
                store.interrupt(connection, job_id)

    def _run(self, job: str, attempt: int) -> None:
        self._under_way[job] = attempt
        try:
            run.run(self._workplace, self._processes, job, attempt)
        finally:
            self._under_way.pop(job, None)

    def _call_back(self, job: str, event: str, attempt: int) -> None:
        """Deliver once; queue the next try where it did not arrive."""
        with connect(self._workplace.dsn, application=WORKER) as connection:
            found = store.get(connection, job)
            if found.subscriber is None:
                return
            releases = found.process in self._processes and self._processes[found.process].releases
            if not rights.may_be_told(connection, found, releases, datetime.now(BEIJING)):
                LOG.warning("job %s: its owner may not see by now what it would tell; nobody is told", job)
                return
            uri = str(found.subscriber.to_json()[event])
            told = (
                telling.results(connection, found, self._workplace.base_url)
                if event == "successUri"
                else telling.status(found)
            )
        try:
            callback.send(uri, self._workplace.callback_hosts, orjson.dumps(told))
        except Unavailable as failure:
            LOG.warning("job %s: %s", job, failure.en)
            if attempt < callback.ATTEMPTS:
                at = datetime.now(BEIJING) + timedelta(seconds=2.0**attempt)
                with connect(self._workplace.dsn, application=WORKER) as connection:
                    queue.enter(connection, queue.CALL_BACK, at, job=job, event=event, attempt=attempt + 1)
        except OneMapError as refusal:
            LOG.warning("job %s: %s", job, refusal.en)

    async def _keep_house(self, app: App, stop: asyncio.Event) -> None:
        while self._wanted():
            try:
                await self._rescue(app)
                await asyncio.to_thread(self._fire_due)
                await asyncio.to_thread(self._expire)
            except (psycopg.Error, Unavailable) as failure:
                LOG.warning("the house could not be kept: %s", failure)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pace.heartbeat_s)
                return

    def _fire_due(self) -> None:
        with connect(self._workplace.dsn, application=WORKER) as connection:
            schedule.fire_due(connection, self._processes, datetime.now(BEIJING))

    def _expire(self) -> None:
        before = datetime.now(BEIJING) - timedelta(days=self._workplace.results_days)
        with connect(self._workplace.dsn, application=WORKER) as connection:
            expired = retention.expire(connection, before)
        if expired:
            LOG.info("results of %d jobs have expired", len(expired))

    async def _rescue(self, app: App) -> None:
        """Entries of workers that are not heard of any more."""
        from procrastinate.exceptions import ConnectorException
        from procrastinate.jobs import Status

        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._pace.stalled_s)
        for entry in stalled:
            await asyncio.to_thread(self._pass_on, entry)
            assert entry.id is not None
            with suppress(ConnectorException):  # another worker has passed it on already
                await app.job_manager.finish_job_by_id_async(entry.id, Status.FAILED, delete_job=True)
        await app.job_manager.prune_stalled_workers(self._pace.stalled_s)

    def _pass_on(self, entry: Entry) -> None:
        arguments = entry.task_kwargs
        job, attempt = str(arguments["job"]), int(str(arguments["attempt"]))
        with suppress(OneMapError):  # a job that was removed meanwhile
            if entry.task_name == queue.RUN:
                run.rescue(self._workplace, self._processes, job, attempt)
            else:
                self._call_back(job, str(arguments["event"]), attempt)
