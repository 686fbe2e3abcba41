"""WaterML 2.0 part 1 (OGC 10-126r4) out: a series of a station as an observation. Export only.

A missing value is a point with ``xsi:nil``, a filled or doubtful one carries its qualifier. The level of the
standard's conformance was not tested by an official suite (待核); the structure is that of its clauses 9-10.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from spatial.datum.clock import format_instant
from water.gauges.station import Element, Point, Station

NAMESPACES: Final[Mapping[str, str]] = {
    "wml2": "http://www.opengis.net/waterml/2.0",
    "om": "http://www.opengis.net/om/2.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "sam": "http://www.opengis.net/sampling/2.0",
    "sams": "http://www.opengis.net/samplingSpatial/2.0",
    "swe": "http://www.opengis.net/swe/2.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
CONTINUOUS: Final = "http://www.opengis.net/def/waterml/2.0/interpolationType/Continuous"
TOTAL: Final = "http://www.opengis.net/def/waterml/2.0/interpolationType/TotalPrec"
_OBSERVATION: Final = (
    "http://www.opengis.net/def/observationType/waterml/2.0/MeasurementTimeseriesTVPObservation"
)
_POINT_TYPE: Final = "http://www.opengis.net/def/samplingFeatureType/OGC-OM/2.0/SF_SamplingPoint"
_QUALITY: Final = {
    1: "http://www.opengis.net/def/waterml/2.0/quality/good",
    2: "http://www.opengis.net/def/waterml/2.0/quality/unchecked",
    3: "http://www.opengis.net/def/waterml/2.0/quality/suspect",
    4: "http://www.opengis.net/def/waterml/2.0/quality/poor",
    9: "http://www.opengis.net/def/waterml/2.0/quality/missing",
}
_FILLED: Final = "http://www.opengis.net/def/waterml/2.0/quality/estimate"


def document(
    station: Station, element: Element, points: Sequence[Point], made_at: datetime, *, procedure: str
) -> bytes:
    """One observation of a station's element; ``procedure`` is the address of what made the values."""
    root = _made("wml2:Collection", {"gml:id": f"collection-{station.id}"})
    _text(root, "gml:description", "合成数据 synthetic" if station.synthetic else station.name)
    meta = _under(_under(root, "wml2:metadata"), "wml2:DocumentMetadata", {"gml:id": "document"})
    _text(meta, "wml2:generationDate", format_instant(made_at))
    member = _under(_under(root, "wml2:observationMember"), "om:OM_Observation", {"gml:id": "observation"})
    _under(member, "om:type", {"xlink:href": _OBSERVATION})
    _phenomenon(member, points)
    result_time = _under(_under(member, "om:resultTime"), "gml:TimeInstant", {"gml:id": "made"})
    _text(result_time, "gml:timePosition", format_instant(made_at))
    _under(member, "om:procedure", {"xlink:href": procedure})
    _under(
        member,
        "om:observedProperty",
        {"xlink:href": f"urn:onemap:property:{element.property}", "xlink:title": element.title.zh},
    )
    _feature(member, station)
    _series(_under(member, "om:result"), element, points)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _phenomenon(member: ET.Element, points: Sequence[Point]) -> None:
    if not points:
        _under(member, "om:phenomenonTime", {"nilReason": "missing"})
        return
    period = _under(_under(member, "om:phenomenonTime"), "gml:TimePeriod", {"gml:id": "span"})
    _text(period, "gml:beginPosition", format_instant(points[0].time))
    _text(period, "gml:endPosition", format_instant(points[-1].time))


def _feature(member: ET.Element, station: Station) -> None:
    point = _under(
        _under(member, "om:featureOfInterest"),
        "wml2:MonitoringPoint",
        {"gml:id": f"station-{station.id}"},
    )
    _text(point, "gml:identifier", station.id, {"codeSpace": "urn:onemap:river-stations"})
    _text(point, "gml:name", station.name)
    _under(point, "sam:type", {"xlink:href": _POINT_TYPE})
    if station.river_name is None:
        _under(point, "sam:sampledFeature", {"nilReason": "missing"})
    else:
        _under(point, "sam:sampledFeature", {"xlink:title": station.river_name})
    shape = _under(_under(point, "sams:shape"), "gml:Point", {"gml:id": f"place-{station.id}"})
    position = f"{station.lat_deg:.6f} {station.lon_deg:.6f}"  # EPSG:4490 says latitude first
    _text(shape, "gml:pos", position, {"srsName": "http://www.opengis.net/def/crs/EPSG/0/4490"})
    vertical = _under(_under(point, "wml2:verticalDatum"), "gml:VerticalDatum", {"gml:id": "datum"})
    _text(vertical, "gml:identifier", station.datum.value, {"codeSpace": "urn:onemap:vertical-datum"})
    _text(vertical, "gml:scope", "水位 stages")


def _series(result: ET.Element, element: Element, points: Sequence[Point]) -> None:
    series = _under(result, "wml2:MeasurementTimeseries", {"gml:id": "series"})
    default = _under(_under(series, "wml2:defaultPointMetadata"), "wml2:DefaultTVPMeasurementMetadata")
    _under(default, "wml2:uom", {"code": element.unit})
    interpolation = TOTAL if element.unit == "mm" else CONTINUOUS
    _under(default, "wml2:interpolationType", {"xlink:href": interpolation})
    for each in points:
        pair = _under(_under(series, "wml2:point"), "wml2:MeasurementTVP")
        _text(pair, "wml2:time", format_instant(each.time))
        if each.value is None:
            _under(pair, "wml2:value", {"xsi:nil": "true"})
        else:
            _text(pair, "wml2:value", repr(float(each.value)))
        meta = _under(_under(pair, "wml2:metadata"), "wml2:TVPMeasurementMetadata")
        quality = _FILLED if each.filled else _QUALITY[each.flag]
        _under(meta, "wml2:quality", {"xlink:href": quality})
        if each.uncertainty is not None:
            _spread(meta, element, each.uncertainty)


def _spread(meta: ET.Element, element: Element, uncertainty: float) -> None:
    quantity = _under(
        _under(meta, "wml2:accuracy"),
        "swe:Quantity",
        {"definition": "http://www.opengis.net/def/uncertainty/standardDeviation"},
    )
    _under(quantity, "swe:uom", {"code": element.unit})
    _text(quantity, "swe:value", repr(float(uncertainty)))


def _made(name: str, attributes: Mapping[str, str]) -> ET.Element:
    for prefix, address in NAMESPACES.items():
        ET.register_namespace(prefix, address)
    return ET.Element(_name(name), {_name(key): value for key, value in attributes.items()})


def _under(parent: ET.Element, name: str, attributes: Mapping[str, str] | None = None) -> ET.Element:
    return ET.SubElement(
        parent, _name(name), {_name(key): value for key, value in (attributes or {}).items()}
    )


def _text(
    parent: ET.Element, name: str, text: str, attributes: Mapping[str, str] | None = None
) -> ET.Element:
    found = _under(parent, name, attributes)
    found.text = text
    return found


def _name(name: str) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else prefix
