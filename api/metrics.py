"""Metrics for Prometheus 监控指标, of all workers of this server together.

Labels are few by construction: the route's template, the method, how the layer
is shared, the status. No layer is named, so none that is hidden can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from api.door import route
from api.load import Load
from api.parameters import given
from api.wire import Reply, Request
from spatial.access.model import Origin
from spatial.access.rules import oversees
from spatial.errors import Forbidden
from spatial.process import PROC

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

    from api.access_log import AccessLog
    from api.catalogue import Catalogue
    from api.desk import Desk
    from api.pool import Pool

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LOOPBACK = ("127.", "::1")
OBSERVE_S = 1.0
CONTENT = b"text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What one worker counts, and the door where all of it is read.

    With ``folder`` the workers keep their counters in files there, which survive
    a worker, and each can tell of all; without it a worker tells of itself.
    """

    def __init__(self, folder: Path | None, *, behind_proxy: bool = False) -> None:
        # The library decides when it is imported whether it counts for one process or for several.
        import prometheus_client as prometheus

        self._folder = folder
        self._behind_proxy = behind_proxy
        self._registry = prometheus.CollectorRegistry()
        labels = ("method", "route", "sharing")
        self._requests: Counter = prometheus.Counter(
            "onemap_requests", "请求数 requests", (*labels, "status"), registry=self._registry
        )
        self._seconds: Histogram = prometheus.Histogram(
            "onemap_request_seconds", "用时 duration", labels, buckets=BUCKETS_S, registry=self._registry
        )
        self._refused: Counter = prometheus.Counter(
            "onemap_quota_refusals", "超出配额 refused by quota", ("kind",), registry=self._registry
        )
        self._known: dict[tuple[str, str, str, int], tuple[Any, Any]] = {}
        gauge = prometheus.Gauge
        keep: Any = {"registry": self._registry}
        self._in_flight = gauge(
            "onemap_requests_in_flight", "处理中 being answered", multiprocess_mode="livesum", **keep
        )
        self._lent = gauge(
            "onemap_connections_in_use", "占用连接 lent", ("pool",), multiprocess_mode="livesum", **keep
        )
        self._size = gauge(
            "onemap_connections_max", "连接上限 limit", ("pool",), multiprocess_mode="livesum", **keep
        )
        self._waiting = gauge(
            "onemap_connections_waiting", "等待连接 waiting", ("pool",), multiprocess_mode="livesum", **keep
        )
        self._age = gauge(
            "onemap_catalogue_age_seconds",
            "目录未核对时间 since it was compared with the database, of the worst worker",
            multiprocess_mode="livemax",
            **keep,
        )
        self._up = gauge(
            "onemap_database_up", "数据库应答 as every worker sees it", multiprocess_mode="livemin", **keep
        )
        self._lost = gauge(
            "onemap_access_log_lines_lost", "丢失的日志行 lost", multiprocess_mode="livesum", **keep
        )

    def routes(self) -> list[Route]:
        """The one address."""
        return [route("/metrics", self.metrics)]

    def counted(self, method: str, template: str, sharing: str, status: int, duration_us: int) -> None:
        """One request has ended."""
        key = (method, template, sharing, status)
        found = self._known.get(key)
        if found is None:
            labels = (method, template, sharing)
            counter = self._requests.labels(*labels, str(status))
            found = self._known[key] = (counter, self._seconds.labels(*labels))
        found[0].inc()
        found[1].observe(duration_us / 1e6)

    def refused(self, kind: str) -> None:
        """One request was refused by a quota."""
        self._refused.labels(kind).inc()

    def observe(
        self, load: Load, pools: Mapping[str, Pool | Desk], catalogue: Catalogue, log: AccessLog
    ) -> None:
        """Put down what stands now, every second: whoever is asked tells of all workers."""
        self._in_flight.set(load.in_flight)
        for name, pool in pools.items():
            self._lent.labels(name).set(pool.in_use)
            self._size.labels(name).set(pool.size)
            self._waiting.labels(name).set(pool.waiting)
        self._age.set(catalogue.age_s)
        self._up.set(0 if catalogue.away or not catalogue.connected else 1)
        self._lost.set(log.lost)

    async def metrics(self, request: Request) -> Reply:
        """``/metrics``: for this machine, the operator and the auditor."""
        given(request.query_string, ())
        if not self._allowed(request):
            raise Forbidden(
                "监控指标只供本机与审计员查看:/metrics",
                "metrics are for this machine and for auditors: /metrics",
                value="/metrics",
            )
        return Reply(200, [(b"content-type", CONTENT), (b"cache-control", b"no-store")], self._text())

    def _allowed(self, request: Request) -> bool:
        """A program of this machine may, unless it is a proxy that asks for somebody else."""
        if oversees(request.principal):
            return True
        client = (request.scope.get("client") or ("", 0))[0]
        forwarded = any(name in request.headers for name in (b"forwarded", b"x-forwarded-for", b"via"))
        anonymous = request.principal.origin is Origin.ANONYMOUS
        return anonymous and client.startswith(LOOPBACK) and not forwarded and not self._behind_proxy

    def _text(self) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        if self._folder is None:
            return bytes(generate_latest(self._registry))
        _forget_the_dead(self._folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return bytes(generate_latest(registry))


def _forget_the_dead(folder: Path) -> None:
    """What stood in a worker that was killed stands no more; what it counted stays counted."""
    for path in folder.glob("gauge_live*.db"):
        pid = path.stem.rpartition("_")[2]
        if not (PROC / pid).exists():
            with suppress(OSError):
                path.unlink()
