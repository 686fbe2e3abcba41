"""GeoJSON geometries on their way in: positions checked one by one, then moved into CGCS2000."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import orjson
import shapely

from spatial.datum import Frame, frame, move
from spatial.errors import InvalidInput, OneMapError, Refused, shorten
from spatial.history.model import SRID

STORED = frame(f"EPSG:{SRID}")
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep positions lie in the coordinates."""


class Unusable(ValueError):
    """A geometry that cannot be taken; carries a Chinese and an English reason, and the value."""

    def __init__(self, zh: str, en: str, value: object = None) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.value = value


def ewkb(geometry: Any, source: Frame, swapped: bool) -> bytes:
    """EWKB in CGCS2000 of a GeoJSON geometry in a frame; ``swapped``: latitude or northing first.

    Raises ``Unusable``. Whether it is the layer's type, valid and within the city is for the checks.
    """
    if not isinstance(geometry, dict):
        _refuse("须为 GeoJSON 几何对象", "must be a GeoJSON geometry object", geometry)
    kind = geometry.get("type")
    depth = _DEPTH.get(kind) if isinstance(kind, str) else None
    if depth is None:
        _refuse(f"类型须为 {'、'.join(_DEPTH)} 之一", f"must be one of {', '.join(_DEPTH)}", kind)
    _positions(geometry.get("coordinates"), depth)
    try:
        read = shapely.from_geojson(orjson.dumps({"type": kind, "coordinates": geometry["coordinates"]}))
    except shapely.errors.GEOSException as broken:
        _refuse("坐标构不成几何", f"its coordinates make no geometry ({shorten(str(broken).strip())})", kind)
    return bytes(
        shapely.to_wkb(shapely.set_srid(_moved(read, source, swapped), SRID), include_srid=True, byte_order=1)
    )


def alike(one: object, other: object, tolerance_deg: float) -> bool:
    """Whether two EWKB are the same vertices in the same order within a tolerance."""
    if not isinstance(one, bytes) or not isinstance(other, bytes):
        return False
    return bool(shapely.equals_exact(*shapely.from_wkb([one, other]), tolerance=tolerance_deg))


def geojson(stored: object) -> Any:
    """The GeoJSON geometry, longitude and latitude, of EWKB; None for none."""
    return None if stored is None else orjson.loads(shapely.to_geojson(shapely.from_wkb(stored)))


def _moved(read: Any, source: Frame, swapped: bool) -> Any:
    x, y = shapely.get_coordinates(read).T
    if not len(x):
        return read
    if swapped:
        x, y = y, x
    try:
        moved = move(x, y, source, STORED)
    except (InvalidInput, Refused) as refused:
        assert isinstance(refused, OneMapError)
        raise Unusable(refused.zh, refused.en, refused.value) from refused
    return shapely.set_coordinates(read, np.column_stack((moved.x, moved.y)))


def _positions(coordinates: Any, depth: int) -> None:
    """Every position is two numbers, and lies as deep as the type says."""
    if not isinstance(coordinates, list):
        _refuse("coordinates 须为数组", "its coordinates must be an array", coordinates)
    if depth:
        for part in coordinates:
            _positions(part, depth - 1)
        return
    if len(coordinates) > 2 and all(type(number) in (int, float) for number in coordinates):
        _refuse("图层为二维,请去掉高程", "the layer is flat; leave heights out", coordinates)
    if len(coordinates) != 2 or not all(type(number) in (int, float) for number in coordinates):
        _refuse("每个位置须为两个数", "each position must be two numbers", coordinates)


def _refuse(zh: str, en: str, value: object) -> NoReturn:
    raise Unusable(zh, en, value)
