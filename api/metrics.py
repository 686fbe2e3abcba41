"""Metrics for Prometheus 监控指标, of all workers of this server together.

A worker counts in its own memory and puts its figures down in a file every
second; whoever is asked adds up the files. What a worker counted outlives it.
Labels are few by construction: the route's template, the method, how the layer
is shared, the status. No layer is named, so none that is hidden can be.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from starlette.routing import Route

from api.door import route
from api.identity import from_here
from api.load import Load
from api.parameters import given
from api.wire import Reply, Request
from spatial.access.model import Origin
from spatial.access.rules import oversees
from spatial.errors import Forbidden
from spatial.process import PROC

if TYPE_CHECKING:
    from prometheus_client import Metric

    from api.access_log import AccessLog
    from api.catalogue import Catalogue
    from api.desk import Desk
    from api.pool import Pool

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BOUNDS_US = tuple(round(bound * 1e6) for bound in BOUNDS_S)
LABELS = ("method", "route", "sharing")
OBSERVE_S = 1.0
CONTENT = b"text/plain; version=0.0.4; charset=utf-8"
_GAUGES: dict[str, tuple[str, Callable[[list[float]], float]]] = {
    "requests_in_flight": ("处理中 being answered", sum),
    "connections_in_use": ("占用连接 lent", sum),
    "connections_max": ("连接上限 limit", sum),
    "connections_waiting": ("等待连接 waiting for one", sum),
    "catalogue_age_seconds": ("目录多久未核对 since it was compared with the database", max),
    "database_up": ("数据库应答 1 where every worker has it", min),
}
"""What stands now: only of workers that live, put together as the last column says."""


class Tally:
    """Requests of one kind: by status, by duration, and the time of all."""

    __slots__ = ("buckets", "statuses", "sum_us")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.sum_us = 0

    def count(self, status: int, duration_us: int) -> None:
        """One request has ended."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.buckets[bisect_left(_BOUNDS_US, duration_us)] += 1
        self.sum_us += duration_us


class Metrics:
    """What one worker counts, and the door where all of it is read.

    Without ``folder`` a worker tells of itself alone.
    """

    def __init__(self, folder: Path | None, *, behind_proxy: bool = False) -> None:
        self._file = folder / f"{os.getpid()}-{time.time_ns():x}.json" if folder else None
        self._behind_proxy = behind_proxy
        self._tallies: defaultdict[tuple[str, str, str], Tally] = defaultdict(Tally)
        self._refused: Counter[str] = Counter()
        self._gauges: dict[str, dict[str, float]] = {}
        self._lost = 0
        self.beside: Callable[[], Awaitable[Sequence[Metric]]] | None = None
        """Figures that are not of this server: they are asked for when somebody reads."""

    def routes(self) -> list[Route]:
        """The one address."""
        return [route("/metrics", self.metrics)]

    def tally(self, method: str, template: str, sharing: str) -> Tally:
        """Where requests of one kind are counted."""
        return self._tallies[method, template, sharing]

    def refused(self, kind: str) -> None:
        """One request was refused by a quota."""
        self._refused[kind] += 1

    def observe(
        self, load: Load, pools: Mapping[str, Pool | Desk], catalogue: Catalogue, log: AccessLog
    ) -> None:
        """Note what stands now."""
        self._lost = log.lost
        self._gauges = {
            "requests_in_flight": {"": load.in_flight},
            "connections_in_use": {name: pool.in_use for name, pool in pools.items()},
            "connections_max": {name: pool.size for name, pool in pools.items()},
            "connections_waiting": {name: pool.waiting for name, pool in pools.items()},
            "catalogue_age_seconds": {"": round(catalogue.age_s, 3)},
            "database_up": {"": float(catalogue.connected and not catalogue.away)},
        }

    def save(self) -> None:
        """Put the figures down where the other workers find them."""
        if self._file is not None:
            part = self._file.with_suffix(".part")
            with suppress(OSError):
                part.write_bytes(orjson.dumps(self._figures()))
                part.replace(self._file)

    async def metrics(self, request: Request) -> Reply:
        """``/metrics``: for this machine, the operator and the auditor."""
        given(request.query_string, ())
        if not self._allowed(request):
            raise Forbidden(
                "监控指标只供本机与审计员查看:/metrics",
                "metrics are for this machine and for auditors: /metrics",
                value="/metrics",
            )
        beside = await self.beside() if self.beside else ()
        headers = [(b"content-type", CONTENT), (b"cache-control", b"no-store")]
        return Reply(200, headers, self.text(beside))

    def text(self, beside: Sequence[Metric] = ()) -> bytes:
        """The figures of all workers, in Prometheus's form."""
        from prometheus_client import CollectorRegistry, generate_latest

        self.save()
        registry = CollectorRegistry()
        registry.register(_Whole(self._everybodys(), beside))
        return bytes(generate_latest(registry))

    def _allowed(self, request: Request) -> bool:
        """A program of this machine may, unless it is a proxy or another site's page that asks."""
        if oversees(request.principal):
            return True
        anonymous = request.principal.origin is Origin.ANONYMOUS
        return anonymous and not self._behind_proxy and from_here(request.scope)

    def _figures(self) -> dict[str, Any]:
        tallies = [
            [*key, list(tally.statuses.items()), tally.buckets, tally.sum_us]
            for key, tally in self._tallies.items()
        ]
        return {"tallies": tallies, "refused": self._refused, "lost": self._lost, "gauges": self._gauges}

    def _everybodys(self) -> list[dict[str, Any]]:
        if self._file is None:
            return [self._figures()]
        found = []
        for path in self._file.parent.glob("*.json"):
            with suppress(OSError, orjson.JSONDecodeError):
                figures = orjson.loads(path.read_bytes())
                if not (PROC / path.name.partition("-")[0]).exists():
                    figures["gauges"] = {}  # what stood in a worker that is no more stands no more
                found.append(figures)
        return found


