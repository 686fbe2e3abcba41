"""Sheets over HTTP, read back by another reader: where things lie, what is said, to whom, and when."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server, until
from pdf_reader import Sheet
from pyproj import Transformer
from raster_files import EDGE_PX, NORTH, PIXEL_M, QUARTERS, WEST, flown, photograph

from spatial.access import release
from spatial.access import store as access
from spatial.access.model import Role
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Legend, Sharing, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant
from tiles.matrix import matrix_sets

CENTER = (118.7909, 36.8560)
TO_PLANE = Transformer.from_crs(4490, 4549, always_xy=True)
TO_DEGREES = Transformer.from_crs(4549, 4490, always_xy=True)
EAST, NORTHING = TO_PLANE.transform(*CENTER)
SCALES = (500, 2000, 10_000)
OFFSETS_MM = [(x, y) for x in (-60, 60) for y in (-50, 50)] + [
    (x, y) for x in (-400, 400) for y in (-250, 250)
]
"""Marks from the middle of the map: those of all sheets, and those of A0 alone."""
MARK_MM = 4.0
MARK = (15, 107, 92)
"""#0f6b5c, the colour of test layers."""
RARE = "𠮷㐂𫞩里"
MEASURED = [("A4", 500), ("A4", 10_000), ("A0", 500), ("A0", 10_000), ("A3", 2000)]
ALL_PAPERS = ("A4", "A3", "A2", "A1", "A0")


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1])))


def marks(scale: int) -> list[Place]:
    per_mm, half = scale / 1000, MARK_MM / 2
    boxes = [
        shapely.box(*((mm - half) * per_mm for mm in offset), *((mm + half) * per_mm for mm in offset))
        for offset in OFFSETS_MM
    ]
    moved = [shapely.transform(box, lambda xy: np.add(xy, (EAST, NORTHING))) for box in boxes]
    return [Place(f"M{number}", degrees(each)) for number, each in enumerate(moved)]


def around(east_m: float, north_m: float, half_m: float = 20.0) -> shapely.Geometry:
    """A square about a position, from the middle of the sheet."""
    east, north = EAST + east_m, NORTHING + north_m
    return degrees(shapely.box(east - half_m, north - half_m, east + half_m, north + half_m))


@dataclass(frozen=True)
class Printed:
    """A guarded server with layers to be printed, and keys for two."""

    served: Served
    steward: str
    known: datetime
    """Before the second delivery."""

    def ask(self, key: str | None = "", **members: Any) -> httpx.Response:
        body = {"paper": "A4", "scale": 2000, "center": CENTER, **members}
        shown = {"X-API-Key": self.steward} if key == "" else {}
        return self.served.client.post("/print", json=body, headers=shown, timeout=120)

    def sheet(self, key: str | None = "", **members: Any) -> Sheet:
        answer = self.ask(key, **members)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert int(answer.headers["content-length"]) == len(answer.content)
        return Sheet(answer.content)

    def window(self, paper: str, orientation: str = "across") -> tuple[float, float, float, float]:
        """Where the map lies on the paper: left, bottom, width, height."""
        papers = self.served.get("/print").json()["papers"]
        (found,) = [
            each["map_mm"] for each in papers if (each["paper"], each["orientation"]) == (paper, orientation)
        ]
        return tuple(found)


@pytest.fixture(scope="module")
def printed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    named = lambda layer, geometry: replace(  # noqa: E731
        contract(layer, geometry), sharing=Sharing.OPEN, title=Title(f"图层{layer}", f"Layer {layer}")
    )
    with database_of(server_dsn, template) as dsn:
        for scale in SCALES:
            publish(dsn, named(f"marks-{scale}", "Polygon"))
            deliver(dsn, f"marks-{scale}", marks(scale))
        spoken = Legend("circle", "#7a3fa0", label="name")
        publish(dsn, replace(named("names", "Point"), legend=spoken, synthetic=True))
        where = [around(east, 0).centroid for east in (-60, 0, 60)]
        names = [RARE, "人民路12号A座", "A1"]
        deliver(dsn, "names", [Place(f"N{n}", each, names[n], 1) for n, each in enumerate(where)])
        _publish_classes(dsn, named)
        publish(dsn, replace(named("closed", "Polygon"), sharing=Sharing.CLOSED))
        deliver(dsn, "closed", [Place("K1", around(0, 0), "密", 1)])
        publish(dsn, named("notes", None))
        time.sleep(1.1)
        known = datetime.now().astimezone()
        time.sleep(1.1)
        later = parse_instant("2026-03-01")
        deliver(dsn, "names", [Place("N2", where[2], "A2", 1)], valid_from=later)
        with connect(dsn) as connection:
            _, steward = access.add_key(connection, "规划师", "自然资源和规划局", (Role.READER,), by="test")
        log = tmp_path_factory.mktemp("print") / "server.log"
        with server(dsn, log, environment={"ONEMAP_ACCESS": "guarded"}) as running:
            yield Printed(running, steward, known)


