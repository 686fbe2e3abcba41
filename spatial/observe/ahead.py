"""Values dated ahead of the clock 时间超前的观测值: refused beyond a tolerance, but not of forecasts.

Every door has the same tolerance (:data:`spatial.observe.model.CLOCK_AHEAD_MAX`). A datastream whose values
are forecasts 预报 declares how far they may lie ahead: ``properties.forecast_horizon_s``, in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.errors import InvalidInput
from spatial.observe.model import CLOCK_AHEAD_MAX

HORIZON: Final = "forecast_horizon_s"
HORIZON_MAX: Final = timedelta(days=366 * 100)


class ClockAhead(InvalidInput):
    """A value of a time that has not come, of a datastream that holds no forecasts 观测时间超前."""

    code = "clock-ahead"

    def __init__(self, time: datetime) -> None:
        super().__init__(
            "现象时间晚于收到时刻 1 小时以上,请校准设备时钟后重发;预报值的数据流请先登记"
            f" properties.{HORIZON}(秒):{format_instant(time)}",
            "phenomenonTime is over an hour after the receipt; set the clock of the device and send again."
            f" A datastream of forecasts declares properties.{HORIZON} (seconds): {format_instant(time)}",
            value=format_instant(time),
        )


def tolerances(connection: Connection, datastreams: Iterable[int]) -> dict[int, timedelta]:
    """How far values of each datastream may lie after their receipt."""
    rows = connection.execute(
        "select id, case jsonb_typeof(properties->%(name)s) when 'number'"
        " then (properties->>%(name)s)::float8 end from observe.datastream where id = any(%(ids)s)",
        {"name": HORIZON, "ids": list(datastreams)},
    ).fetchall()
    return {
        id: max(CLOCK_AHEAD_MAX, timedelta(seconds=min(horizon_s or 0.0, HORIZON_MAX.total_seconds())))
        for id, horizon_s in rows
    }


def check(connection: Connection, datastream: int, time: datetime, received_at: datetime) -> None:
    """Refuse what is dated further ahead than its datastream allows (:class:`ClockAhead`)."""
    if time <= received_at + CLOCK_AHEAD_MAX:
        return
    if time > received_at + tolerances(connection, [datastream]).get(datastream, CLOCK_AHEAD_MAX):
        raise ClockAhead(time)
