"""Sketches through files: what was drawn comes back to a millimetre; what is wrong with a file is named."""

from __future__ import annotations

import json
import math
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import ezdxf
import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from api_serving import Served
from guarded_town import Town
from pyproj import Transformer

from api.guard import FILE_BODIES
from spatial.exchange.sketch import FILE_BYTES

PLANE = Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
HOLED = shapely.Polygon(
    [(118.7551237, 36.8602431), (118.7563111, 36.8605), (118.7561, 36.8611), (118.7549, 36.8609)],
    [[(118.7555, 36.8605), (118.7558, 36.8605), (118.7556, 36.8607)]],
)
TWO = shapely.MultiPolygon(
    [shapely.box(118.80, 36.90, 118.801, 36.901), shapely.box(118.81, 36.9, 118.811, 36.91)]
)
LINE = shapely.LineString([(118.7551, 36.8602), (118.7563, 36.8605), (118.7999999, 36.8611111)])
LINES = shapely.MultiLineString([[(118.7, 36.8), (118.71, 36.81)], [(118.72, 36.8), (118.72, 36.82)]])
POINT = shapely.Point(118.7551237, 36.8602431)
AREAS = {"项目红线": HOLED, "两处": TWO}
ALL = {**AREAS, "中心线": LINE, "两段": LINES, "井": POINT}
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def sketch(shapes: dict[str, Any]) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "note": f"{name}的备注", "color": "#c2410c"},
            "geometry": shapely.geometry.mapping(shape),
        }
        for name, shape in shapes.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def write(served: Served, shapes: dict[str, Any], form: str, **parameters: str) -> bytes:
    answer = served.client.post("/sketch/write", params={"f": form, **parameters}, json=sketch(shapes))
    assert answer.status_code == 200, answer.text
    frame = "4490" if parameters.get("frame") == "degrees" else "4549"
    if form != "geojson":
        assert answer.headers["content-crs"].rstrip(">").endswith(f"/{frame}")
    return bytes(answer.content)


def read(served: Served, content: bytes, name: str, **parameters: str) -> dict[str, Any]:
    answer = served.client.post("/sketch/read", params={"name": name, **parameters}, content=content)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def refused(served: Served, content: bytes, name: str, status: int, **parameters: str) -> dict[str, Any]:
    answer = served.client.post("/sketch/read", params={"name": name, **parameters}, content=content)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["zh"] and problem["en"]
    assert "--" not in problem["zh"], "no option of the command line"
    return dict(problem)


def apart_m(one: Any, other: Any) -> float:
    """The farthest that two shapes of the plane are from each other, whatever the order of vertices."""
    return float(shapely.hausdorff_distance(one, other))


def in_plane(shape: Any) -> Any:
    positions = shapely.get_coordinates(shape)
    return shapely.set_coordinates(shape, np.column_stack(PLANE.transform(positions[:, 0], positions[:, 1])))


def shapes_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        each["properties"][name]: shapely.geometry.shape(each["geometry"]) for each in document["features"]
    }


def unpacked(content: bytes, folder: Path) -> list[Path]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(folder)
    return sorted(folder.glob("*.shp"))


def packed(folder: Path, stem: str, leave: tuple[str, ...] = ()) -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for suffix in SHAPEFILE:
            if suffix not in leave and (folder / f"{stem}{suffix}").exists():
                archive.write(folder / f"{stem}{suffix}", f"{stem}{suffix}")
    return sink.getvalue()