def _publish_classes(dsn: str, named: Any) -> None:
    """Three classes, of which two lie on the sheet."""
    codes = tuple(
        (code, Title(title, title)) for code, title in (("1", "甲类"), ("2", "乙类"), ("3", "丙类"))
    )
    made = named("classes", "Polygon")
    fields = tuple(replace(each, codes=codes) if each.name == "floors" else each for each in made.fields)
    colors = (("1", "#d9534f"), ("2", "#f2c94c"), ("3", "#2b6cb0"))
    publish(dsn, replace(made, fields=fields, legend=Legend("fill", "#999999", by="floors", colors=colors)))
    rows = [(around(-60, 30), 1), (around(60, 30), 2), (around(5000, 0), 3)]
    deliver(dsn, "classes", [Place(f"C{n}", shape, None, code) for n, (shape, code) in enumerate(rows)])


def centroid_mm(sheet: Sheet, expected: tuple[float, float], dpi: float = 300.0) -> tuple[float, float]:
    """Where a mark is seen, about where it should be."""
    reach = MARK_MM * 1.5
    box = (expected[0] - reach, expected[1] - reach, expected[0] + reach, expected[1] + reach)
    picture = sheet.pixels(dpi, box).astype(int)
    weight = 1.0 - np.abs(picture - MARK).max(axis=2) / (255.0 - np.array(MARK)).max()
    weight = np.where(weight > 0.5, 1.0, 0.0)
    rows, columns = np.nonzero(weight)
    assert len(rows) > 100, "no mark here"
    per_px_x, per_px_y = (2 * reach) / picture.shape[1], (2 * reach) / picture.shape[0]
    return box[0] + (columns.mean() + 0.5) * per_px_x, box[3] - (rows.mean() + 0.5) * per_px_y


@pytest.mark.parametrize(("paper", "scale"), MEASURED)
def test_marks_lie_where_scale_and_centre_say(printed: Printed, paper: str, scale: int) -> None:
    sheet = printed.sheet(paper=paper, scale=scale, layers=[f"marks-{scale}"])
    left, bottom, width, height = printed.window(paper)
    middle = left + width / 2, bottom + height / 2
    offsets = [each for each in OFFSETS_MM if paper == "A0" or abs(each[0]) < 100]
    seen = [centroid_mm(sheet, (middle[0] + x, middle[1] + y)) for x, y in offsets]
    for (x, y), (at_x, at_y) in zip(offsets, seen, strict=True):
        assert at_x - middle[0] == pytest.approx(x, abs=0.06)
        assert at_y - middle[1] == pytest.approx(y, abs=0.06)
    for (one, two), (there, here) in zip(pairwise(offsets), pairwise(seen), strict=True):
        wanted = hypot(one[0] - two[0], one[1] - two[1])
        assert hypot(there[0] - here[0], there[1] - here[1]) == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("orientation", ["across", "upright"])
def test_papers_have_their_sizes(printed: Printed, orientation: str) -> None:
    sides = {"A4": (210, 297), "A3": (297, 420), "A2": (420, 594), "A1": (594, 841), "A0": (841, 1189)}
    for paper in ALL_PAPERS:
        sheet = printed.sheet(paper=paper, orientation=orientation, layers=[])
        wanted = sides[paper] if orientation == "upright" else sides[paper][::-1]
        assert sheet.size_mm == (pytest.approx(wanted[0], abs=1e-3), pytest.approx(wanted[1], abs=1e-3))


