"""SQL of cross-sections 断面取数."""

from __future__ import annotations

from typing import Final

from psycopg.sql import SQL

from spatial.database import Connection
from water.moment import Moment
from water.works.datum import VerticalDatum
from water.works.section import Section, points_of

_SECTION: Final = SQL(
    "select v.work_id, v.name, v.route_id, v.chainage_m, v.vertical_datum, v.points, v.surveyed_on::text,"
    " v.data_nature, ST_X(c), ST_Y(c) from history.river_sections v"
    " cross join lateral (select ST_Centroid(v.geom) c) at"
    " where v.fid = %(section)s and v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed}"
)


def section(connection: Connection, section_id: str, moment: Moment) -> Section | None:
    """A cross-section as it stands, or None."""
    given = {"section": section_id, **moment.values()}
    row = connection.execute(_SECTION.format(believed=moment.believed), given).fetchone()
    if row is None:
        return None
    id_, name, route, chainage_m, datum, points, surveyed_on, nature, lon, lat = row
    return Section(
        *(id_, name, route, chainage_m, VerticalDatum(datum), points_of(points), surveyed_on),
        *(nature == "合成数据", lon, lat),
    )
