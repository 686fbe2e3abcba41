"""What EDR adds to the description of a collection (19-086r6, 8.2): queries, parameters, formats, frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.crs import CRS84
from api.edr.asking import FORMATS, QUERIES, UNITS_M
from api.edr.documents import of_collection
from spatial.datum.clock import format_instant, parse_instant
from spatial.observe.measured_layers import Parameter

Document = dict[str, Any]
_TITLES: Final = {
    "position": "最近测站的观测值 values of the nearest stations",
    "radius": "一点周围的观测值 values around a point",
    "area": "面内的观测值 values in an area",
    "cube": "矩形内的观测值 values in a box",
    "locations": "测站 stations",
    "items": "要素 features",
}
WKT: Final = (
    'GEOGCS["WGS 84 (CRS84)",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AXIS["Longitude",EAST],AXIS["Latitude",NORTH]]'
)


def members(address: str, parameters: Mapping[str, Parameter], extent: Document) -> Document:
    """For the collection at an address; its extent in time is widened to that of what is measured."""
    return {
        "extent": {**extent, **_times(parameters, extent.get("temporal"))},
        "data_queries": {name: {"link": _query(address, name)} for name in (*QUERIES, "items")},
        "parameter_names": {key: of_collection(each) for key, each in parameters.items()},
        "output_formats": list(FORMATS),
    }


def _times(parameters: Mapping[str, Parameter], known: Document | None) -> Document:
    """When anything was measured, or is known anyhow."""
    firsts = [each.first for each in parameters.values() if each.first is not None]
    lasts = [each.last for each in parameters.values() if each.last is not None]
    if not firsts or not lasts:
        return {}
    begin, end = min(firsts), max(lasts)
    told: list[str | None] = [format_instant(begin), format_instant(end)]
    if known is not None:
        ((start, until),) = known["interval"]
        told[0] = start if parse_instant(start) < begin else told[0]
        told[1] = until if until is None or parse_instant(until) > end else told[1]
    return {"temporal": {"interval": [told], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}}


def _query(address: str, name: str) -> Document:
    variables: Document = {
        "title": _TITLES[name],
        "query_type": name,
        "output_formats": ["GeoJSON"] if name == "items" else list(FORMATS),
        "default_output_format": "GeoJSON" if name == "items" else "CoverageJSON",
        "crs_details": [{"crs": CRS84, "wkt": WKT}],
    }
    if name == "radius":
        variables["within_units"] = list(UNITS_M)
    if name == "cube":
        variables["height_units"] = []  # demanded (req/edr/rc-cube-variables); stations have no heights
    return {"href": f"{address}/{name}", "rel": "data", "title": _TITLES[name], "variables": variables}
