"""Figures of telemetry for Prometheus 遥测监控指标, out of the database: of all ingesters on all machines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from api.pool import Pool
from spatial.errors import Unavailable
from spatial.observe.telemetry.watching import SERVICES, TALLIES

if TYPE_CHECKING:
    from prometheus_client import Metric


class TelemetryFigures:
    """Reads two small tables; while the database is away there are none."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def families(self) -> list[Metric]:
        """Messages by channel and outcome, rejects by reason, and how each service is."""
        try:
            async with self._pool.connection() as connection:
                tallies = await (await connection.execute(TALLIES)).fetchall()
                services = await (await connection.execute(SERVICES)).fetchall()
        except (Unavailable, psycopg.Error):
            return []
        return [*_counted(tallies), *_standing(services)]


def _counted(rows: list[tuple[str, str, str, int, int, datetime]]) -> list[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    messages = CounterMetricFamily(
        "onemap_telemetry_messages", "报文 messages", labels=["channel", "outcome", "reason"]
    )
    unstored = CounterMetricFamily(
        "onemap_telemetry_unstored_values", "未入库的数值 values not stored", labels=["channel"]
    )
    age = GaugeMetricFamily(
        "onemap_telemetry_last_message_age_seconds", "距上一报文 since the last message", labels=["channel"]
    )
    latest: dict[str, datetime] = {}
    kept: dict[str, int] = {}
    for channel, outcome, reason, count, without, last in rows:
        messages.add_metric([channel, outcome, reason], count)
        latest[channel] = max(last, latest.get(channel, last))
        kept[channel] = kept.get(channel, 0) + without
    now = datetime.now(UTC)
    for channel, last in latest.items():
        unstored.add_metric([channel], kept[channel])
        age.add_metric([channel], max(0.0, (now - last).total_seconds()))
    return [messages, unstored, age]


def _standing(rows: list[tuple[str, bool, int, float, datetime]]) -> list[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    connected, waiting, behind = (
        GaugeMetricFamily(f"onemap_telemetry_{name}", said, labels=["service"])
        for name, said in (
            ("connected", "已连接 1 where it is connected and told so lately"),
            ("waiting", "待入库报文 messages that wait for their commit"),
            ("behind_seconds", "滞后 age of the oldest of what waits"),
        )
    )
    for name, is_connected, count, behind_s, _ in rows:
        connected.add_metric([name], float(is_connected))
        waiting.add_metric([name], count)
        behind.add_metric([name], behind_s)
    return [connected, waiting, behind]
