"""Frames: every entry against PROJ's copy of EPSG, the names, the edge order, WKT."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pyproj import CRS

from spatial.datum import FRAMES, EdgeOrder, Kind, frame, frame_of_wkt, from_edge_order, to_edge_order
from spatial.datum.frames import Area, local_frame
from spatial.errors import UnknownFrame

_ROOT = Path(__file__).parents[3]
_EPSG = [each for each in FRAMES.values() if each.epsg is not None]
_PLANES = [each for each in _EPSG if each.central_meridian_deg is not None]


@pytest.mark.parametrize("known", _PLANES, ids=lambda each: each.id)
def test_gauss_kruger_parameters_are_those_of_epsg(known):
    crs = CRS.from_epsg(known.epsg)
    values = {each.name: each.value for each in crs.coordinate_operation.params}
    assert values["Longitude of natural origin"] == known.central_meridian_deg
    assert values["False easting"] == known.false_easting_m
    assert (values["Scale factor at natural origin"], values["False northing"]) == (1.0, 0.0)
    assert known.title_en == crs.name
    assert f"EPSG:{crs.geodetic_crs.to_epsg()}" == known.base


@pytest.mark.parametrize("known", _EPSG, ids=lambda each: each.id)
def test_edge_order_and_area_are_those_of_epsg(known):
    crs = CRS.from_epsg(known.epsg)
    if known.kind is not Kind.GEOCENTRIC:
        first = crs.axis_info[0].direction
        assert (first == "north") == (known.edge_order is EdgeOrder.YX)
    use = crs.area_of_use
    assert known.area.west_deg <= use.west + 0.021
    assert known.area.east_deg >= use.east - 0.021
    assert known.area.south_deg <= use.south and known.area.north_deg >= use.north
    if known.zone_width_deg is not None:
        assert known.area.east_deg - known.area.west_deg <= known.zone_width_deg


def test_the_city_systems_of_the_reference_are_there():
    codes = (4490, 4480, 4479, 4549, 4528, 4527, 4548, 4498, 4509, 4610, 2364, 2385, 2334, 2345)
    codes += (4214, 2416, 2437, 21420, 21460, 4555, 4776, 4797, 4575, 4586)
    assert all(f"EPSG:{code}" in FRAMES for code in codes)
    assert len(_PLANES) == 4 * (21 + 21 + 11 + 11)


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("EPSG:4549", "EPSG:4549"),
        ("epsg:4549", "EPSG:4549"),
        ("4549", "EPSG:4549"),
        (4549, "EPSG:4549"),
        (" 4528 ", "EPSG:4528"),
        ("http://www.opengis.net/def/crs/EPSG/0/4549", "EPSG:4549"),
        ("https://www.opengis.net/def/crs/EPSG/9.9.1/4549", "EPSG:4549"),
        ("urn:ogc:def:crs:EPSG::4549", "EPSG:4549"),
        ("[EPSG:4490]", "EPSG:4490"),
        ("CRS84", "CRS84"),
        ("OGC:CRS84", "CRS84"),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "CRS84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "CRS84"),
        ("GCJ02", "GCJ02"),
        ("gcj-02", "GCJ02"),
        ("BD-09", "BD09"),
    ],
)
def test_names_of_a_frame(text, id_):
    assert frame(text).id == id_


@pytest.mark.parametrize(
    "text", ["", "EPSG:1", "EPSG:", "4549.0", "-4549", "SGLOCAL:1", "EPSG:4490;drop", "x" * 99]
)
def test_an_unknown_frame_is_named_in_the_refusal(text):
    with pytest.raises(UnknownFrame) as refusal:
        frame(text)
    assert refusal.value.value == text.strip()
    assert refusal.value.zh.endswith(text) and refusal.value.en.endswith(text)
    assert "EPSG:4549" in refusal.value.zh


def test_a_local_frame_is_known_once_registered():
    local = local_frame("SGLOCAL:1", "寿光独立", "local", "EPSG:4490", None, Area(118.5, 36.7, 119.2, 37.4))
    assert frame("SGLOCAL:1", local={local.id: local}) is local
    assert frame("sglocal:1", local={local.id: local}) is local
    assert local.uri == "urn:onemap:crs:SGLOCAL:1"


@pytest.mark.parametrize("known", [*_EPSG[:40], frame("CRS84")], ids=lambda each: each.id)
def test_edge_order_goes_both_ways(known):
    assert from_edge_order(known, *to_edge_order(known, 1.0, 2.0)) == (1.0, 2.0)


def test_importing_the_datum_is_light():
    heavy = ("numba", "pyproj", "shapely", "psycopg", "pandas")
    asks = f"import sys, spatial.datum; print([each for each in {heavy} if each in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True, cwd=_ROOT)
    assert told.stdout.strip() == "[]"


def test_uris_lead_back_to_the_frame():
    assert all(frame(each.uri) is each for each in FRAMES.values() if each.kind is not Kind.OFFSET)


# WKT


_WITH_WKT = [each for each in _EPSG if each.kind is not Kind.GEOCENTRIC and not each.datum.startswith("ITRF")]


@pytest.mark.parametrize("known", [each for each in _WITH_WKT if each.epsg != 4480], ids=lambda each: each.id)
def test_wkt_leads_to_the_frame_it_was_made_from(known):
    crs = CRS.from_epsg(known.epsg)
    for version in ("WKT1_ESRI", "WKT2_2019", "WKT1_GDAL"):
        assert frame_of_wkt(crs.to_wkt(version)) == known


_ESRI = (
    'PROJCS["{name}",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["{datum}",'
    'SPHEROID["CGCS2000",6378137.0,{f}]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["{method}"],PARAMETER["False_Easting",{east}],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",{cm}],PARAMETER["Scale_Factor",{k}],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["{unit}",{metre}]]'
)
_GOOD = {
    "name": "any name", "datum": "D_China_2000", "f": 298.257222101, "method": "Gauss_Kruger",
    "east": 500000.0, "cm": 120.0, "k": 1.0, "unit": "Meter", "metre": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "id_"),
    [
        ({}, "EPSG:4549"),
        ({"name": "CGCS2000_3_Degree_GK_CM_120E"}, "EPSG:4549"),
        ({"method": "Transverse_Mercator"}, "EPSG:4549"),
        ({"east": 40500000.0}, "EPSG:4528"),
        ({"east": 40500000.0, "name": "CGCS2000_3_Degree_GK_CM_117E"}, "EPSG:4528"),
        ({"cm": 117.0, "east": 39500000.0}, "EPSG:4527"),
        ({"cm": 117.0, "east": 20500000.0}, "EPSG:4498"),
        ({"cm": 117.0, "name": "CGCS2000_3_Degree_GK_CM_117E"}, "EPSG:4548"),
        ({"cm": 117.0, "name": "CGCS2000_GK_CM_117E"}, "EPSG:4509"),
    ],
)
def test_a_prj_is_read_by_its_parameters(change, id_):
    assert frame_of_wkt(_ESRI.format(**{**_GOOD, **change})).id == id_


@pytest.mark.parametrize(
    "change",
    [
        {"cm": 118.85},
        {"east": 39500000.0},
        {"k": 0.9996},
        {"f": 298.3},
        {"datum": "D_ETRS_1989"},
        {"unit": "Kilometer", "metre": 1000.0},
    ],
)
def test_a_prj_that_fits_no_frame_is_refused(change):
    with pytest.raises(UnknownFrame, match="any name"):
        frame_of_wkt(_ESRI.format(**{**_GOOD, **change}))


def test_a_text_that_is_no_wkt_is_refused_without_being_repeated():
    with pytest.raises(UnknownFrame) as refusal:
        frame_of_wkt('PROJCS["secret 118.8512", broken')
    assert "118.8512" not in str(refusal.value) and refusal.value.__context__ is None
