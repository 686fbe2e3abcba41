"""Regions 区域: the whole city, a town or village by its code, or any polygon."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import shapely

from planning.errors import UnknownRegion
from planning.indicators import store
from planning.indicators.overlay import Plane
from planning.indicators.states import WHOLE, Region, region_of, whole_city
from spatial.database import Connection
from spatial.errors import InvalidInput

LAYERS: Final = {6: "city-outline", 9: "towns", 12: "villages"}
"""The layer a division is looked for in, by the length of its code."""
VERTICES_MAX: Final = 100_000


def layer_of(given: object) -> str | None:
    """The layer that a region is read from; ``None`` for the whole and for polygons.

    >>> layer_of("370783101"), layer_of("city")
    ('towns', None)
    """
    return LAYERS.get(len(given)) if isinstance(given, str) and given != WHOLE else None


def resolve(
    connection: Connection,
    given: str | Mapping[str, Any] | None,
    at: datetime,
    asof: datetime,
    plane: Plane,
) -> Region:
    """The region meant; ``UnknownRegion`` where no division of that code is held at that instant."""
    if given is None or given == WHOLE:
        return whole_city()
    if isinstance(given, str):
        return _division(connection, given, at, asof, plane)
    return _polygon(given, plane)


def _division(connection: Connection, code: str, at: datetime, asof: datetime, plane: Plane) -> Region:
    layer = LAYERS.get(len(code))
    state = None if layer is None else store.state(connection, layer, asof)
    found = None if state is None else store.region_shape(connection, state, code, at)
    if found is None:
        raise UnknownRegion(
            f"该时点没有此行政区,请核对代码(县 6 位、镇 9 位、村 12 位):{code}",
            f"no division of that code is held at that instant (6, 9 or 12 digits): {code}",
            value=code,
        )
    title, shape = found
    return region_of(f"{layer}/{code}", title, shape, plane, state)


def _polygon(given: Mapping[str, Any], plane: Plane) -> Region:
    try:
        shape = shapely.from_geojson(json.dumps(given))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        shape = None
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise _wrong(
            "须为 GeoJSON 面(经度、纬度,CGCS2000)", "must be a polygon in GeoJSON", given.get("type")
        )
    if not shapely.is_valid(shape):
        raise _wrong("图形无效,请修正", "is not valid, mend it", shapely.is_valid_reason(shape))
    if shapely.get_num_coordinates(shape) > VERTICES_MAX:
        raise _wrong(f"至多 {VERTICES_MAX} 个顶点", f"may have {VERTICES_MAX} vertices", given.get("type"))
    return region_of("polygon", "所给范围", shape, plane)


def _wrong(zh: str, en: str, value: object) -> InvalidInput:
    return InvalidInput(f"区域{zh}:{value}", f"the region {en}: {value}", value=str(value))
