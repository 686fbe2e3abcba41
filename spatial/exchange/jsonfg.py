"""JSON-FG (OGC 21-045): GeoJSON with a place in any frame, and a time.

``place`` is in the frame that ``coordRefSys`` names, in that frame's own order
of axes; ``geometry`` beside it is WGS 84 for programs that know GeoJSON alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from spatial.catalogue.contract import STAMP, Contract, Field
from spatial.datum import EdgeOrder, Frame, Kind, frame, move
from spatial.errors import shorten
from spatial.exchange.block import Block, plain

CORE = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core"
_WGS84 = frame("CRS84")
_EARTH = ("CGCS2000", "WGS84")


def reference(value: object) -> str | None:
    """The frame that ``coordRefSys`` names: a URI, a CURIE or an object with ``href``.

    >>> reference("[EPSG:4549]"), reference({"type": "Reference", "href": "http://…/4549"})
    ('[EPSG:4549]', 'http://…/4549')
    """
    if isinstance(value, Mapping):
        value = value.get("href")
    if isinstance(value, list):
        return f"JSON-FG compound {shorten(json.dumps(value), 60)}"
    return value if isinstance(value, str) else None


def times(feature: Mapping[str, Any]) -> dict[str, str | None]:
    """``time`` as the columns ``valid_from`` and ``valid_to``; an open end is None.

    >>> times({"time": {"interval": ["2026-01-01", ".."]}}), times({"time": {"date": "2026-01-01"}})
    ({'valid_from': '2026-01-01', 'valid_to': None}, {'valid_from': '2026-01-01'})
    """
    time = feature.get("time")
    if not isinstance(time, Mapping):
        return {}
    interval = time.get("interval")
    if isinstance(interval, list) and len(interval) == 2:
        start, end = (None if one == ".." else str(one) for one in interval)
        return {"valid_from": start, "valid_to": end}
    instant = time.get("timestamp", time.get("date"))
    return {} if instant is None else {"valid_from": str(instant)}


class JsonFg:
    """One feature collection; ``geometry`` is filled where the way to WGS 84 is known to a metre."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        self._names = [field.name for field in fields]
        self._into = into
        self._place = into.id != _WGS84.id
        self._fallback = into.datum in _EARTH and into.wkt is None and into.kind is not Kind.OFFSET
        head: dict[str, object] = {
            "type": "FeatureCollection",
            "conformsTo": [CORE],
            "featureType": contract.id,
        }
        if contract.geometry is not None and self._place:
            head["coordRefSys"] = into.uri
        if contract.synthetic:
            head["synthetic"] = STAMP
        self._file = path.open("w", encoding="utf-8")
        self._file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        self._mark = "\n"

    def write(self, block: Block) -> None:
        """Append features."""
        nothing = ["null"] * len(block.fids)
        places, geometries = nothing, nothing
        if block.shapes is not None:
            places = self._places(block.shapes) if self._place else nothing
            geometries = self._geometries(block.shapes) if self._fallback else nothing
        for row, fid in enumerate(block.fids):
            properties = {
                name: plain(values[row]) for name, values in zip(self._names, block.values, strict=True)
            }
            end = block.valid_to[row]
            interval = [_instant(block.valid_from[row]), ".." if end is None else _instant(end)]
            told = {"id": fid, "time": {"interval": interval}, "properties": properties}
            self._file.write(
                f'{self._mark}{{"type": "Feature", "geometry": {geometries[row]}, "place": {places[row]}, '
                f"{json.dumps(told, ensure_ascii=False)[1:]}"
            )
            self._mark = ",\n"

    def close(self) -> None:
        """Finish the file."""
        self._file.write("\n]}\n")
        self._file.close()

    def _places(self, shapes: Any) -> list[str]:
        turned = shapes
        if self._into.edge_order is EdgeOrder.YX:
            turned = shapely.set_coordinates(shapes.copy(), shapely.get_coordinates(shapes)[:, ::-1])
        return list(shapely.to_geojson(turned))

    def _geometries(self, shapes: Any) -> list[str]:
        positions = shapely.get_coordinates(shapes)
        moved = move(positions[:, 0], positions[:, 1], self._into, _WGS84)
        return list(
            shapely.to_geojson(shapely.set_coordinates(shapes.copy(), np.column_stack((moved.x, moved.y))))
        )


def _instant(value: datetime) -> str:
    """JSON-FG writes instants in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
