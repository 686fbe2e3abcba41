"""Sites for tests of use control: squares, and what stands in the sample."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

from planning.compliance.project import read
from planning.model import Asked, Project
from spatial.database import Connection
from spatial.datum import BEIJING

DAY = datetime(2026, 6, 1, tzinfo=BEIJING)
NOW = Asked(DAY)
TO_ZONE = Transformer.from_crs(4490, 4549, always_xy=True)
"""PROJ by its own door: independent of what is tested."""
FACTS = {
    "code": "T-1",
    "stage": "conversion",
    "activity": "industry",
    "use_code": "100101",
    "compensation_m2": 1e9,
    "compensation_paddy_m2": 1e9,
    "compensation_grade": 1,
    "standard_m2": 1e9,
}


def square(lon: float, lat: float, side_m: float) -> shapely.Polygon:
    """A square of about that side, edges along the axes of the zone."""
    x, y = TO_ZONE.transform(lon, lat)
    box = shapely.box(x - side_m / 2, y - side_m / 2, x + side_m / 2, y + side_m / 2)
    return shapely.transform(box, lambda c: np.round(np.column_stack(
        TO_ZONE.transform(c[:, 0], c[:, 1], direction="INVERSE")), 9))  # fmt: skip


def project(shape: shapely.Geometry, **facts: Any) -> Project:
    """A project there; ``facts`` take the place of the usual ones, None takes one away."""
    told = {name: value for name, value in {**FACTS, **facts}.items() if value is not None}
    return read({"type": "Feature", "properties": told, "geometry": shapely.geometry.mapping(shape)})


def scattered(count: int, side_m: float, seed: int = 7) -> list[Project]:
    """Projects spread over the middle of the city."""
    r = np.random.default_rng(seed)
    lon, lat = r.uniform(118.70, 118.95, count), r.uniform(36.82, 37.12, count)
    return [
        project(square(x, y, side_m), code=f"T-{n}") for n, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]


def shapes(connection: Connection, layer: str, where: str = "true") -> list[tuple[str, shapely.Geometry]]:
    """Believed features of a layer: identity and shape in degrees."""
    table = layer.replace("-", "_")
    rows = connection.execute(
        f"select fid, ST_AsBinary(geom) from history.{table}_believed v where {where} order by fid"
    ).fetchall()
    return [(fid, shapely.from_wkb(bytes(wkb))) for fid, wkb in rows]


def in_zone(shape: shapely.Geometry) -> shapely.Geometry:
    """A shape in metres of the zone, by PROJ."""
    return shapely.transform(shape, lambda c: np.column_stack(TO_ZONE.transform(c[:, 0], c[:, 1])))
