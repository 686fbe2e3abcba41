"""What the sample's observations read of the database: stations, meters, and which are registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.sample.loading import VALID_FROM

_LAYERS = {"environment-stations", "power-meters"}
_STATIONS = """
select fid, name, medium, ST_X(geom), ST_Y(geom), 1.0, 'environment-stations'
  from history.environment_stations_believed
 where valid_from <= %(day)s and valid_to > %(day)s and status = 'in-service' and data_nature = '合成数据'
union all
select fid, '合成电表 ' || fid, 'power', ST_X(geom), ST_Y(geom), rated_kw, 'power-meters'
  from history.power_meters_believed
 where valid_from <= %(day)s and valid_to > %(day)s and status = 'in-service' and data_nature = '合成数据'
order by 1
"""


@dataclass(frozen=True, slots=True)
class Station:
    """What measures, and where it stands."""

    asset: str
    name: str
    medium: str
    lon_deg: float
    lat_deg: float
    size: float
    """Rated power of a meter, kW."""
    layer: str


def stations(connection: Connection) -> list[Station]:
    """The generated ones in service; none where their layers are not there."""
    if not {layer.contract.id for layer in catalogue.layers(connection)} >= _LAYERS:
        return []
    rows = connection.execute(_STATIONS, {"day": VALID_FROM}).fetchall()
    return [Station(*row) for row in rows]


def registered(connection: Connection, assets: Sequence[str]) -> bool:
    """Whether one of them is a Thing already."""
    row = connection.execute("select exists (select from observe.thing where key = any(%s))", (list(assets),))
    found = row.fetchone()
    return bool(found and found[0])