class _Whole:
    """The figures of all workers added up, as the library wants to be given them."""

    def __init__(self, figures: list[dict[str, Any]], beside: Sequence[Metric]) -> None:
        self._figures, self._beside = figures, beside

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        yield from self._requests()
        yield from self._beside
        refused = CounterMetricFamily("onemap_quota_refusals", "超出配额 refused by quota", labels=["kind"])
        total: Counter[str] = sum((Counter(each["refused"]) for each in self._figures), Counter())
        for kind, count in total.items():
            refused.add_metric([kind], count)
        yield refused
        lost = sum(each["lost"] for each in self._figures)
        yield CounterMetricFamily("onemap_access_log_lines_lost", "丢失的日志行 lost", value=lost)
        for name, (said, together) in _GAUGES.items():
            values: defaultdict[str, list[float]] = defaultdict(list)
            for each in self._figures:
                for label, value in each["gauges"].get(name, {}).items():
                    values[label].append(value)
            gauge = GaugeMetricFamily(f"onemap_{name}", said, labels=["pool"] if values.keys() - {""} else [])
            for label, found in values.items():
                gauge.add_metric([label] if label else [], together(found))
            yield gauge

    def _requests(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        statuses: Counter[tuple[str, ...]] = Counter()
        buckets: defaultdict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
        sums: Counter[tuple[str, ...]] = Counter()
        for each in self._figures:
            for *key, by_status, counts, sum_us in each["tallies"]:
                for status, count in by_status:
                    statuses[*key, str(status)] += count
                own = buckets[tuple(key)]
                own[:] = map(sum, zip(own, counts, strict=True))
                sums[tuple(key)] += sum_us
        requests = CounterMetricFamily("onemap_requests", "请求数 requests", labels=[*LABELS, "status"])
        for labels, count in statuses.items():
            requests.add_metric(labels, count)
        yield requests
        seconds = HistogramMetricFamily("onemap_request_seconds", "用时 duration", labels=LABELS)
        for labels, counts in buckets.items():
            below, told = 0, []
            for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
                below += count
                told.append((bound, below))
            seconds.add_metric(labels, told, sums[labels] / 1e6)
        yield seconds