@pytest.mark.parametrize("frame", ["plane", "degrees"])
def test_a_shapefile_holds_what_was_drawn(served: Served, tmp_path: Path, frame: str) -> None:
    content = write(served, ALL, "shp", frame=frame)
    files = unpacked(content, tmp_path)
    assert [file.stem for file in files] == ["sketch_areas", "sketch_lines", "sketch_points"]
    seen = {}
    for file in files:
        table = geopandas.read_file(file, encoding="GBK")
        assert table.crs.to_epsg() == (4549 if frame == "plane" else 4490)
        for row in table.itertuples():
            assert row.备注 == f"{row.名称}的备注"
            seen[row.名称] = row.geometry if frame == "plane" else in_plane(row.geometry)
    assert seen.keys() == ALL.keys()
    assert all(apart_m(seen[name], in_plane(shape)) < 1e-3 for name, shape in ALL.items())
    again = read(served, content, "草图.shp.zip")
    assert again["encoding"] == "GB18030" and not again["frame"]["assumed"]
    found = shapes_of(again, "名称")
    assert all(apart_m(in_plane(found[name]), in_plane(shape)) < 1e-3 for name, shape in ALL.items())


def test_a_drawing_holds_what_was_drawn(served: Served, tmp_path: Path) -> None:
    content = write(served, ALL, "dxf")
    file = tmp_path / "草图.dxf"
    file.write_bytes(content)
    drawn = geopandas.read_file(file).geometry
    rings = [part for shape in AREAS.values() for part in shapely.get_parts(in_plane(shape))]
    wanted = [shapely.LineString(ring.coords) for part in rings for ring in (part.exterior, *part.interiors)]
    wanted += [in_plane(LINE), *shapely.get_parts(in_plane(LINES)), in_plane(POINT)]
    assert len(drawn) == len(wanted)
    for shape in wanted:
        assert min(apart_m(shape, other) for other in drawn) < 1e-3
    again = read(served, content, "草图.dxf")
    assert again["frame"]["id"] == "EPSG:4549" and again["frame"]["assumed"]
    found = shapes_of(again, "name")
    assert all(apart_m(in_plane(found[name]), in_plane(shape)) < 1e-3 for name, shape in ALL.items())
    assert {each["properties"]["note"] for each in again["features"]} == {f"{name}的备注" for name in ALL}


def test_boundary_points_hold_what_was_drawn(served: Served) -> None:
    content = write(served, AREAS, "txt")
    text = content.decode("gb18030")
    assert "坐标系=2000国家大地坐标系" in text and "带号=40" in text
    corners = [
        (float(cells[3]), float(cells[2]))
        for cells in (line.split(",") for line in text.splitlines())
        if cells[0].startswith("J")
    ]
    wanted = np.vstack([shapely.get_coordinates(in_plane(shape)) for shape in AREAS.values()])
    assert np.abs(np.array(corners) - wanted).max() < 1e-3
    found = shapes_of(read(served, content, "界址点.txt"), "地块名称")
    assert all(apart_m(in_plane(found[name]), in_plane(shape)) < 1e-3 for name, shape in AREAS.items())
    answer = served.client.post("/sketch/write?f=txt", json=sketch(ALL))
    assert answer.status_code == 400
    assert answer.json()["value"] == "LineString"


