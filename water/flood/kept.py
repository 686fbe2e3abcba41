"""What a kept run left 推演成果, read back: its extent, for maps, lists of the exposed and plans."""

from __future__ import annotations

import numpy as np

from spatial.database import Connection
from water.errors import NoExtent
from water.flood import cog, store
from water.flood.extent import Extent
from water.flood.run import ARRIVAL, DEPTH, LEVEL, SPEED, Kind, Levels, Run
from water.flood.terrain import DATUM

NOWHERE = np.float32(np.nan)
"""Stands in the file of arrivals where none came."""


def extent(connection: Connection, run_id: str) -> Extent:
    """The flood of a kept run; UnknownRun, NoExtent where it is a set of runs."""
    found = store.run(connection, run_id)
    if found.kind is Kind.ENSEMBLE:
        raise NoExtent(
            f"集合推演只有淹没概率,没有单次淹没范围;请指定其中一次推演:{run_id}",
            f"an ensemble has probabilities and no extent of its own; name one run: {run_id}",
            value=run_id,
        )
    depth, arrival, speed = (
        cog.read(store.content(connection, run_id, name)) for name in (DEPTH, ARRIVAL, SPEED)
    )
    arrival = np.where(np.isnan(arrival), np.float32(np.inf), arrival)
    known = levels(connection, found) is Levels.KNOWN
    level = cog.read(store.content(connection, run_id, LEVEL)) if known else None
    return Extent(found.raster, depth, arrival, speed, level)


def levels(connection: Connection, run: Run) -> Levels:
    """Whether a run of one extent says how high its water stood, and why not."""
    if run.told.get("vertical_datum") != DATUM:
        return Levels.OTHER_DATUM
    return Levels.KEPT_BEFORE if store.find(connection, run.id, LEVEL) is None else Levels.KNOWN


def put(connection: Connection, run_id: str, extent: Extent, tags: dict[str, str]) -> None:
    """Write the rasters of a run, inside the caller's transaction."""
    arrival = np.where(np.isfinite(extent.arrival_s), extent.arrival_s, NOWHERE)
    rasters = [
        (DEPTH, extent.depth_m, 0.0, "maximum depth 最大水深 m"),
        (ARRIVAL, arrival, float("nan"), "arrival 到达时间 s"),
        (SPEED, extent.speed_m_s, 0.0, "maximum speed 最大流速 m/s"),
    ]
    if extent.level_m is not None:
        rasters.append((LEVEL, extent.level_m, float("nan"), "maximum level 最高水位 m"))
    for name, values, nodata, said in rasters:
        body = cog.written(extent.raster, values, nodata, {**tags, "QUANTITY": said})
        store.put(connection, run_id, name, cog.MEDIA, body)
