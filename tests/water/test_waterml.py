"""WaterML 2 as an independent reader finds it: values, units, missing ones, the station."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest
from owslib.swe.observation.waterml2 import MeasurementTimeseriesObservation

from spatial.datum.clock import BEIJING
from water.gauges import waterml
from water.gauges.station import ELEMENTS, Point, Station
from water.works.datum import VerticalDatum

START = datetime(2026, 7, 1, 8, tzinfo=BEIJING)
STATION = Station(
    *("41800001", "测试站 & <甲>", "ZQ", VerticalDatum.CGVD1985, 118.75, 36.88, "sl651:0041800001"),
    *(None, "弥河", "370783", None, None, None),
    synthetic=True,
)
POINTS = [
    Point(START, 21.5, 1),
    Point(START + timedelta(hours=1), None, 9),
    Point(START + timedelta(hours=2), 21.625, 3, "linear", 0.05),
]


def test_an_independent_reader_finds_the_series() -> None:
    body = waterml.document(STATION, ELEMENTS["stage"], POINTS, START, procedure="http://x/rivers")
    root = ET.fromstring(body)
    namespaces = dict(waterml.NAMESPACES)
    (observation,) = root.findall("wml2:observationMember/om:OM_Observation", namespaces)
    read = MeasurementTimeseriesObservation(observation)
    series = read.get_result()
    assert series.defaultTVPMetadata.uom == "m"
    assert series.defaultTVPMetadata.interpolationType == waterml.CONTINUOUS
    values = [point.value for point in series.points]
    assert values[::2] == [21.5, 21.625] and math.isnan(values[1])
    assert [point.datetime for point in series.points] == [each.time for each in POINTS]
    assert read.procedure == "http://x/rivers"
    path = ".//wml2:MeasurementTVP/wml2:metadata/wml2:TVPMeasurementMetadata/wml2:quality"
    href = f"{{{namespaces['xlink']}}}href"
    told = [each.attrib[href].rsplit("/", 1)[1] for each in root.findall(path, namespaces)]
    assert told == ["good", "missing", "estimate"]
    (accuracy,) = root.findall(".//wml2:accuracy/swe:Quantity/swe:value", namespaces)
    assert accuracy.text is not None and float(accuracy.text) == pytest.approx(0.05)
    (position,) = root.findall(".//wml2:MonitoringPoint/sams:shape/gml:Point/gml:pos", namespaces)
    assert position.text == "36.880000 118.750000" and position.attrib["srsName"].endswith("/4490")
    assert "合成数据" in (root.findtext("gml:description", "", namespaces))
    assert root.findtext(".//wml2:MonitoringPoint/gml:name", "", namespaces) == "测试站 & <甲>"


def test_identifiers_are_unique_and_an_empty_series_is_told() -> None:
    key = f"{{{waterml.NAMESPACES['gml']}}}id"
    for points in (POINTS, []):
        root = ET.fromstring(waterml.document(STATION, ELEMENTS["rain"], points, START, procedure="urn:x"))
        ids = [each.attrib[key] for each in root.iter() if key in each.attrib]
        assert len(ids) == len(set(ids))
    assert not root.findall(".//wml2:point", dict(waterml.NAMESPACES))
    times = root.findall(".//om:phenomenonTime", dict(waterml.NAMESPACES))
    assert [each.attrib["nilReason"] for each in times] == ["missing"]
