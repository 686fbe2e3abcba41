"""KML, DXF, OpenStreetMap and JSON-FG: what they carry arrives, what they cannot say is asked."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path

import ezdxf
import numpy as np
import pyogrio
import pytest
import shapely
from exchange_files import (
    PLOTS,
    ROWS,
    STATIONS,
    full,
    options,
    positions,
    read_here,
    rows_of,
    squares,
    state,
    write_csv,
)
from pbf_files import write_pbf
from test_exchange_load import plots

from spatial.errors import FileTooLarge, FrameUndecided, InvalidInput, SourceLayerUndecided
from spatial.exchange.dxf import arcs
from spatial.exchange.export import ExportOptions, export
from spatial.exchange.load import load


def kml(path: Path, body: str) -> Path:
    head = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    path.write_text(f"{head}{body}</Document></kml>", encoding="utf-8")
    return path


def placemark(code: str, geometry: str, more: str = "") -> str:
    data = f'<ExtendedData><Data name="code"><value>{code}</value></Data></ExtendedData>'
    return f'<Placemark id="p{code}"><name>{code}站</name>{more}{data}{geometry}</Placemark>'


def point(lon: float, lat: float) -> str:
    return f"<Point><coordinates>{lon!r},{lat!r},0</coordinates></Point>"


RING = "<LinearRing><coordinates>{}</coordinates></LinearRing>"
OUTER, INNER = RING.format("0,0 9,0 9,9 0,9 0,0"), RING.format("1,1 2,1 2,2 1,2 1,1")
POLYGON = (
    f"<Polygon><outerBoundaryIs>{OUTER}</outerBoundaryIs><innerBoundaryIs>{INNER}</innerBoundaryIs></Polygon>"
)


def test_kml_folders_fields_times_and_geometries(tmp_path: Path) -> None:
    time = "<TimeSpan><begin>2026-01-01</begin></TimeSpan><styleUrl>#red</styleUrl>"
    mixed = f"<MultiGeometry>{point(1, 2)}{POLYGON}</MultiGeometry>"
    link = "<NetworkLink><Link><href>http://127.0.0.1/x.kml</href></Link></NetworkLink>"
    body = (
        f"<Folder><name>一期</name>{placemark('A', point(118.7, 36.8), time)}<Folder><name>东</name>"
        f"{placemark('B', f'<MultiGeometry>{POLYGON}{POLYGON}</MultiGeometry>')}</Folder></Folder>"
        f"{link}{placemark('C', mixed)}{placemark('D', '<Point><coordinates>x,y</coordinates></Point>')}"
    )
    path = kml(tmp_path / "a.kml", body)
    read = read_here(path)
    a, b, c, d = rows_of(read)
    assert (a["code"], a["name"], a["folder"], a["style"], a["id"]) == ("A", "A站", "一期", "red", "pA")
    assert (a["valid_from"], a["valid_to"], b["folder"]) == ("2026-01-01", None, "一期/东")
    assert a["shape"].equals(shapely.Point(118.7, 36.8)) and b["shape"].geom_type == "MultiPolygon"
    assert b["shape"].area == 160 and "混有多种几何" in c["problem"] and "无法读取" in d["problem"]
    assert read.declared is None
    assert {"undeclared", "folders", "skipped"} == {note.kind for note in read.notes}
    assert [row["code"] for row in rows_of(read_here(path, layer="东"))] == ["B"]
    with pytest.raises(SourceLayerUndecided, match="一期"):
        read_here(path, layer="西")


def test_a_kml_is_not_believed_to_be_wgs_84(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    x, y = positions("GCJ02")
    body = "".join(
        placemark(row[0], point(*one)) for row, *one in zip(ROWS, x.tolist(), y.tolist(), strict=True)
    )
    path = kml(tmp_path / "doc.kml", body)
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.write(path, "doc.kml")
        archive.writestr("files/picture.png", b"\x89PNG")
    report = load(dsn, tmp_path / "a.kmz", STATIONS.id, options(delivery="partial", dry_run=True))
    assert (report.format, report.frame.frame) == ("kml", "GCJ02")
    far = kml(tmp_path / "b.kml", placemark("X", point(118.8, 36.9)))
    with pytest.raises(FrameUndecided, match="--source-crs"):
        load(dsn, far, STATIONS.id, options(delivery="partial"))


def drawing(path: Path, encoding: str = "gbk") -> Path:
    document = ezdxf.new("R2010" if encoding == "utf8" else "R2000")
    document.encoding = encoding
    block = document.blocks.new("基站")
    block.add_attdef("CODE", (0, 0))
    space = document.modelspace()
    x, y = positions("EPSG:4549")
    for row, east, north in zip(ROWS, x.tolist(), y.tolist(), strict=True):
        place = space.add_blockref("基站", (east, north), dxfattribs={"layer": "站点"})
        place.add_attrib("CODE", row[0], (east, north))
        place.add_attrib("NAME", row[1], (east, north))
    west, south = 392000.0, 4081000.0
    space.add_lwpolyline(
        [(west, south, 0), (west + 100, south, 1), (west + 100, south + 100, 0), (west, south + 100, 0)],
        format="xyb",
        close=True,
        dxfattribs={"layer": "地块"},
    )
    space.add_circle((west, south), 50, dxfattribs={"layer": "地块"})
    space.add_arc((west, south), 50, 350, 20, dxfattribs={"layer": "弧"})
    space.add_text("说明", dxfattribs={"layer": "弧", "insert": (west, south)})
    space.add_solid([(0, 0), (1, 0), (1, 1)], dxfattribs={"layer": "弧"})
    document.saveas(path)
    return path


@pytest.mark.parametrize("encoding", ["gbk", "utf8"])
def test_a_drawing_by_layer_with_blocks_arcs_and_text(tmp_path: Path, encoding: str) -> None:
    path = drawing(tmp_path / "a.dxf", encoding)
    assert ("站点".encode(encoding) in path.read_bytes()) and (b"ANSI_936" in path.read_bytes()) is (
        encoding == "gbk"
    )
    with pytest.raises(SourceLayerUndecided, match=r"站点 \(4\), 地块 \(2\), 弧 \(2\)"):
        read_here(path)
    stations = rows_of(read_here(path, layer="站点"))
    assert [(row["CODE"], row["NAME"], row["block"]) for row in stations] == [
        (r[0], r[1], "基站") for r in ROWS
    ]
    plot, circle = (row["shape"] for row in rows_of(read_here(path, layer="地块", geometry="MultiPolygon")))
    assert plot.area == pytest.approx(100 * 100 + math.pi * 50**2 / 2, rel=1e-5)
    assert circle.area == pytest.approx(math.pi * 50**2, rel=1e-4)
    read = read_here(path, layer="弧")
    arc, text = rows_of(read)
    assert arc["shape"].length == pytest.approx(50 * math.radians(30), rel=1e-5)
    assert text["text"] == "说明" and text["shape"].geom_type == "Point"
    notes = {note.kind: note for note in read.notes}
    assert notes["densified"].numbers["chord_m"] == 0.001 and "SOLID" in notes["skipped"].en


@pytest.mark.parametrize("bulge", [0.3, -0.3, 1.0, -1.0, 2.5, -2.5])
def test_no_chord_is_farther_from_its_arc_than_stated(bulge: float) -> None:
    """The arc's circle from three of its points, by an independent formula."""
    found = np.array(arcs.vertices([(10, 20, bulge), (110, 60, 0)], False))
    middle = np.array([60, 40]) + np.array([40, -100]) * bulge / 2
    (ax, ay), (bx, by), (cx, cy) = (10, 20), middle, (110, 60)
    d = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    a2, b2, c2 = ax**2 + ay**2, bx**2 + by**2, cx**2 + cy**2
    centre = np.array(
        [
            (a2 * (by - cy) + b2 * (cy - ay) + c2 * (ay - by)) / d,
            (a2 * (cx - bx) + b2 * (ax - cx) + c2 * (bx - ax)) / d,
        ]
    )
    radius = float(np.hypot(*(centre - (10, 20))))
    assert np.hypot(*(found - centre).T) == pytest.approx(radius)
    chords = (found[1:] + found[:-1]) / 2
    assert (radius - np.hypot(*(chords - centre).T)).max() <= arcs.CHORD_M * 1.001
    assert shapely.LineString(found).distance(shapely.Point(middle)) < 0.002