@pytest.mark.parametrize(("scale", "step", "decimals"), [(500, 50, 2), (2000, 200, 1), (10_000, 1000, 0)])
def test_coordinates_stand_beside_their_lines(printed: Printed, scale: int, step: int, decimals: int) -> None:
    sheet = printed.sheet(paper="A3", scale=scale, layers=[])
    left, bottom, width, height = printed.window("A3")
    half = width * scale / 2000
    first = int((EAST - half) // step + 1) * step
    said = 0
    for east in range(first, int(EAST + half), step):
        x = left + width / 2 + (east - EAST) * 1000 / scale
        if left + 8 < x < left + width - 8:
            middles = [word.middle[0] for word in sheet.words(f"{east / 1000:.{decimals}f}")]
            assert sum(abs(each - x) < 0.5 for each in middles) == 2, "below and above the map"
            said += 1
    assert said >= 2
    north = int(NORTHING // step) * step
    y = bottom + height / 2 + (north - NORTHING) * 1000 / scale
    (*_, low, high) = sorted(word.middle for word in sheet.words(f"{north / 1000:.{decimals}f}"))
    assert low[0] < left < left + width < high[0]
    assert low[1] == pytest.approx(y, abs=0.5)
    assert high[1] == pytest.approx(y, abs=0.5)


def test_text_is_text_in_embedded_fonts_whatever_the_character(printed: Printed) -> None:
    sheet = printed.sheet(layers=["names"], title=f"{RARE}规划图", unit="寿光市自然资源和规划局")
    assert {each.partition("+")[2] for each in sheet.fonts()} == {"OneMapSans-Regular", "OneMapSans-Bold"}
    for text in (RARE, "人民路12号A座", f"{RARE}规划图", "寿光市自然资源和规划局", "1:2,000", "审图号"):
        assert text in sheet.text, text
    assert "CGCS2000" in sheet.text
    assert "中央经线120°E" in sheet.text.replace("\n", "")
    assert sheet.text.count("合成数据") >= 2, "the stamp, and the legend"
    (word,) = sheet.words("人民路12号A座")
    picture = sheet.pixels(300, (word.left, word.bottom, word.right, word.top))
    dark = (picture.astype(int).sum(axis=2) < 300).mean()
    assert 0.08 < dark < 0.6, "letters are drawn"


def test_a_point_is_drawn_at_its_place_with_its_name_beside(printed: Printed) -> None:
    sheet = printed.sheet(layers=["names"])
    left, bottom, width, height = printed.window("A4")
    (word,) = sheet.words("人民路12号A座")
    assert 0 < word.left - (left + width / 2) < 4
    assert word.middle[1] == pytest.approx(bottom + height / 2, abs=1.0)


def test_the_legend_names_what_is_visible_and_nothing_else(printed: Printed) -> None:
    text = printed.sheet(layers=["names", "classes", "marks-500"]).text
    assert "甲类" in text and "乙类" in text and "丙类" not in text
    assert "图层classes" in text and "图层names" in text
    moved = printed.sheet(
        layers=["classes", "names"], center=TO_DEGREES.transform(EAST + 5000, NORTHING)
    ).text
    assert "丙类" in moved and "甲类" not in moved
    assert "图层names" not in moved
    assert "图幅内没有要素" in printed.sheet(layers=["classes"], center=[118.6, 37.1]).text


def test_layers_lie_in_the_order_asked_for_and_as_strongly(printed: Printed) -> None:
    left, bottom, width, height = printed.window("A4")
    place = (left + width / 2 - 30, bottom + height / 2 + 15)
    box = (place[0] - 1, place[1] - 1, place[0] + 1, place[1] + 1)

    def color(share: float) -> np.ndarray[Any, Any]:
        sheet = printed.sheet(layers=[{"id": "classes", "opacity": share}])
        return np.median(sheet.pixels(150, box).reshape(-1, 3), axis=0)

    assert np.abs(color(1.0) - (217, 83, 79)).max() <= 2
    assert np.abs(color(0.5) - (236, 169, 167)).max() <= 3


def test_who_may_not_see_a_layer_or_a_field_finds_nothing_of_it(printed: Printed) -> None:
    hidden = printed.ask(None, layers=["closed"])
    absent = printed.ask(None, layers=["nobody-has"])
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text == absent.text.replace("nobody-has", "closed")
    assert "图层closed" in printed.sheet(layers=["closed"]).text
    assert "图层closed" not in printed.sheet(None).text, "all that somebody sees is not all there is"
    for key in (None, ""):
        answer = printed.ask(key, layers=["names", "classes", "marks-2000"])
        whole = _unpacked(answer.content).lower()
        assert RARE[-1].encode("utf-16-be").hex().encode() in whole, "what is said can be found in the file"
        assert "王".encode("utf-16-be").hex().encode() not in whole, "the owner, a field that is not public"


def _unpacked(content: bytes) -> bytes:
    """All streams of a file, unpacked."""
    parts = []
    for piece in content.split(b"stream\n"):
        try:
            parts.append(zlib.decompressobj().decompress(piece))
        except zlib.error:
            continue
    return b"\n".join([content, *parts])


def test_both_clocks_decide(printed: Printed) -> None:
    known = printed.known.isoformat()
    cases = [
        ({}, "A2", "A1"),
        ({"datetime": "2026-02-01"}, "A1", "A2"),
        ({"asof": known}, "A1", "A2"),
        ({"datetime": "2026-06-01", "asof": known}, "A1", "A2"),
    ]
    for members, there, gone in cases:
        sheet = printed.sheet(layers=["names"], **members)
        assert sheet.words(there) and not sheet.words(gone), members
    text = printed.sheet(layers=[], datetime="2026-02-01T09:30:00+08:00").text
    assert "2026-02-01 09:30" in text
    assert printed.sheet(layers=["names"], datetime="2001-01-01").words("A1") == []


def test_the_sketch_is_drawn_and_told(printed: Printed) -> None:
    ring = list(around(0, 0, 30).exterior.coords)
    sketch = drawn({"type": "Polygon", "coordinates": [ring]}, name="拟选址地块", color="#c2410c")
    sheet = printed.sheet(layers=[], sketch=sketch)
    assert "拟选址地块" in sheet.text and "标绘" in sheet.text
    left, bottom, width, height = printed.window("A4")
    edge = (left + width / 2 + 15, bottom + height / 2)
    picture = sheet.pixels(300, (edge[0] - 0.1, edge[1] - 3, edge[0] + 0.1, edge[1] + 3))
    assert np.abs(np.median(picture.reshape(-1, 3), axis=0) - (194, 65, 12)).max() <= 12


def drawn(geometry: dict[str, Any], **properties: str) -> dict[str, Any]:
    """A sketch of one figure."""
    figure = {"type": "Feature", "properties": properties, "geometry": geometry}
    return {"type": "FeatureCollection", "features": [figure]}


@pytest.mark.parametrize(
    ("members", "status", "value"),
    [
        ({"paper": "A5"}, 400, "A5"),
        ({"paper": None}, 400, "None"),
        ({"orientation": "sideways"}, 400, "sideways"),
        ({"scale": 499}, 400, "499"),
        ({"scale": 10_001}, 400, "10001"),
        ({"scale": 1500.5}, 400, "1500.5"),
        ({"scale": True}, 400, "True"),
        ({"scale": "2000"}, 400, "2000"),
        ({"center": [0, 0]}, 400, "[0, 0]"),
        ({"center": [118.79]}, 400, "[118.79]"),
        ({"center": ["a", "b"]}, 400, "['a', 'b']"),
        ({"layers": "marks-500"}, 400, "marks-500"),
        ({"layers": ["names", "names"]}, 400, "names"),
        ({"layers": [{"id": "names", "opacity": 2}]}, 400, "2"),
        ({"layers": ["x"] * 65}, 400, "x"),
        ({"layers": ["notes"]}, 404, "notes"),
        ({"layers": ["none\x00"]}, 404, "none"),
        ({"datetime": "yesterday"}, 400, "yesterday"),
        ({"asof": 7}, 400, "7"),
        ({"images": "terrain-rgb"}, 400, "terrain-rgb"),
        ({"language": "fr"}, 400, "fr"),
        ({"title": "图" * 61}, 400, "图"),
        ({"title": "a\nb"}, 400, "a"),
        ({"title": 7}, 400, "7"),
        ({"colour": "red"}, 400, "colour"),
        ({"sketch": []}, 400, "[]"),
        ({"sketch": {"type": "FeatureCollection", "features": [{"geometry": None}]}}, 400, "None"),
        ({"sketch": drawn({"type": "Point", "coordinates": [1e9, 0]})}, 400, "Point"),
        ({"sketch": drawn({"type": "Polygon", "coordinates": [[["a"]]]})}, 400, "Polygon"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_its_value(
    printed: Printed, members: dict[str, Any], status: int, value: str
) -> None:
    answer = printed.ask(**members)
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert value in said["zh"] and value in said["en"]


def test_bodies_that_are_no_request_are_refused(printed: Printed) -> None:
    client = printed.served.client

    def post(body: bytes, kind: str = "application/json") -> int:
        return client.post("/print", content=body, headers={"content-type": kind}).status_code

    assert post(b"{") in (400, 422)
    assert post(b"[1]") in (400, 422)
    assert post(b"{}", "text/plain") == 415
    assert post(b'{"paper": "A4", "paper": "A3", "scale": 500, "center": [118.8, 36.9]}') in (400, 422)
    assert client.post("/print", json={"sketch": "x" * 1_100_000}).status_code == 413
    assert client.put("/print", json={}).status_code == 405


def test_texts_are_no_operators_of_the_page(printed: Printed) -> None:
    title = ") Tj ET Q <</JS (x)>> endstream %"
    sheet = printed.sheet(layers=[], title=title)
    assert title in sheet.text


def _presses(served: Served) -> int:
    """Printing processes below this server."""
    parents = {served.process.pid}
    found = 0
    while parents:
        children = {
            int(each)
            for pid in parents
            for task in Path(f"/proc/{pid}/task").glob("*/children")
            for each in task.read_text().split()
        }
        found += sum(b"tiles.print.press" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children)
        parents = children
    return found


def test_who_hangs_up_ends_the_press(printed: Printed) -> None:
    body = {"paper": "A0", "scale": 500, "center": CENTER, "layers": ["marks-500"]}
    with httpx.Client(base_url=printed.served.url) as client, pytest.raises(httpx.ReadTimeout):
        client.post("/print", json=body, timeout=httpx.Timeout(30, read=0.25))
    until(lambda: _presses(printed.served) == 0, within_s=5)
    assert printed.sheet(layers=["names"]).text


def test_what_leaves_of_a_marked_layer_is_counted(printed: Printed) -> None:
    with connect(printed.served.dsn) as connection:
        release.set_class(connection, "sheets", srid=4549, by="test", threshold_km2=Decimal("0.005"))
        release.mark(connection, "marks-10000", "sheets", by="test")
    ask = lambda: printed.ask(scale=10_000, layers=["marks-10000"])  # noqa: E731
    try:
        until(lambda: ask().status_code == 403, within_s=60)
        assert ask().json()["code"] == "release-limit"
    finally:
        with connect(printed.served.dsn) as connection:
            release.mark(connection, "marks-10000", None, by="test")
    until(lambda: ask().status_code == 200, within_s=60)


@pytest.fixture(scope="module")
def flying(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("flying")
    log = folder / "server.log"
    with database_of(server_dsn, template) as dsn:
        grids = matrix_sets(read_city("370783")).own_first
        flown(dsn, [photograph(folder / "正射.tif")], log.with_suffix(""), grids[:1])
        with server(dsn, log) as running:
            yield running


def test_images_lie_under_the_map_where_they_were_taken(flying: Served) -> None:
    edge = EDGE_PX * PIXEL_M
    center = TO_DEGREES.transform(WEST + edge / 2, NORTH - edge / 2)
    body = {"paper": "A4", "scale": 500, "center": center, "layers": ["raster-assets"], "title": "正射影像图"}
    answer = flying.client.post("/print", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    sheet = Sheet(answer.content)
    assert sheet.images() > 0
    papers = flying.get("/print").json()["papers"]
    left, bottom, width, height = papers[0]["map_mm"]
    middle = left + width / 2, bottom + height / 2
    for wanted, (east, north) in zip(QUARTERS, ((-6, 6), (6, 6), (-6, -6), (6, -6)), strict=True):
        x, y = middle[0] + east * 2, middle[1] + north * 2
        picture = sheet.pixels(100, (x - 2, y - 2, x + 2, y + 2))
        assert np.abs(np.median(picture.reshape(-1, 3), axis=0) - wanted).max() <= 12, (east, north)


def test_fields_of_the_offer(printed: Printed) -> None:
    offer = printed.served.get("/print").json()
    assert [each["paper"] for each in offer["papers"][::2]] == list(ALL_PAPERS)
    assert offer["scale"] == {"least": 500, "most": 10_000, "usual": [500, 1000, 2000, 5000, 10_000]}
    for each in offer["papers"]:
        left, bottom, width, height = each["map_mm"]
        assert left > 0 and left + width < each["width_mm"]
        assert bottom > 0 and bottom + height < each["height_mm"]
        assert width * height > 0.45 * each["width_mm"] * each["height_mm"], "the map is most of the sheet"
