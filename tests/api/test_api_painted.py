"""Vector layers as pictures: in the right place and colour, at the instants of vector tiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server
from owslib.wmts import WebMapTileService
from pyproj import Transformer
from rasterio.io import MemoryFile

from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Field, FieldType, Legend, Title
from spatial.datum.clock import parse_instant
from tiles.matrix import MatrixSet, matrix_sets

SETS = matrix_sets(read_city("370783"))
EACH = list(SETS.by_id.values())
HOUSE, YARD = "#c83232", "#3264c8"
AREA = shapely.box(118.780, 36.850, 118.790, 36.858)
LINE = shapely.LineString([(118.74, 36.90), (118.78, 36.92)])
POINT = shapely.Point(118.70, 36.95)
CROWD = shapely.Point(118.90, 37.05)
"""Of forty points."""


NAME, PALE = "寿光市第一实验小学", "#ffe8c8"
SIDE_DEG = 360 / 2**16
SEAM = (round((118.70 + 180) / SIDE_DEG), round((90 - 36.70) / SIDE_DEG))
"""Column and row of a tile of CGCS2000Quad at zoom 16; names are set about its upper left corner."""
SEAM_LON, SEAM_LAT = SEAM[0] * SIDE_DEG - 180, 90 - SEAM[1] * SIDE_DEG
SEAM_POINTS = [
    shapely.Point(SEAM_LON + right * SIDE_DEG, SEAM_LAT - down * SIDE_DEG)
    for right, down in ((-0.05, 0.3), (0.02, 0.62), (0.3, 0.005), (-0.6, -0.02), (-0.01, -0.3))
]
WAY = shapely.LineString(
    [
        (SEAM_LON + share * 3 * SIDE_DEG, SEAM_LAT - (0.3 + 0.2 * share**2) * SIDE_DEG)
        for share in np.linspace(-0.5, 1, 30)
    ]
)


@pytest.fixture(scope="module")
def drawn(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        areas = replace(
            contract("areas", "Polygon", synthetic=True),
            legend=Legend("fill", YARD, outline="#202020", by="name", colors=(("house", HOUSE),)),
        )
        codes = (("house", Title("房", "house")), ("yard", Title("院", "yard")))
        named = Field("name", FieldType.TEXT, Title("名称", "name"), codes=codes)
        areas = replace(areas, fields=tuple(named if each.name == "name" else each for each in areas.fields))
        publish(dsn, areas)
        publish(dsn, replace(contract("lines", "LineString"), legend=Legend("line", HOUSE, width_px=4)))
        publish(dsn, replace(contract("points"), legend=Legend("circle", HOUSE, radius_px=6)))
        for layer, geometry, kind in (
            ("shops", "Point", "circle"),
            ("plots", "Polygon", "fill"),
            ("ways", "LineString", "line"),
        ):
            legend = Legend(kind, PALE, outline=PALE, label="name")
            publish(dsn, replace(contract(layer, geometry), legend=legend))
        deliver(dsn, "shops", [Place(f"S{n}", each, NAME) for n, each in enumerate(SEAM_POINTS)])
        deliver(
            dsn, "plots", [Place(f"A{n}", each.buffer(0.0004), NAME) for n, each in enumerate(SEAM_POINTS)]
        )
        deliver(dsn, "ways", [Place("W", WAY, "弥河大道")])
        deliver(dsn, "areas", [Place("A", AREA, "house")], valid_from=parse_instant("2026-01-01"))
        deliver(dsn, "areas", [Place("A", AREA, "yard")], valid_from=parse_instant("2026-06-01"))
        deliver(dsn, "lines", [Place("L", LINE, "街")])
        deliver(dsn, "points", [Place("P", POINT, "点")])
        crowd = [shapely.Point(CROWD.x + n % 8 * 1e-5, CROWD.y + n // 8 * 1e-5) for n in range(40)]
        deliver(dsn, "points", [Place(f"C{n}", each) for n, each in enumerate(crowd)])
        with server(dsn, tmp_path_factory.mktemp("painted") / "server.log") as running:
            yield running


def pixels(content: bytes) -> np.ndarray[Any, Any]:
    with MemoryFile(content) as file, file.open() as opened:
        bands: np.ndarray[Any, Any] = opened.read()
    return bands


def spot(matrix_set: MatrixSet, zoom: int, lon: float, lat: float) -> tuple[str, int, int]:
    """The address of the tile that holds a place, and the pixel there."""
    x, y = Transformer.from_crs(4490, matrix_set.epsg, always_xy=True).transform(lon, lat)
    side = matrix_set.tile_side(zoom)
    column, row = (x - matrix_set.left) / side, (matrix_set.top - y) / side
    return (
        f"{matrix_set.id}/{zoom}/{int(row)}/{int(column)}",
        int(row % 1 * 256),
        int(column % 1 * 256),
    )


def zoom_of(matrix_set: MatrixSet) -> int:
    return 12 if matrix_set.epsg == 4549 else 16


def color(served: Served, layer: str, matrix_set: MatrixSet, lon: float, lat: float, query: str = "") -> str:
    address, row, column = spot(matrix_set, zoom_of(matrix_set), lon, lat)
    answer = served.get(f"/collections/{layer}/map/tiles/{address}{query}")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png", answer.text
    red, green, blue, alpha = (int(each) for each in pixels(answer.content)[:, row, column])
    return f"#{red:02x}{green:02x}{blue:02x}" if alpha else "clear"


@pytest.mark.parametrize("matrix_set", EACH, ids=lambda each: each.id)
def test_an_area_lies_where_it_is_at_its_time(drawn: Served, matrix_set: MatrixSet) -> None:
    inside, outside = (118.7853, 36.8543), (118.7953, 36.8543)
    assert color(drawn, "areas", matrix_set, *inside) == YARD
    assert color(drawn, "areas", matrix_set, *outside) == "clear"
    assert color(drawn, "areas", matrix_set, *inside, query="?datetime=2026-03-01") == HOUSE
    assert color(drawn, "areas", matrix_set, *inside, query="?datetime=2025-03-01") == "clear"
    # 0.4 pixels inside the edge is the outline, a tenth of the area inside of it is not.
    edge = color(drawn, "areas", matrix_set, 118.780, 36.8543)
    assert edge not in ("clear", YARD)


@pytest.mark.parametrize("matrix_set", EACH, ids=lambda each: each.id)
def test_lines_and_points_are_drawn(drawn: Served, matrix_set: MatrixSet) -> None:
    middle = LINE.interpolate(0.5, normalized=True)
    assert color(drawn, "lines", matrix_set, middle.x, middle.y) == HOUSE
    assert color(drawn, "lines", matrix_set, middle.x + 0.002, middle.y) == "clear"
    assert color(drawn, "points", matrix_set, POINT.x, POINT.y) == HOUSE
    assert color(drawn, "points", matrix_set, POINT.x + 0.0015, POINT.y) == "clear"


def test_many_points_far_out_are_a_ring_with_their_number(drawn: Served) -> None:
    own = SETS.by_id["CGCS2000Quad"]
    address, row, column = spot(own, 11, CROWD.x + 4e-5, CROWD.y + 2e-5)
    found = pixels(drawn.get(f"/collections/points/map/tiles/{address}").content).astype(int)
    around = [found[:3, row, column + d] for d in range(-30, 31) if 0 <= column + d < 256]
    red = [abs(each - np.array([200, 50, 50])).max() < 12 for each in around]
    ring_px = 12 + 4 * np.log10(4)  # between the sizes of ten and of a hundred
    assert sum(red) in range(4, 9) and not red[len(red) // 2]
    first, last = red.index(True), len(red) - 1 - red[::-1].index(True)
    assert abs((last - first) / 2 - (ring_px + 3)) < 2
    inside = found[:3, row - 5 : row + 6, column - 8 : column + 9]
    assert (inside.min(axis=0) > 240).mean() > 0.4, "white paper"
    assert (inside.max(axis=0) < 110).sum() > 8, "its number"


def test_a_picture_is_known_again_and_synthetic_data_are_stamped(drawn: Served) -> None:
    own = SETS.by_id["CGCS2000Quad"]
    stamped = set()
    for zoom in range(12, 18):
        address, _, _ = spot(own, zoom, 118.785, 36.854)
        answer = drawn.get(f"/collections/areas/map/tiles/{address}")
        assert answer.headers["onemap-synthetic"] == "true"
        again = drawn.get(
            f"/collections/areas/map/tiles/{address}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
        row, column = (int(each) for each in address.split("/")[2:])
        ink = np.all(
            np.abs(pixels(answer.content)[:3, 8:26, 8:60].astype(int).T - (154, 59, 18)) < 40, axis=2
        )
        assert bool(ink.sum() > 60) == (row % 2 == column % 2 == 0)
        stamped.add(bool(ink.any()))
    assert stamped == {True, False}


def test_wmts_offers_vector_layers_as_pictures(drawn: Served) -> None:
    told = WebMapTileService(f"{drawn.url}/wmts")
    assert {"areas", "lines", "points"} <= set(told.contents)
    assert "合成数据" in told.contents["areas"].title
    own = SETS.by_id["CGCS2000_GK120Quad"]
    address, _, _ = spot(own, 12, 118.785, 36.854)
    _, zoom, row, column = address.split("/")
    tile = told.gettile(
        layer="areas", tilematrixset=own.id, tilematrix=zoom, row=row, column=column, format="image/png"
    ).read()
    assert tile == drawn.get(f"/collections/areas/map/tiles/{address}").content
    template = told.contents["areas"].resourceURLs[0]["template"]
    for name, value in {
        "Style": "default", "TileMatrixSet": own.id, "TileMatrix": zoom, "TileRow": row, "TileCol": column
    }.items():  # fmt: skip
        template = template.replace(f"{{{name}}}", value)
    assert drawn.get(template).content == tile


def mosaic(served: Served, layer: str, columns: range, rows: range) -> np.ndarray[Any, Any]:
    """How dark each pixel of adjoining tiles is where they are inked, 0 to 255."""
    lines = []
    for row in rows:
        tiles = []
        for column in columns:
            answer = served.get(f"/collections/{layer}/map/tiles/CGCS2000Quad/16/{row}/{column}")
            red, green, blue, alpha = pixels(answer.content).astype(int)
            tiles.append((255 - np.maximum(np.maximum(red, green), blue)) * (alpha > 0))
        lines.append(np.hstack(tiles))
    return np.vstack(lines)


@pytest.mark.parametrize("layer", ["shops", "plots"])
def test_a_name_goes_on_in_the_next_tile(drawn: Served, layer: str) -> None:
    """Each name is the same ink wherever the edges of tiles run through it: none is cut or doubled."""
    (column, row), margin = SEAM, 256
    ink = mosaic(drawn, layer, range(column - 1, column + 1), range(row - 1, row + 1))
    beside = 0 if layer == "plots" else 80
    found = []
    for point in SEAM_POINTS:
        x = (point.x - SEAM_LON) / SIDE_DEG * 256 + margin
        y = (SEAM_LAT - point.y) / SIDE_DEG * 256 + margin
        around = ink[
            max(0, round(y) - 40) : round(y) + 40, max(0, round(x) - 80 + beside) : round(x) + 80 + beside
        ]
        found.append(int((around > 120).sum()))
    assert min(found) > 250, found
    assert max(found) < 1.02 * min(found), found


def test_names_that_would_touch_give_way(drawn: Served) -> None:
    crowd = [shapely.Point(SEAM_LON + 0.5 + n * 1e-5, SEAM_LAT) for n in range(30)]
    deliver(drawn.dsn, "shops", [Place(f"T{n}", each, NAME) for n, each in enumerate(crowd)])
    column = SEAM[0] + round(0.5 / SIDE_DEG)
    ink = mosaic(drawn, "shops", range(column - 1, column + 2), range(SEAM[1] - 1, SEAM[1] + 1))
    single = mosaic(drawn, "shops", range(SEAM[0] - 1, SEAM[0] + 1), range(SEAM[1] - 1, SEAM[1] + 1))
    assert 0.5 < (ink > 120).sum() / ((single > 120).sum() / len(SEAM_POINTS)) < 2.5


def test_a_line_bears_its_name_along_its_course_within_a_tile(drawn: Served) -> None:
    (column, row) = SEAM
    named = 0
    for each in range(column - 1, column + 3):
        ink = mosaic(drawn, "ways", range(each, each + 1), range(row, row + 1)) > 120
        if not ink.any():
            continue
        named += 1
        assert (row + each) % 2 == 0
        edges = [ink[:2].any(), ink[-2:].any(), ink[:, :2].any(), ink[:, -2:].any()]
        assert not any(edges)
        rows, columns = np.nonzero(ink)
        lons = SEAM_LON + (each - column + columns / 256) * SIDE_DEG
        course = np.interp(lons, *zip(*WAY.coords, strict=True))
        off_px = (rows + 0.5) - (SEAM_LAT - course) / SIDE_DEG * 256
        assert np.abs(off_px).max() < 11, "every letter lies on the line"
        assert abs(off_px.mean()) < 2
    assert named in (1, 2)


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("areas/map/tiles/CGCS2000Quad/14/3000/13600?f=gif", 400, "gif"),
        ("areas/map/tiles/CGCS2000Quad/14/3000/13600?style=heights", 400, "heights"),
        ("areas/map/tiles/CGCS2000Quad/14/3000/999999", 404, "999999"),
        ("areas/map/tiles/NoSuchSet/14/3000/13600", 404, "NoSuchSet"),
        ("areas/map/tiles/CGCS2000Quad/14/3000/13600?datetime=2026-13-01", 400, "2026-13-01"),
        ("no-such/map/tiles/CGCS2000Quad/14/3000/13600", 404, "no-such"),
    ],
)
def test_refusals_name_the_value(drawn: Served, path: str, status: int, named: str) -> None:
    answer = drawn.get(f"/collections/{path}")
    assert answer.status_code == status and named in answer.text, answer.text
