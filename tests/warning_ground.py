"""Stations with readings and thresholds, for tests of warnings: entered as the bureau's tables enter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from water.gauges import binding, layers, sl323, sl323_exchange, stations, store
from water.gauges.station import Mark, Threshold
from water.moment import Moment
from water.works.datum import VerticalDatum

BEGUN = datetime(2026, 7, 1, 8, 0, tzinfo=BEIJING)
SIGNED = Intent("李工", "寿光市水利局", "测试", datetime(2026, 1, 1, tzinfo=BEIJING))
RIVER, RAIN, OTHER = "41800001", "41800002", "41800003"
TABLE = (
    "STCD,STNM,RVNM,LGTD,LTTD,DTMNM,STTP\n"
    f"{RIVER},测试河道站,弥河,118.75,36.88,1985 国家高程基准,ZQ\n"
    f"{RAIN},测试雨量站,,118.80,36.90,来源未注明,PP\n"
    f"{OTHER},无特征值站,弥河,118.76,36.90,1985 国家高程基准,ZZ\n"
)


def grounded(connection: Connection) -> None:
    """Three stations, tied to the store of observations; the first with thresholds of a test document."""
    layers.publish(connection)
    assert sl323_exchange.stations_in(connection, TABLE.encode(), SIGNED).inserted == 3
    for each in store.stations(connection, Moment(BEGUN)):
        binding.bind(connection, each)
    for kind, value in ((Mark.WARNING, 21.0), (Mark.GUARANTEED, 22.0), (Mark.HIGHEST, 23.0)):
        mark = Threshold(kind, "stage", value, VerticalDatum.CGVD1985, "测试文件", "unverified")
        stations.mark(connection, RIVER, mark, SIGNED)


def measured(
    connection: Connection, station: str, stages: Sequence[float | str], begun: datetime, minutes: int = 60
) -> datetime:
    """Stages one after the other; the instant of the last."""
    lines, time = ["STCD,TM,Z"], begun
    for number, stage in enumerate(stages):
        time = begun + timedelta(minutes=minutes * number)
        lines.append(f"{station},{time:%Y-%m-%d %H:%M},{stage}")
    told = sl323_exchange.values_in(
        connection, sl323.table("ST_RIVER_R"), "\n".join([*lines, ""]).encode(), Moment(time)
    )
    assert not told.faults, told.faults
    return time