def test_an_arc_of_absurd_radius_is_refused() -> None:
    with pytest.raises(FileTooLarge, match="1e"):
        arcs.circle(0, 0, 1e15, 0, math.tau)


def test_a_drawing_finds_its_frame_by_trusted_places(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    path = drawing(tmp_path / "a.dxf")
    report = load(dsn, path, STATIONS.id, options(delivery="partial", source_layer="站点", dry_run=True))
    assert (report.format, report.frame.frame) == ("dxf", "EPSG:4549")


OSM_NODES = [
    (1, 118.70, 36.80, {"amenity": "school", "name": "寿光一中", "name:en": "No. 1 School", "code": "S1"}),
    (2, 118.71, 36.80, {}),
    (3, 118.71, 36.81, {}),
    (4, 118.70, 36.81, {}),
]
OSM_WAYS = [
    (10, [1, 2, 3, 4, 1], {"landuse": "farmland", "use": "耕地"}),
    (11, [1, 2, 3], {"highway": "residential", "name": "农圣街"}),
]


def osm_xml(path: Path) -> Path:
    parts = ['<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">']
    tag = '<tag k="{}" v="{}"/>'.format
    for identity, lon, lat, tags in OSM_NODES:
        inside = "".join(tag(*one) for one in tags.items())
        parts.append(f'<node id="{identity}" lon="{lon}" lat="{lat}" version="1">{inside}</node>')
    for identity, refs, tags in OSM_WAYS:
        inside = "".join(f'<nd ref="{one}"/>' for one in refs) + "".join(tag(*one) for one in tags.items())
        parts.append(f'<way id="{identity}" version="1">{inside}</way>')
    path.write_text("".join([*parts, "</osm>"]), encoding="utf-8")
    return path


def test_openstreetmap_points_and_areas_come_with_all_tags(dsn: str, tmp_path: Path) -> None:
    pbf = write_pbf(tmp_path / "a.osm.pbf", OSM_NODES, OSM_WAYS)
    report = load(dsn, pbf, STATIONS.id, options())
    assert (report.format, report.frame.frame, report.rows) == ("osm", "EPSG:4326", 1)
    assert "ODbL" in next(note.zh for note in report.notes if note.kind == "licence")
    assert {"name:en", "amenity", "osm_id"} <= set(report.unmapped)
    areas = load(dsn, osm_xml(tmp_path / "a.osm"), PLOTS.id, options())
    assert (areas.format, areas.rows, areas.source_layer) == ("osm", 1, "multipolygons")
    lines = load(dsn, pbf, PLOTS.id, options(source_layer="multipolygons", delivery="full"))
    assert lines.outcome == "unchanged"


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4549", "EPSG:4528", "CRS84"])
def test_json_fg_goes_out_with_place_and_time_and_comes_back(dsn: str, tmp_path: Path, crs: str) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    held = state(dsn, STATIONS.id)
    path = tmp_path / "out.fg.json"
    assert export(dsn, STATIONS.id, path, ExportOptions(crs=crs)).format == "json-fg"
    document = json.loads(path.read_text(encoding="utf-8"))
    first = document["features"][0]
    assert document["conformsTo"] and first["time"]["interval"][1] == ".."
    assert first["geometry"]["coordinates"] == pytest.approx(ROWS[0][7:9], abs=1e-7)
    if crs != "CRS84":
        assert document["coordRefSys"].endswith(f"/{crs.removeprefix('EPSG:')}")
        north_or_lat, _ = first["place"]["coordinates"]
        assert 36 < north_or_lat < 37 or 4_000_000 < north_or_lat < 4_200_000
    back = load(dsn, path, STATIONS.id, full(source_crs=None if crs != "CRS84" else crs))
    assert (back.outcome, back.format) == ("unchanged", "json-fg" if crs != "CRS84" else "geojson")
    assert state(dsn, STATIONS.id) == held


def test_a_place_that_differs_from_the_others_is_a_rejected_row(tmp_path: Path) -> None:
    place = {"type": "Point", "coordinates": [4081000, 392000]}
    features = [
        {"type": "Feature", "geometry": None, "place": place, "properties": {"code": "A"}},
        {"type": "Feature", "geometry": place, "place": None, "properties": {"code": "B"}},
        {"type": "Feature", "geometry": None, "place": place, "coordRefSys": "[EPSG:4528]", "properties": {}},
        {
            "type": "Feature",
            "geometry": None,
            "place": None,
            "time": {"date": "2026-01-01"},
            "properties": {},
        },
    ]
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "coordRefSys": "[EPSG:4549]", "features": features})
    )
    read = read_here(path)
    a, b, c, d = rows_of(read)
    assert (read.format, read.declared) == ("json-fg", "EPSG:4549")
    assert a["problem"] is d["problem"] is None and a["shape"].equals(shapely.Point(4081000, 392000))
    assert "没有 place" in b["problem"] and "自有坐标系" in c["problem"] and d["valid_from"] == "2026-01-01"


