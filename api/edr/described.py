"""What EDR adds to the description of a collection (19-086r6, 8.2): queries, parameters, formats, frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.crs import CRS84
from api.edr.asking import FORMATS, QUERIES, UNITS_M
from api.edr.documents import of_collection
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


def members(address: str, parameters: Mapping[str, Parameter]) -> Document:
    """For the collection at an address."""
    return {
        "data_queries": {name: {"link": _query(address, name)} for name in (*QUERIES, "items")},
        "parameter_names": {key: of_collection(each) for key, each in parameters.items()},
        "output_formats": list(FORMATS),
    }


def _query(address: str, name: str) -> Document:
    variables: Document = {
        "title": _TITLES[name],
        "query_type": name,
        "output_formats": ["GeoJSON"] if name == "items" else list(FORMATS),
        "default_output_format": "GeoJSON" if name in ("items", "locations") else "CoverageJSON",
        "crs_details": [{"crs": CRS84, "wkt": WKT}],
    }
    if name == "radius":
        variables["within_units"] = list(UNITS_M)
    return {"href": f"{address}/{name}", "rel": "data", "title": _TITLES[name], "variables": variables}
