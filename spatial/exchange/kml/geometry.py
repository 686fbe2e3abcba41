"""Geometry of a placemark 地标几何."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

import shapely

_SINGLE = ("Point", "LineString", "LinearRing", "Polygon")
_UNKNOWN = ("Model", "Track", "MultiTrack")


class BadGeometry(ValueError):
    """A geometry that cannot be taken; carries a Chinese and an English reason."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def local(tag: object) -> str:
    """A tag's name without its namespace.

    >>> local("{http://www.opengis.net/kml/2.2}Placemark")
    'Placemark'
    """
    return str(tag).rpartition("}")[2]


def geometry_of(element: Element) -> Any:
    """The geometry below an element; None where there is none."""
    for one in element:
        kind = local(one.tag)
        if kind in _SINGLE:
            return _single(one, kind)
        if kind == "MultiGeometry":
            return _several(one)
        if kind in _UNKNOWN:
            raise BadGeometry(f"不支持的几何 {kind}", f"geometry {kind} is not read")
    return None


def _several(element: Element) -> Any:
    parts = []
    for one in element:
        kind = local(one.tag)
        if kind in _SINGLE:
            parts.append(_single(one, kind))
        elif kind == "MultiGeometry":
            parts += list(shapely.get_parts(_several(one)))
        elif kind in _UNKNOWN:
            raise BadGeometry(f"不支持的几何 {kind}", f"geometry {kind} is not read")
    kinds = {part.geom_type for part in parts}
    if len(kinds) > 1:
        shown = "、".join(sorted(kinds))
        raise BadGeometry(f"一个地标混有多种几何:{shown}", f"one placemark mixes geometries: {shown}")
    if not kinds:
        return None
    many = {
        "Point": shapely.multipoints,
        "LineString": shapely.multilinestrings,
        "Polygon": shapely.multipolygons,
    }
    return many[kinds.pop()](parts)


def _single(element: Element, kind: str) -> Any:
    try:
        if kind == "Polygon":
            outer = [_positions(one) for one in _below(element, "outerBoundaryIs")]
            inner = [_positions(one) for one in _below(element, "innerBoundaryIs")]
            if len(outer) != 1:
                raise BadGeometry("面应恰有一个外环", "a polygon has exactly one outer ring")
            return shapely.Polygon(outer[0], inner)
        positions = _positions(element)
        return shapely.Point(positions[0]) if kind == "Point" else shapely.LineString(positions)
    except BadGeometry:
        raise
    except (ValueError, IndexError, shapely.errors.GEOSException) as broken:
        raise BadGeometry(
            f"坐标无法读取({kind})", f"the coordinates of the {kind} cannot be read"
        ) from broken


def _below(element: Element, name: str) -> list[Element]:
    return [one for one in element if local(one.tag) == name]


def _positions(element: Element) -> Sequence[tuple[float, ...]]:
    """Positions ``lon,lat[,height]`` of the first ``coordinates`` below an element."""
    for one in element.iter():
        if local(one.tag) == "coordinates":
            found = [
                tuple(float(part) for part in text.split(",") if part) for text in (one.text or "").split()
            ]
            if {len(position) for position in found} in ({2}, {3}):
                return found
            break
    raise ValueError("coordinates")