@pytest.mark.parametrize(("ending", "crs"), [(".kml", "EPSG:4490"), (".dxf", "EPSG:4549")])
def test_kml_and_dxf_round_trip(dsn: str, tmp_path: Path, ending: str, crs: str) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    holed = shapely.box(118.7, 36.8, 118.71, 36.81).difference(shapely.box(118.702, 36.802, 118.704, 36.804))
    shapes = [*squares(3), shapely.MultiPolygon([holed, shapely.box(118.8, 36.8, 118.81, 36.81)])]
    load(dsn, plots(tmp_path / "p.gpkg", shapes, ["耕地<&>" * 30] * 4), PLOTS.id, options())
    for layer in (STATIONS.id, PLOTS.id):
        held = state(dsn, layer)
        path = tmp_path / f"{layer}{ending}"
        export(dsn, layer, path, ExportOptions(crs=crs))
        back = load(dsn, path, layer, full(source_crs=crs))
        assert (ending, layer, back.outcome) == (ending, layer, "unchanged")
        assert state(dsn, layer) == held
        if ending == ".kml":
            assert len(pyogrio.read_dataframe(path)) == len(held)


def test_frames_that_a_format_cannot_say_are_refused(dsn: str, tmp_path: Path) -> None:
    for name, crs in (("a.kml", "GCJ02"), ("a.kml", "EPSG:4549"), ("a.dxf", "EPSG:4490"), ("a.vct", "GCJ02")):
        with pytest.raises(InvalidInput, match="--crs"):
            export(dsn, STATIONS.id, tmp_path / name, ExportOptions(crs=crs))
    assert not list(tmp_path.iterdir())
