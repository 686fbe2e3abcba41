"""SQL of the report: the features that a small map can show."""

from __future__ import annotations

import numpy as np
import shapely

from planning.indicators.overlay import Shapes
from planning.indicators.store import Rows, within
from spatial.database import Connection


def largest(connection: Connection, chosen: Rows, most: int, near_4490: bytes | None) -> tuple[Shapes, int]:
    """The largest of the rows in and about a region, and how many there are in all."""
    rows = chosen if near_4490 is None else within(chosen, near_4490)
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(
            f"select ST_AsBinary(r.geom), count(*) over () from ({rows.sql}) r"
            " order by ST_Area(r.geom) desc, r.fid limit %s",
            (*rows.params, most),
        ).fetchall()
    if not found:
        return np.empty(0, dtype=object), 0
    return shapely.from_wkb(np.array([row[0] for row in found], dtype=object)), int(found[0][1])