def test_geojson_in_the_plane_says_its_frame(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "sketch.geojson"
    file.write_bytes(write(served, ALL, "geojson", frame="plane"))
    table = geopandas.read_file(file)
    assert table.crs.to_epsg() == 4549
    assert all(
        apart_m(row.geometry, in_plane(ALL[row.name])) < 1e-3
        for row in table.rename(columns={"name": "title"}).assign(name=table["name"]).itertuples(index=False)
    )
    found = shapes_of(read(served, file.read_bytes(), "sketch.geojson"), "name")
    assert all(apart_m(in_plane(found[name]), in_plane(shape)) < 1e-3 for name, shape in ALL.items())


def test_a_shapefile_of_others_in_gbk_with_and_without_a_frame(served: Served, tmp_path: Path) -> None:
    table = geopandas.GeoDataFrame(
        {"项目名称": ["滨河路项目"], "面积": [12.5], "期数": [3]}, geometry=[in_plane(HOLED)], crs="EPSG:4549"
    )
    pyogrio.write_dataframe(table, tmp_path / "红线.shp", encoding="GBK")
    for leave, assumed in (((), False), ((".prj",), True), ((".prj", ".cpg"), True)):
        found = read(served, packed(tmp_path, "红线", leave), "滨河路红线.zip")
        assert found["frame"]["id"] == "EPSG:4549"
        assert found["frame"]["assumed"] is assumed
        (feature,) = found["features"]
        assert feature["properties"] == {"项目名称": "滨河路项目", "面积": 12.5, "期数": 3}
        assert apart_m(in_plane(shapely.geometry.shape(feature["geometry"])), in_plane(HOLED)) < 1e-3


def test_a_drawing_of_others_with_arcs_and_several_layers(served: Served, tmp_path: Path) -> None:
    document = ezdxf.new("R2010", units=6)
    space = document.modelspace()
    east, north = PLANE.transform(118.79, 36.87)
    space.add_circle((east, north), 50.0, dxfattribs={"layer": "圆"})
    # Two half circles: a bulge of 1 each.
    space.add_lwpolyline(
        [(east + 200, north, 1.0), (east + 260, north, 1.0)],
        format="xyb",
        close=True,
        dxfattribs={"layer": "弧"},
    )
    document.saveas(tmp_path / "弧.dxf")
    found = read(served, (tmp_path / "弧.dxf").read_bytes(), "弧.dxf")
    assert sorted(found["layers"]) == ["圆", "弧"]
    areas = sorted(in_plane(shapely.geometry.shape(each["geometry"])).area for each in found["features"])
    assert areas == [pytest.approx(math.pi * 30**2, rel=1e-4), pytest.approx(math.pi * 50**2, rel=1e-4)]
    assert any("0.001 m" in note["zh"] for note in found["notes"])
    (one,) = read(served, (tmp_path / "弧.dxf").read_bytes(), "弧.dxf", layer="圆")["features"]
    assert one["properties"]["layer"] == "圆"


def test_a_frame_is_asked_for_where_none_is_likely(served: Served) -> None:
    far = json.dumps(sketch({"远": shapely.box(500.0, 500.0, 600.0, 600.0)})).encode()
    problem = refused(served, far, "远.geojson", 422)
    assert problem["code"] == "frame-undecided"
    assert "EPSG:4549" in problem["candidates"]
    away = json.dumps(sketch({"外地": shapely.box(121.40, 31.20, 121.41, 31.21)})).encode()
    assert refused(served, away, "外地.geojson", 422)["candidates"][0] == "EPSG:4490"
    assert len(read(served, away, "外地.geojson", crs="EPSG:4490")["features"]) == 1
    assert refused(served, away, "外地.geojson", 400, crs="EPSG:1")["code"] == "unknown-frame"
    assert refused(served, away, "外地.geojson", 422, crs="EPSG:4610")["code"] == "no-operation"


def test_an_unknown_frame_is_named(served: Served, tmp_path: Path) -> None:
    table = geopandas.GeoDataFrame({"a": ["x"]}, geometry=[in_plane(POINT)], crs="EPSG:4549")
    pyogrio.write_dataframe(table, tmp_path / "p.shp")
    (tmp_path / "p.prj").write_text('LOCAL_CS["工地独立坐标",UNIT["metre",1]]', encoding="utf-8")
    problem = refused(served, packed(tmp_path, "p"), "p.zip", 400)
    assert problem["code"] == "unknown-frame"
    assert "LOCAL_CS" in str(problem["value"])
    assert "EPSG:4549" in problem["candidates"]
    assert read(served, packed(tmp_path, "p"), "p.zip", crs="EPSG:4549")["frame"]["id"] == "EPSG:4549"


def _bomb() -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * (80 << 20))
    return sink.getvalue()


