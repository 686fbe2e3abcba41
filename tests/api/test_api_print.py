"""Sheets over HTTP, read back by another reader: where things lie, what is said, to whom, and when."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from api_serving import Served, database_of, server, until
from click.testing import CliRunner
from pdf_reader import Sheet
from printed_sheets import (
    BEND_M,
    BENT,
    CENTER,
    EAST,
    MARK,
    MARK_MM,
    NORTHING,
    OFFSETS_MM,
    RARE,
    TO_DEGREES,
    Printed,
    around,
    drawn,
)
from raster_files import EDGE_PX, NORTH, PIXEL_M, QUARTERS, WEST, flown, photograph

from api.cli.printing import print_sheet
from spatial.access import release
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.errors import InvalidInput
from tiles.matrix import matrix_sets

MEASURED = [("A4", 500), ("A4", 10_000), ("A0", 500), ("A0", 10_000), ("A3", 2000)]
ALL_PAPERS = ("A4", "A3", "A2", "A1", "A0")


def centroid_mm(sheet: Sheet, expected: tuple[float, float], dpi: float = 300.0) -> tuple[float, float]:
    """Where a mark is seen, about where it should be."""
    reach = MARK_MM * 1.5
    box = (expected[0] - reach, expected[1] - reach, expected[0] + reach, expected[1] + reach)
    picture = sheet.pixels(dpi, box).astype(int)
    rows, columns = np.nonzero(np.abs(picture - MARK).max(axis=2) < 120)
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


def test_the_name_of_a_line_follows_its_bend_and_is_found_as_one_text(printed: Printed) -> None:
    sheet = printed.sheet(layers=["bends"])
    assert sheet.words(BENT)
    left, bottom, width, height = printed.window("A4")
    middle, radius = (left + width / 2, bottom + height / 2), BEND_M / 2
    box = (middle[0] - 25, middle[1] - 5, middle[0] + 25, middle[1] + 25)
    rows, columns = np.nonzero(sheet.pixels(300, box).max(axis=2) < 110)
    x = box[0] + (columns + 0.5) * 25.4 / 300 - middle[0]
    y = box[3] - (rows + 0.5) * 25.4 / 300 - middle[1]
    on_arc = np.abs(np.hypot(x, y) - radius) < 4
    off, angle = (np.hypot(x, y) - radius)[on_arc], np.degrees(np.arctan2(y, x)[on_arc])
    assert np.abs(off).max() < 1.6, "each letter lies on the line"
    assert angle.max() - angle.min() > 55


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


def test_layers_are_as_strong_as_asked_for(printed: Printed) -> None:
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
            for each in _read(task).split()
        }
        found += sum(b"tiles.print.press" in _read(Path(f"/proc/{pid}/cmdline")) for pid in children)
        parents = children
    return found


def _read(path: Path) -> bytes:
    """What the system tells of a process; nothing of one that has just ended."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_who_hangs_up_ends_the_press(printed: Printed) -> None:
    body = {"paper": "A0", "scale": 500, "center": CENTER, "layers": ["marks-500"]}
    with httpx.Client(base_url=printed.served.url) as client, pytest.raises(httpx.ReadTimeout):
        client.post("/print", json=body, timeout=httpx.Timeout(30, read=0.25))
    until(lambda: _presses(printed.served) == 0)
    assert printed.sheet(layers=["names"]).text


def test_what_leaves_of_a_marked_layer_is_counted(printed: Printed) -> None:
    with connect(printed.served.dsn) as connection:
        release.set_class(connection, "sheets", srid=4549, by="test", threshold_km2=Decimal("0.005"))
        release.mark(connection, "marks-10000", "sheets", by="test")
    ask = lambda: printed.ask(scale=10_000, layers=["marks-10000"])  # noqa: E731
    try:
        until(lambda: ask().status_code == 403)
        assert ask().json()["code"] == "release-limit"
    finally:
        with connect(printed.served.dsn) as connection:
            release.mark(connection, "marks-10000", None, by="test")
    until(lambda: ask().status_code == 200)


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
    # Of its own pixels, 128 m to a piece: 103 m of ground touch two each way. Enlarging adds nothing.
    assert 0 < sheet.images() <= 4
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


def test_the_command_prints_the_same_request_into_a_file_replaced_whole(
    printed: Printed, tmp_path: Path
) -> None:
    key, asked, target = (tmp_path / name for name in ("key", "sheet.toml", "sheet.pdf"))
    key.write_text(printed.steward)
    asked.write_text(
        'paper = "A3"\nscale = 2000\ntitle = "城区"\nlayers = [{ id = "classes", opacity = 0.5 }]\n'
        "datetime = 2026-06-30\n"
    )
    own = ("--url", printed.served.url, "--key-file", str(key), "--request", str(asked))
    where = ("--center", *map(str, CENTER))
    done = CliRunner().invoke(print_sheet, [str(target), *own, *where, "--paper", "A4"])
    assert done.exit_code == 0, done.output
    sheet = Sheet(target.read_bytes())
    assert sheet.size_mm == (pytest.approx(297, abs=1e-3), pytest.approx(210, abs=1e-3))
    assert "城区" in sheet.text and "甲类" in sheet.text and "2026-06-30" in sheet.text
    kept = target.read_bytes()
    refused = CliRunner().invoke(print_sheet, [str(target), *own, *where, "--scale", "12"])
    assert isinstance(refused.exception, InvalidInput) and refused.exception.value == "12"
    assert target.read_bytes() == kept
    assert sorted(tmp_path.iterdir()) == sorted([key, asked, target]), "nothing half done is left"
