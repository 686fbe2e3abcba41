"""SQL of offsets between vertical datums 换算差取数."""

from __future__ import annotations

from typing import Final

import shapely
from psycopg.sql import SQL

from spatial.database import Connection
from water.moment import Moment
from water.works.datum import VerticalDatum
from water.works.offset import DatumOffset

_OFFSETS: Final = SQL(
    "select v.fid, v.from_datum, v.to_datum, v.offset_m, v.uncertainty_m, v.document, v.standing,"
    " ST_AsBinary(v.geom), v.station from history.river_datum_offsets v"
    " where v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed} order by v.fid"
)


def offsets(connection: Connection, moment: Moment) -> list[DatumOffset]:
    """Every offset on record; there are few."""
    rows = connection.execute(_OFFSETS.format(believed=moment.believed), moment.values()).fetchall()
    return [
        DatumOffset(
            *(key, VerticalDatum(source), VerticalDatum(target), offset_m, uncertainty_m, document, standing),
            *(shapely.from_wkb(bytes(area)), station),
        )
        for key, source, target, offset_m, uncertainty_m, document, standing, area, station in rows
    ]
