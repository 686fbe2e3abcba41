"""The drawing tool: by mouse, by finger and by keyboard alone, in every frame of the map."""

from __future__ import annotations

import re
from typing import Any

import pytest
from frame_ground import FRAMES, Ground
from playwright.sync_api import expect
from sketch_drawing import CORNERS, GEOD, TO_PLANE, changed, clicks, drawn, of, opened, settled

pytestmark = pytest.mark.browser


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
    expect(page).to_have_url(re.compile(r"map=118\.76700,36\.96700,14\.00"))
    expect(page.get_by_role("button", name="面 1", exact=False).first).to_contain_text("m²")
    page.get_by_role("button", name="修改面 1的形状").click()
    page.mouse.move(900, 460)
    page.mouse.down()
    page.mouse.move(940, 500, steps=6)
    page.mouse.up()
    moved = settled(page, changed(ring))
    expect(page).to_have_url(
        re.compile(r"map=118\.76700,36\.96700,14\.00")
    )  # the map stays while a vertex is dragged
    assert [moved[at] == ring[at] for at in range(5)] == [True, True, False, True, True]
    page.mouse.move(800, 300)
    page.mouse.down()
    page.mouse.move(800, 260, steps=6)
    page.mouse.up()
    settled(page, of(6), "a handle between two vertices adds one")
    page.get_by_role("button", name="完成").click()
    reshaped = drawn(page)
    # Inside an area a click picks what lies there; on its edge it chooses the area.
    name = page.locator("#figure-0")
    page.mouse.click(870, 400)
    expect(page.locator("feature-card")).to_be_visible()
    expect(name).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    page.mouse.click(704, 380)
    expect(name).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name="撤销").click()
    assert drawn(page)[0]["coordinates"][0] == ring, "one reshaping is one step"
    page.get_by_role("button", name="重做").click()
    assert drawn(page) == reshaped
    page.get_by_role("button", name="删除面 1").click()
    assert drawn(page) == []
    page.get_by_role("button", name="撤销").click()
    assert drawn(page) == reshaped


def test_a_click_that_follows_at_once_on_the_end_of_a_drawing_picks(visit: Any) -> None:
    """A busy page gets both clicks before any of its timers."""
    page = opened(visit, layers="blocks")
    page.get_by_role("button", name="面", exact=True).click()
    clicks(page, *CORNERS, CORNERS[0])
    page.get_by_role("button", name="修改面 1的形状").click()
    page.get_by_role("button", name="完成").evaluate(
        """(done) => {
          const seek = (node) => node.querySelector('canvas.maplibregl-canvas')
            ?? [...node.querySelectorAll('*')].map((each) => each.shadowRoot).filter(Boolean)
              .map(seek).find(Boolean)
          const canvas = seek(document)
          const at = { bubbles: true, clientX: 870, clientY: 400, detail: 1 }
          done.click()
          for (const type of ['mousedown', 'mouseup', 'click']) canvas.dispatchEvent(new MouseEvent(type, at))
        }"""
    )
    expect(page.locator("feature-card")).to_be_visible()


def test_a_double_click_ends_a_line_whose_length_is_geodesic(visit: Any) -> None:
    page = opened(visit)
    page.get_by_role("button", name="线", exact=True).click()
    clicks(page, (700, 300), (850, 380))
    page.mouse.dblclick(900, 500)
    expect(page.get_by_role("button", name="删除线 1")).to_be_visible()
    (line,) = drawn(page)
    assert len(line["coordinates"]) == 3
    # A figure is chosen where it is clicked: the nearer of two, and only within reach.
    name = page.locator("#figure-0")
    expect(name).to_have_attribute("aria-expanded", "true")
    name.click()
    page.mouse.click(775, 346)
    expect(name).to_have_attribute("aria-expanded", "true")
    expect(page.locator("feature-card")).to_have_count(0)
    name.click()
    clicks(page, (775, 370))
    expect(name).to_have_attribute("aria-expanded", "false")
    visit.still()
    expect(page).to_have_url(re.compile(r"map=118\.76700,36\.96700,14\.00"))
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
    expect(page).to_have_url(re.compile(r"map=118\.76700,36\.96700,14\.00"))
