"""Heavy fan-out inside a job 任务内并行: units of work over Dask distributed.

Units are independent and idempotent and take seconds: a town, a block. They get
references (layer, instants), not geometries, and open sessions of their own,
which carry the job's name, so that dismissing the job ends them wherever they
run. Dask only computes: what is lost with it is computed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from importlib import import_module
from typing import Any

from spatial.errors import Unavailable
from spatial.jobs.errors import WorkersLost
from spatial.jobs.workplace import Workplace

Unit = Callable[..., Any]
ALLOWED_FAILURES = 3
"""Workers that one unit may take down before it is given up."""
SCHEDULER_WITHIN_S = 10
LOOK_EVERY_S = 0.05


class FanOut:
    """Units spread over the processes of a cluster, which is made at the first use."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._starting = ThreadPoolExecutor(1, thread_name_prefix="fan-out")
        self._client: Future[Any] | None = None

    def ready(self) -> None:
        """Let the cluster start while other things are done."""
        if self._client is None:
            self._client = self._starting.submit(_opened, self._workplace)

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
        self.ready()
        assert self._client is not None
        try:
            client = self._client.result()
        except Unavailable:
            self._client = None  # the next job tries again
            raise
        distributed: Any = import_module("distributed")
        # Not pure: a digest of a dsn and some codes would make later jobs share earlier results.
        futures = {client.submit(function, dsn, *given, pure=False): key for key, given in units.items()}
        completed = distributed.as_completed(futures, loop=client.loop)
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
            client.cancel([future for future, key in futures.items() if key in left])

    def close(self) -> None:
        """Let the local cluster go; an existing scheduler keeps running."""
        if self._client is None:
            return
        opened, self._client = self._client, None
        if opened.exception() is None:
            client = opened.result()
            cluster = client.cluster
            client.close()
            if cluster is not None:
                cluster.close()


def _opened(workplace: Workplace) -> Any:
    dask: Any = import_module("dask")
    distributed: Any = import_module("distributed")
    address = workplace.dask_scheduler
    if address is not None:
        try:
            return distributed.Client(address, timeout=SCHEDULER_WITHIN_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as failure:
            raise Unavailable(
                f"连接不上 Dask 调度器(ONEMAP_DASK_SCHEDULER):{address}",
                f"cannot reach the Dask scheduler (ONEMAP_DASK_SCHEDULER): {address}",
                value=address,
            ) from failure
    with dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_FAILURES}):
        cluster = distributed.LocalCluster(
            n_workers=workplace.computing_processes,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
        )
    return distributed.Client(cluster, set_as_default=False)


def _result(future: Any, key: str) -> Any:
    distributed: Any = import_module("distributed")
    try:
        return future.result()
    except distributed.KilledWorker as failure:
        raise WorkersLost(
            f"一个单元使计算进程反复中止,请查看内存与日志:{key}",
            f"a unit ended its computing processes again and again, see memory and logs: {key}",
            value=key,
        ) from failure
    except CancelledError as failure:
        raise WorkersLost(
            f"Dask 调度器中断,未完成的单元:{key}",
            f"the Dask scheduler went away before this unit was done: {key}",
            value=key,
        ) from failure