GOOD = json.dumps(sketch({"井": POINT}), ensure_ascii=False).encode()
HOSTILE = {
    "empty": (b"", "a.geojson", 400),
    "blank": (b" \n ", "a.geojson", 400),
    "cut off json": (GOOD[:-20], "a.geojson", 400),
    "not a number": (GOOD.replace(b"118.7551237", b"NaN"), "a.geojson", 400),
    "cut off zip": (_bomb()[:500], "a.zip", 400),
    "bomb": (_bomb(), "a.zip", 413),
    "noise": (bytes(range(256)) * 40, "a.shp", 400),
    "pdf": (b"%PDF-1.7\n%\n1 0 obj", "a.dxf", 400),
    "vrt": (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "a.geojson", 422),
    "vsi": (b'{"a": "/vsicurl/http://127.0.0.1/x"}', "a.geojson", 422),
    "no shapes": (b'{"type":"FeatureCollection","features":[]}', "a.geojson", 400),
    "dxf cut off": (b"0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n", "a.dxf", 400),
    "no name": (GOOD, "../", 400),
    "a bare ending": (GOOD, ".geojson", 400),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused(served: Served, kind: str) -> None:
    content, name, status = HOSTILE[kind]
    problem = refused(served, content, name, status)
    assert problem["value"] not in (None, "")


def test_a_name_leads_nowhere(served: Served) -> None:
    found = read(served, GOOD, "../../../tmp/越界.geojson")
    assert found["file"] == "越界.geojson"
    assert not Path("/tmp/越界.geojson").exists()
    assert read(served, GOOD, f"{'长' * 300}.geojson")["file"].endswith("长.geojson")


def test_what_is_too_large_is_413(served: Served) -> None:
    assert set(FILE_BODIES.values()) == {FILE_BYTES}
    assert refused(served, b" " * (FILE_BYTES + 1), "a.geojson", 413)["value"] == str(FILE_BYTES + 1)
    many = json.dumps(sketch({str(number): POINT for number in range(2100)})).encode()
    assert refused(served, many, "多.geojson", 413)["code"] == "file-too-large"
    ring = shapely.Point(118.79, 36.87).buffer(0.01, quad_segs=15_000)
    detailed = json.dumps(sketch({"细": ring})).encode()
    assert refused(served, detailed, "细.geojson", 413)["value"] == len(ring.exterior.coords)
    answer = served.client.post("/collections/points/items", content=b" " * (1 << 21))
    assert answer.status_code == 413, "no other address takes as much"


@pytest.mark.parametrize(
    ("body", "parameters", "value"),
    [
        (b"no json", {"f": "dxf"}, None),
        (b'{"type":"FeatureCollection","features":[]}', {"f": "dxf"}, "features"),
        (
            b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null}]}',
            {"f": "dxf"},
            "None",
        ),
        (GOOD.replace(b"118.7551237", b"390000"), {"f": "shp"}, "390000, 36.8602"),
        (GOOD, {"f": "exe"}, "exe"),
        (GOOD, {"f": "dxf", "frame": "degrees"}, "dxf"),
        (GOOD, {"f": "shp", "frame": "moon"}, "moon"),
        (GOOD.replace("井".encode(), "𠮷".encode()), {"f": "shp"}, None),
    ],
)
def test_what_is_no_sketch_is_refused(
    served: Served, body: bytes, parameters: dict[str, str], value: str | None
) -> None:
    answer = served.client.post("/sketch/write", params=parameters, content=body)
    assert answer.status_code == 400, answer.text
    assert ".gpkg" not in answer.json()["zh"], "nothing that is not offered"
    if value is not None:
        assert answer.json()["value"] == value


@pytest.mark.parametrize("who", ["anonymous", "granted"])
def test_whoever_sees_the_map_may_use_files(town: Town, who: str) -> None:
    key = town.keys.get(who)
    headers = {"X-API-Key": key} if key else {}
    post = town.served.client.post
    answer = post("/sketch/read?name=a.geojson", content=GOOD, headers=headers)
    assert answer.status_code == 200, answer.text
    assert post("/sketch/write?f=txt", json=sketch(AREAS), headers=headers).status_code == 200
    assert town.served.client.get("/sketch/read?name=a.geojson").status_code == 405
