"""Heavy fan-out inside a job 任务内并行: units of work over the processes of this machine, or over Dask.

Units are independent and idempotent and take seconds: a town, a block. They get
references (layer, instants), not geometries, and open sessions of their own,
which carry the job's name, so that dismissing the job ends them wherever they
run. On one machine they go to processes that are there at once (:mod:`spatial.jobs.pool`);
where an installation names a Dask scheduler they go to its workers. Either only
computes: what is lost with it is computed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from importlib import import_module
from typing import Any

from spatial.errors import Unavailable, WorkersLost
from spatial.jobs.pool import LOOK_EVERY_S, Pool, lost
from spatial.jobs.workplace import Workplace

Unit = Callable[..., Any]
SCHEDULER_WITHIN_S = 10


class FanOut:
    """Units spread over processes, which are made at the first use."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._pool: Pool | None = None
        self._client: Any = None

    def ready(self, function: Unit) -> None:
        """Let the processes of this machine start while other things are done."""
        if self._workplace.dask_scheduler is None and self._pool is None:
            self._pool = Pool(self._workplace.computing_processes, function)

    def each(
        self,
        function: Unit,
        dsn: str,
        units: Mapping[str, tuple[Any, ...]],
        done: Callable[[int, int], None],
    ) -> Iterator[tuple[str, Any]]:
        """``function(dsn, *arguments)`` of every unit with its key, as they come.

        ``done`` is called all the while, and may raise: then what has not begun is left out.
        """
        given = {key: (dsn, *arguments) for key, arguments in units.items()}
        if self._workplace.dask_scheduler is not None:
            return self._over_dask(self._workplace.dask_scheduler, function, given, done)
        self.ready(function)
        assert self._pool is not None
        return self._pool.each(function, given, done)

    def close(self) -> None:
        """End the processes; an existing scheduler keeps running."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def _over_dask(
        self,
        address: str,
        function: Unit,
        units: Mapping[str, tuple[Any, ...]],
        done: Callable[[int, int], None],
    ) -> Iterator[tuple[str, Any]]:
        distributed: Any = import_module("distributed")
        if self._client is None:
            self._client = _client(address)
        # Not pure: a digest of a dsn and some codes would make later jobs share earlier results.
        futures = {self._client.submit(function, *given, pure=False): key for key, given in units.items()}
        completed = distributed.as_completed(futures, loop=self._client.loop)
        left = set(units)
        try:
            while left:
                batch = completed.next_batch(block=False)
                for future in batch:
                    result = _result(future, futures[future])
                    left.discard(futures[future])
                    yield futures[future], result
                done(len(units) - len(left), len(units))
                if not batch:
                    time.sleep(LOOK_EVERY_S)
        finally:
            self._client.cancel([future for future, key in futures.items() if key in left])


def _client(address: str) -> Any:
    distributed: Any = import_module("distributed")
    try:
        return distributed.Client(address, timeout=SCHEDULER_WITHIN_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as failure:
        raise Unavailable(
            f"连接不上 Dask 调度器(ONEMAP_DASK_SCHEDULER):{address}",
            f"cannot reach the Dask scheduler (ONEMAP_DASK_SCHEDULER): {address}",
            value=address,
        ) from failure


def _result(future: Any, key: str) -> Any:
    distributed: Any = import_module("distributed")
    try:
        return future.result()
    except distributed.KilledWorker as failure:
        raise lost(key) from failure
    except CancelledError as failure:
        raise WorkersLost(
            f"Dask 调度器中断,未完成的单元:{key}",
            f"the Dask scheduler went away before this unit was done: {key}",
            value=key,
        ) from failure
