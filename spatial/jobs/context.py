"""What a running process is handed: the context of a job, and that of a wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from spatial.access.model import Right
from spatial.database import Connection, connect
from spatial.errors import Unavailable, UnknownLayer
from spatial.jobs import sessions, store
from spatial.jobs.errors import TakesTooLong
from spatial.jobs.fan_out import FanOut
from spatial.jobs.model import Grant, Job, Outputs, Owner
from spatial.jobs.store import Superseded
from spatial.jobs.workplace import Workplace

WORKER = "onemap-worker"
"""How sessions that keep a job's record are named; a dismissal must not cancel those."""
STEP_EVERY_S = 0.2
"""Progress is written no oftener."""
WATCH_EVERY_S = 1.0
"""How often it is looked whether a job was dismissed while one of its statements runs."""


class _Context:
    """What both kinds know."""

    def __init__(self, workplace: Workplace, owner: Owner, now: datetime, work: Path) -> None:
        self._workplace = workplace
        self.owner = owner
        self.now = now
        self.work = work

    @property
    def city(self) -> str:
        """Division code of the city."""
        return self._workplace.city

    @property
    def kept(self) -> Path | None:
        """Where what took long to prepare is kept on this machine."""
        return self._workplace.kept

    def grant(self, layer_id: str) -> Grant:
        """What the asker may see of a layer; one that was not asked about is not there."""
        found = self.owner.layers.get(layer_id)
        if found is None or Right.READ not in found.rights:
            raise UnknownLayer(
                f"没有这个图层,可用的见 /collections:{layer_id}",
                f"no such layer, /collections lists them: {layer_id}",
                value=layer_id,
            )
        return found


class Durable(_Context):
    """The context of a job."""

    def __init__(self, workplace: Workplace, job: Job, work: Path, fan_out: FanOut) -> None:
        super().__init__(workplace, job.owner, job.created_at, work)
        self._job = job
        self._fan_out = fan_out
        self._told_at = 0.0
        self.finished = False

    @property
    def dsn(self) -> str:
        """Sessions named after the job."""
        return make_conninfo(self._workplace.dsn, application_name=store.session_name(self._job.id))

    def session(self) -> Connection:
        """A session named after the job; it ends with its block."""
        return connect(self.dsn)

    def step(self, percent: int, zh: str, en: str) -> None:
        """Write progress; Superseded where the job was dismissed."""
        now = time.monotonic()
        if now - self._told_at < STEP_EVERY_S:
            return
        self._told_at = now
        with connect(self._workplace.dsn, application=WORKER) as connection:
            store.advance(connection, self._job, percent, zh, en)

    def expect(self, seconds: float) -> None:
        """A job has the time that it takes."""

    def finish(self, connection: Connection, outputs: Outputs) -> None:
        """End the job with the caller's transaction."""
        store.finish(connection, self._job, outputs)
        self.finished = True

    def ready(self, *, weight: int) -> None:
        """Let the cluster start, where the weight is large."""
        if weight >= self._workplace.spread_from:
            self._fan_out.ready()

    def each(
        self, function: Callable[..., Any], units: Mapping[str, tuple[Any, ...]], *, weight: int
    ) -> Iterator[tuple[str, Any]]:
        """Side by side where the weight is large, else here, one after the other."""

        def done(count: int, of: int) -> None:
            self.step(5 + 90 * count // of, f"已完成 {count}/{of} 个单元", f"{count} of {of} units done")

        if weight >= self._workplace.spread_from and len(units) > 1:
            return self._fan_out.each(function, self.dsn, units, done)
        return _one_by_one(function, self.dsn, units, done)

    def require_ours(self) -> None:
        """Superseded where the job was dismissed or taken over."""
        with connect(self._workplace.dsn, application=WORKER) as connection:
            if not store.runs_still(connection, self._job):
                raise Superseded(self._job.id)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Meanwhile, when the job is dismissed, whatever statement runs for it is cancelled.

        Dismissing cancels what runs at that moment; the watch catches a
        statement that began just after.
        """
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(over,), name="job-watch", daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.is_set():
            try:
                with connect(self._workplace.dsn, application=WORKER, autocommit=True) as connection:
                    while not over.wait(WATCH_EVERY_S):
                        if not store.runs_still(connection, self._job):
                            store.interrupt(connection, self._job.id)
            except (psycopg.Error, Unavailable):
                over.wait(WATCH_EVERY_S)  # the run itself finds out that the database is away


class Waiting(_Context):
    """The context of a process that somebody waits for: nothing is kept, and time is short."""

    def __init__(
        self, workplace: Workplace, owner: Owner, now: datetime, work: Path, deadline_s: float
    ) -> None:
        super().__init__(workplace, owner, now, work)
        self._deadline_s = deadline_s
        self._until = time.monotonic() + deadline_s

    @property
    def dsn(self) -> str:
        """Sessions whose statements end when the time is over."""
        left_ms = max(1, int((self._until - time.monotonic()) * 1000))
        given = conninfo_to_dict(self._workplace.dsn).get("options") or ""
        return make_conninfo(
            self._workplace.dsn,
            application_name="onemap-execute",
            options=f"{given} -c statement_timeout={left_ms}".strip(),
        )

    def session(self) -> AbstractContextManager[Connection]:
        """A session that is kept between executions."""
        return sessions.lent(self._workplace.dsn, max(1, int((self._until - time.monotonic()) * 1000)))

    def step(self, percent: int, zh: str, en: str) -> None:
        """Only looks at the clock."""
        if time.monotonic() > self._until:
            raise self.too_long()

    def expect(self, seconds: float) -> None:
        """Refuse at once what would not be done in time."""
        if time.monotonic() + seconds > self._until:
            raise TakesTooLong(
                f"预计需 {seconds:.0f} 秒,超出等待时限 {self._deadline_s:g} 秒;请减小规模,"
                f"或加请求头 Prefer: respond-async 作为任务执行:{seconds:.0f}",
                f"expected to take {seconds:.0f} s, more than the {self._deadline_s:g} s that one may wait;"
                f" ask for less, or run it as a job with the header Prefer: respond-async: {seconds:.0f}",
                value=round(seconds),
            )

    def too_long(self) -> TakesTooLong:
        """The error for a wait that is over."""
        return TakesTooLong(
            f"未能在时限内完成,请加请求头 Prefer: respond-async 作为任务执行,时限(秒):{self._deadline_s:g}",
            "not done in time; run it as a job with the header Prefer: respond-async; seconds allowed:"
            f" {self._deadline_s:g}",
            value=self._deadline_s,
        )

    def finish(self, connection: Connection, outputs: Outputs) -> None:
        """There is no job to end."""

    def ready(self, *, weight: int) -> None:
        """Nothing has to start."""

    def each(
        self, function: Callable[..., Any], units: Mapping[str, tuple[Any, ...]], *, weight: int
    ) -> Iterator[tuple[str, Any]]:
        """One after the other."""
        return _one_by_one(function, self.dsn, units, lambda count, of: self.step(100 * count // of, "", ""))


def _one_by_one(
    function: Callable[..., Any],
    dsn: str,
    units: Mapping[str, tuple[Any, ...]],
    done: Callable[[int, int], None],
) -> Iterator[tuple[str, Any]]:
    for number, (key, given) in enumerate(units.items(), 1):
        yield key, function(dsn, *given)
        done(number, len(units))
