"""The flood that an evacuation is about 淹没来源: a kept run by its id, or an extent that was handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.database import Connection
from spatial.jobs.inputs import bad
from spatial.jobs.process import Context, Inputs
from water.errors import BadExtent, UnknownRun
from water.evacuation.exposure import checked
from water.evacuation.model import flood_input
from water.flood import kept, store
from water.flood.extent import Extent, Raster
from water.flood.run import Levels
from water.pointing import about

DEEPEST_M: Final = 100.0
"""Deeper water is in another unit."""
CELLS_MOST: Final = 250_000
"""A larger flood comes as a run."""


@dataclass(frozen=True, slots=True)
class Flood:
    """An extent and where it is from."""

    extent: Extent
    run: str | None
    synthetic: bool
    sha256: str
    """Of raster, depths, arrivals and speeds: the same water has the same digest."""
    levels: Levels | None
    """Whether its run says how high the water stood; None for an extent handed in that does not."""


def flood(context: Context, connection: Connection, inputs: Inputs, zone: int) -> Flood:
    """The flood of the inputs ``run`` or ``extent``, in the plane of the city.

    UnknownRun also for a run that was made from layers the asker may not read; BadExtent.
    """
    if ("run" in inputs) == ("extent" in inputs):
        raise bad("/inputs", "须恰有 run 与 extent 之一", "needs one of run and extent", sorted(inputs))
    with about(flood_input(inputs)):
        if "run" in inputs:
            run = store.run(connection, inputs["run"])
            if not set(run.layers) <= set(context.owner.layers):
                raise UnknownRun(
                    f"没有这个推演,或您不能读取它所用的图层:{run.id}",
                    f"no such run, or you may not read the layers it was made from: {run.id}",
                    value=run.id,
                )
            extent, synthetic = kept.extent(connection, run.id), run.synthetic
            levels: Levels | None = kept.levels(connection, run)
        else:
            extent, synthetic = given(inputs["extent"]), False
            levels = None if extent.level_m is None else Levels.KNOWN
        _require_zone(extent, zone)
        checked(extent)
    return Flood(extent, inputs.get("run"), synthetic, digest(extent), levels)


def _require_zone(extent: Extent, zone: int) -> None:
    if extent.raster.zone != zone:
        raise BadExtent(
            f"淹没范围的投影带须为本市的 EPSG:{zone}:{extent.raster.zone}",
            f"the flood's plane must be the city's, EPSG:{zone}: {extent.raster.zone}",
            value=extent.raster.zone,
        )


def given(told: Mapping[str, Any]) -> Extent:
    """An extent of the request: values row by row from the north-west, null where no water arrives."""
    raster = Raster(
        *(int(told["zone"]), float(told["west_m"]), float(told["north_m"]), float(told["cell_m"])),
        *(int(told["rows"]), int(told["columns"])),
    )
    count = raster.rows * raster.columns
    if count > CELLS_MOST:
        raise BadExtent(
            f"网格多于 {CELLS_MOST} 个,请先作推演再以 run 给出:{count}",
            f"more than {CELLS_MOST} cells; make it a run and name that: {count}",
            value=count,
        )

    def values(name: str, missing: float) -> NDArray[np.float32]:
        listed = told.get(name, [0.0] * count)
        if len(listed) != count:
            raise BadExtent(
                f"{name} 的个数与行列不符,应为 {count}:{len(listed)}",
                f"{name} must have {count} values, one a cell: {len(listed)}",
                value=len(listed),
                details={"pointer": f"/inputs/{name}"},
            )
        filled = [missing if each is None else each for each in listed]
        return np.array(filled, np.float32).reshape(raster.rows, raster.columns)

    depth, arrival = values("depth_m", np.nan), values("arrival_s", np.inf)
    for wrong, zh, en in (
        (
            np.isnan(depth) & np.isfinite(arrival),
            "水到而水深缺测的网格",
            "water arrives in a cell of no depth",
        ),
        (
            depth > DEEPEST_M,
            f"水深超过 {DEEPEST_M:g} m,请核对单位",
            f"deeper than {DEEPEST_M:g} m, look at its unit",
        ),
    ):
        if wrong.any():
            where = np.argwhere(wrong)[0].tolist()
            raise BadExtent(
                f"淹没范围有误,{zh}:{where}",
                f"the flood's extent is wrong, {en}: {where}",
                value=where,
                details={"pointer": "/inputs/depth_m"},
            )
    depth = np.where(np.isnan(depth), np.float32(0.0), depth)
    level = values("level_m", np.nan) if "level_m" in told else None
    return Extent(raster, depth, arrival, values("speed_m_s", 0.0), level)


def digest(extent: Extent) -> str:
    """SHA-256 of an extent."""
    said = hashlib.sha256(repr(extent.raster).encode())
    told = (extent.depth_m, extent.arrival_s, extent.speed_m_s)
    for each in told if extent.level_m is None else (*told, extent.level_m):
        said.update(np.ascontiguousarray(each, "<f4").tobytes())
    return said.hexdigest()
