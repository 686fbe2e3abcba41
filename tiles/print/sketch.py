"""The sketch 标绘: what a planner drew over the map, GeoJSON in degrees, set above all layers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely

from spatial.datum.frames import frame
from spatial.datum.projection import window_x_y
from spatial.errors import InvalidInput, shorten
from tiles.print.ground import Ground
from tiles.print.model import Box
from tiles.print.pdf import numbers, rgb

if TYPE_CHECKING:  # whoever only reads a sketch need not load what cuts fonts
    from tiles.print.canvas import Canvas

SKETCH_INK = "#8a1f5c"
FEATURES_MOST, VERTICES_MOST = 2000, 100_000
TEXT_MOST = 80
KINDS = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
NAMES = ("text", "name", "label", "title")
"""Properties that may hold what is written beside a shape; the first that does counts."""
COLORS = ("color", "stroke")
_COLOR = re.compile("#[0-9a-fA-F]{6}")
_WIDTH_MM, _DOT_MM, _SIZE_MM = 0.5, 0.9, 2.8


def read(document: object) -> tuple[Mapping[str, Any], ...]:
    """The features of a sketch; ``InvalidInput`` names what is wrong with it."""
    if document is None:
        return ()
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or cast(dict[str, Any], document).get("type") != "FeatureCollection":
        raise _wrong("须为 GeoJSON FeatureCollection", "must be a GeoJSON FeatureCollection", document)
    if len(features) > FEATURES_MOST:
        raise _wrong(f"至多 {FEATURES_MOST} 个要素", f"may hold {FEATURES_MOST} features", len(features))
    shapes = [_shape(each) for each in features]
    vertices = sum(int(shapely.get_num_coordinates(each)) for each in shapes)
    if vertices > VERTICES_MOST:
        raise _wrong(f"至多 {VERTICES_MOST} 个顶点", f"may have {VERTICES_MOST} vertices", vertices)
    return tuple(features)


def _shape(feature: object) -> shapely.Geometry:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in KINDS:
        raise _wrong(f"的几何须为 {'、'.join(KINDS)}", f"must hold {', '.join(KINDS)}", kind)
    try:
        shape = shapely.geometry.shape(geometry)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, shapely.GEOSException):
        raise _wrong("的坐标不成几何", "holds coordinates that make no geometry", kind) from None
    places = shapely.get_coordinates(shape)
    if not len(places) or not np.isfinite(places).all() or (np.abs(places) > (180, 90)).any():
        raise _wrong("的坐标须为经度、纬度(度)", "must be in degrees, longitude before latitude", kind)
    return shape


def _wrong(zh: str, en: str, value: object) -> InvalidInput:
    shown = shorten(value)
    return InvalidInput(f"标绘 sketch {zh}:{shown}", f"the sketch {en}: {shown}", value=shown)


def draw(
    canvas: Canvas,
    on: Ground,
    features: Sequence[Mapping[str, Any]],
    epsg: int,
    factor: float,
    take: Callable[[Sequence[Box]], bool],
) -> None:
    """Areas with a light fill, lines, points, and the texts beside them, whose places are taken."""
    placed = _placing(on, epsg)
    with canvas.clipped(on.window):
        for feature in features:
            _drawn(canvas, placed(shapely.geometry.shape(feature["geometry"])), _color(feature))
        for feature in features:
            text = _text(feature)
            if text:
                shape = placed(shapely.geometry.shape(feature["geometry"]))
                point = shape.point_on_surface()
                aside = (_DOT_MM + 0.6) * factor if "Point" in shape.geom_type else 0.0
                place = (point.x + aside, point.y - _SIZE_MM * factor * 0.36)
                width = canvas.lettering.plain.width_em(text) * _SIZE_MM * factor
                left = place[0] - (0.0 if aside else width / 2)
                take([Box(left, point.y - _SIZE_MM * factor / 2, width, _SIZE_MM * factor)])
                canvas.haloed(
                    place, _SIZE_MM * factor, text, align="left" if aside else "middle", color=_color(feature)
                )


def _placing(on: Ground, epsg: int) -> Callable[[shapely.Geometry], shapely.Geometry]:
    zone = frame(f"EPSG:{epsg}")

    def placed(places: Any) -> Any:
        x, y = window_x_y(places[:, 0], places[:, 1], zone)
        x, y = np.nan_to_num(x, posinf=0.0, neginf=0.0), np.nan_to_num(y, posinf=0.0, neginf=0.0)
        per_mm = on.scale / 1000
        left, bottom = on.window.left, on.window.bottom
        return np.column_stack(
            (left + (x - on.metres.left) / per_mm, bottom + (y - on.metres.bottom) / per_mm)
        )

    return lambda shape: shapely.transform(shapely.force_2d(shape), placed)


def _drawn(canvas: Canvas, shape: shapely.Geometry, color: str) -> None:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Point":
            if math.isfinite(part.x):
                canvas.circle((part.x, part.y), _DOT_MM, 0.25, "#ffffff", color)
        elif part.geom_type == "LineString":
            canvas.write(f"{rgb(color)} RG {numbers(_WIDTH_MM)} w 1 j 1 J {_path(part)} S")
        else:
            rings = " ".join(f"{_path(ring)} h" for ring in (part.exterior, *part.interiors))
            with canvas.kept("/Light gs"):
                canvas.write(f"{rgb(color)} rg {rings} f*")
            canvas.write(f"{rgb(color)} RG {numbers(_WIDTH_MM)} w 1 j {rings} S")


def _path(line: Any) -> str:
    first, *others = shapely.get_coordinates(line).tolist()
    return " ".join([f"{numbers(*first)} m", *(f"{numbers(*each)} l" for each in others)])


def _color(feature: Mapping[str, Any]) -> str:
    said = feature.get("properties") or {}
    found = (said.get(name) for name in COLORS)
    return next((each for each in found if isinstance(each, str) and _COLOR.fullmatch(each)), SKETCH_INK)


def _text(feature: Mapping[str, Any]) -> str:
    said = feature.get("properties") or {}
    found = (said.get(name) for name in NAMES)
    text = next((each for each in found if isinstance(each, str) and each.strip()), "")
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())[:TEXT_MOST]
