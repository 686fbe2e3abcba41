"""The rules that ship, and a generated flood at the generated stations 样例; 合成数据, stamped as such.

The generated rules judge generated stations alone, so that nothing here is taken for a 警戒 of a real river.
The rules of the platform itself come in as well: at the generated stations they find no threshold on file,
and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.observe import series
from spatial.observe.model import Decoded
from spatial.sample.loading import AUTHOR, DEPARTMENT, SEED, VALID_FROM
from water.gauges import binding, store
from water.gauges.layers import STATIONS, THRESHOLDS
from water.gauges.station import ELEMENTS, Station
from water.moment import Moment
from water.warning import rule_store
from water.warning.evaluate import evaluate
from water.warning.rule_document import shipped

HOURS: Final = 72
LAST: Final = VALID_FROM + timedelta(hours=HOURS - 1)
WATCHED: Final = {"ZQ": "stage", "ZZ": "stage", "PP": "rain"}
"""What is generated, by class of station, where nothing is measured yet."""
FILES: Final = ("warning-rules", "warning-sample-rules")
_REASON: Final = "随平台提供的预警规则,样例规则为合成数据 the platform's rules; sample rules are generated"

Progress = Callable[[str], None]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Enter the rules, three days at the generated stations, and judge them; how many values, 0 where there
    are rules already or the layers of monitoring are not in service. One transaction.
    """
    tell = progress or (lambda _: None)
    with connect(dsn) as connection, connection.transaction():
        in_service = {each.contract.id for each in catalogue.layers(connection)}
        if rule_store.in_force(connection) or not in_service >= {STATIONS, THRESHOLDS}:
            return 0
        for document in (each for name in FILES for each in shipped(name)):
            rule_store.record(connection, document, AUTHOR, DEPARTMENT, _REASON)
        stations = [
            each
            for each in store.stations(connection, Moment(LAST))
            if each.synthetic and each.thing and each.kind in WATCHED
        ]
        quiet = [
            each
            for each in stations
            if ELEMENTS[WATCHED[each.kind]].property not in store.latest(connection, each.thing or "")
        ]
        for station in quiet:
            binding.bind(connection, station)
        done = series.record_decoded(connection, list(values(quiet)))
        told = evaluate(connection, LAST)
        tell(
            f"写入 {done.inserted} 个合成水情值,发出 {len(told.steps)} 步样例预警"
            f" {done.inserted} synthetic values, {len(told.steps)} steps of sample warnings"
        )
        return done.inserted


def values(stations: Sequence[Station]) -> Iterator[Decoded]:
    """A storm and a flood by the hour; the same for the same stations."""
    hours = np.arange(HOURS, dtype=np.float64)
    for place, station in enumerate(stations):
        chance = np.random.Generator(np.random.PCG64((SEED, place)))
        peak = 50.0 + place % 8
        if station.kind == "PP":
            found = 28.0 * np.exp(-(((hours - peak + 14.0) / 4.0) ** 2)) * chance.uniform(0.7, 1.3)
        else:
            rise = chance.uniform(0.8, 2.8)
            limb = np.where(hours < peak, 5.0, 14.0)
            found = 20.0 + rise * np.exp(-(((hours - peak) / limb) ** 2)) + chance.normal(0, 0.01, HOURS)
        key = f"{station.thing}/{ELEMENTS[WATCHED[station.kind]].property}"
        for hour, value in enumerate(np.round(found, 2).tolist()):
            when = VALID_FROM + timedelta(hours=hour)
            yield Decoded(when, value, datastream=key)
