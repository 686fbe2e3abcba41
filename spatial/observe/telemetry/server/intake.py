"""The way into the database 入库队列: one writer, one commit a batch, told to those who wait for it.

While a batch is written the next one gathers, so batches grow with the load. The queue is bounded; who
must wait for room reads no more from its peers. Where the database is away, the batch is tried again
until it is back: nothing is acknowledged meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from spatial.database import Connection, connect, transaction
from spatial.errors import Unavailable
from spatial.observe.telemetry import store, watching
from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.sink import Sink
from spatial.observe.telemetry.store import Kept

_LOG = logging.getLogger(__name__)
_AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_STATEMENT_S = 60.0
TELL_S = 5.0


@dataclass(slots=True)
class Figures:
    """What went through since the start 运行计数."""

    messages: int = 0
    repeated: int = 0
    rejected: int = 0
    batches: int = 0
    dropped: int = 0
    """Datagrams for which there was no room; they are not answered and come again."""
    outages: int = 0
    """Times that the database did not answer."""


@dataclass(frozen=True, slots=True)
class _Group:
    arrivals: Sequence[Arrival]
    done: asyncio.Future[list[Kept]]
    since: float


class Intake:
    """Takes arrivals of all servers; used as an asynchronous context."""

    def __init__(self, dsn: str, sink: Sink, *, batch: int = 1000, groups: int = 512) -> None:
        self._dsn, self._sink, self._batch = dsn, sink, batch
        self._queue: asyncio.Queue[_Group | None] = asyncio.Queue(groups)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry-intake")
        self._connection: Connection | None = None
        self._open: deque[_Group] = deque()
        self._stopping = asyncio.Event()
        self.figures = Figures()

    async def __aenter__(self) -> Intake:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stop()

    async def put(self, arrivals: Sequence[Arrival]) -> asyncio.Future[list[Kept]]:
        """Hand over messages, waiting for room; what comes back is done once they are durable."""
        group = self._group(arrivals)
        self._open.append(group)
        await self._queue.put(group)
        return group.done

    def offer(self, arrivals: Sequence[Arrival]) -> asyncio.Future[list[Kept]] | None:
        """As :meth:`put`; None where there is no room now."""
        group = self._group(arrivals)
        try:
            self._queue.put_nowait(group)
            self._open.append(group)
        except asyncio.QueueFull:
            self.figures.dropped += 1
            return None
        return group.done

    def _group(self, arrivals: Sequence[Arrival]) -> _Group:
        loop = asyncio.get_running_loop()
        return _Group(arrivals, loop.create_future(), loop.time())

    def waiting(self) -> tuple[int, float]:
        """Messages that are not durable yet, and for how many seconds the oldest of them has waited."""
        while self._open and self._open[0].done.done():
            self._open.popleft()
        if not self._open:
            return 0, 0.0
        count = sum(len(group.arrivals) for group in self._open)
        return count, asyncio.get_running_loop().time() - self._open[0].since

    async def tell(self, name: str, connected: Callable[[], bool]) -> None:
        """Tell those who watch how this service is, until cancelled; while the database is away, nobody."""
        loop = asyncio.get_running_loop()
        while True:
            with suppress(Unavailable, psycopg.Error):
                await loop.run_in_executor(self._thread, self._tell, name, connected(), *self.waiting())
            await asyncio.sleep(TELL_S)

    def _tell(self, name: str, connected: bool, count: int, behind_s: float) -> None:
        if self._connection is not None and not self._connection.closed:
            watching.tell(self._connection, name, connected, count, behind_s)
            return
        with connect(self._dsn, application="onemap-telemetry", autocommit=True) as connection:
            watching.tell(connection, name, connected, count, behind_s)

    async def stop(self, patience_s: float = 20.0) -> None:
        """Write what is here, then end; what cannot be written in that time is told to nobody."""
        if self._task.done():
            return
        await self._queue.put(None)
        try:
            await asyncio.wait_for(asyncio.shield(self._task), patience_s)
        except TimeoutError:
            self._stopping.set()
            await self._task
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while (groups := await self._next()) is not None:
            arrivals = [arrival for group in groups for arrival in group.arrivals]
            try:
                kept = await self._written(loop, arrivals)
            except Exception as failure:
                # Whatever the sink did, the writer goes on; these messages are not acknowledged.
                _LOG.exception("batch of %d messages not written", len(arrivals))
                for group in groups:
                    if not group.done.cancelled():
                        group.done.set_exception(failure)
                continue
            self._count(kept)
            at = 0
            for group in groups:
                if not group.done.cancelled():
                    group.done.set_result(kept[at : at + len(group.arrivals)])
                at += len(group.arrivals)
        await loop.run_in_executor(self._thread, self._disconnect)

    async def _next(self) -> list[_Group] | None:
        """The groups that wait, at least one; None at the end."""
        first = await self._queue.get()
        if first is None:
            return None
        groups, count = [first], len(first.arrivals)
        while count < self._batch and not self._queue.empty():
            group = self._queue.get_nowait()
            if group is None:
                self._queue.put_nowait(None)
                break
            groups.append(group)
            count += len(group.arrivals)
        return groups

    async def _written(self, loop: asyncio.AbstractEventLoop, arrivals: list[Arrival]) -> list[Kept]:
        tries = 0
        while True:
            try:
                return await loop.run_in_executor(self._thread, self._write, arrivals)
            except (Unavailable, psycopg.OperationalError, psycopg.InterfaceError) as failure:
                self.figures.outages += 1
                _LOG.warning("database away, %d messages wait: %s", len(arrivals), type(failure).__name__)
                await loop.run_in_executor(self._thread, self._disconnect)
                if self._stopping.is_set():
                    raise
                pause_s = _AGAIN_S[min(tries, len(_AGAIN_S) - 1)]
                tries += 1
                try:
                    await asyncio.wait_for(self._stopping.wait(), pause_s)
                except TimeoutError:
                    continue

    def _write(self, arrivals: list[Arrival]) -> list[Kept]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, application="onemap-telemetry", autocommit=True)
        with transaction(self._connection, statement_timeout_s=_STATEMENT_S):
            return store.keep(self._connection, arrivals, self._sink)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _count(self, kept: Sequence[Kept]) -> None:
        figures = self.figures
        figures.batches += 1
        figures.messages += len(kept)
        figures.repeated += sum(each.repeated for each in kept)
        figures.rejected += sum(each.reason is not None for each in kept)
