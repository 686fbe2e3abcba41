"""Comparing 对比 in a real browser: two times and two versions by swipe, side by side, as what differs."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from raster_files import QUARTERS
from test_browser_images import LAT, LON
from test_browser_panels_access import unbroken
from visits import new_visit

pytestmark = pytest.mark.browser

SHOPS, DWELLINGS = (217, 83, 79), (242, 201, 76)
BEFORE = "2025-06-30T00:00"
"""Before the block in question became shops, on 1 January 2026."""
ON_CHANGED = "118.76700,36.96700,13.00"
BLOCKS = {"map": ON_CHANGED, "layers": "blocks"}
SIDE_LEFT, RAIL = 68 + 360 + 24, 68
"""Where the maps begin beside a panel, and without one."""
WIDTH, HEIGHT = 1200, 760
EDITED = "B-03-03"


def near(color: tuple[int, ...], wanted: tuple[int, int, int], within: int = 14) -> bool:
    return all(abs(one - other) <= within for one, other in zip(color, wanted, strict=True))


def color_at(visit: Any, x: float, y: float) -> tuple[int, ...]:
    """Median colour of 7 × 7 pixels."""
    patch = visit.picture()[:, round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
    return tuple(int(each) for each in np.median(patch.reshape(3, -1), axis=1))


def until_color(visit: Any, place: tuple[float, float], wanted: tuple[int, int, int]) -> None:
    visit.until(lambda: near(color_at(visit, *place), wanted))


def divider(page: Page) -> Locator:
    return page.get_by_role("separator", name="卷帘位置")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def drag(page: Page, grip: Locator, to: Callable[[float, float], tuple[float, float]]) -> None:
    box = grip.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(*to(x, y), steps=6)
    page.mouse.up()


def test_opening_the_panel_compares_with_a_year_before(visit: Any) -> None:
    page = visit.open(**BLOCKS, datetime="2026-02-28T00:00", panel="none")
    button(page, "对比").click()
    expect(page.locator("#other-map canvas")).to_have_count(1)
    visit.drawn()
    expect(page).to_have_url(re.compile("compare=swipe.*b.datetime=2025-02-28T00:00"))
    expect(page.locator(".label.other-side")).to_have_text(re.compile("对比图.*2025-02-28"))
    expect(page.locator(".label.own-side")).to_have_text(re.compile("本图.*2026-02-28"))
    middle = (SIDE_LEFT + WIDTH) / 2
    until_color(visit, (middle - 40, HEIGHT / 2 + 40), DWELLINGS)
    until_color(visit, (middle + 40, HEIGHT / 2 + 40), SHOPS)


def test_a_comparison_begins_no_earlier_than_the_history(visit: Any) -> None:
    """A year before there was nothing yet."""
    page = visit.open(**BLOCKS, datetime="2024-06-01T00:00", panel="none")
    button(page, "对比").click()
    expect(page).to_have_url(re.compile("compare=swipe.*b.datetime=2024-01-01T00:00"))
    expect(page.locator(".label.other-side")).to_have_text(re.compile("对比图.*2024-01-01"))
    expect(page.locator(".label.other-side .bare")).to_have_count(0)
    button(page, "一年前").click()
    expect(page).to_have_url(re.compile("b.datetime=2023-06-01T00:00"))
    expect(page.locator(".label.other-side")).to_contain_text("图层的历史未及此时")


def test_where_no_layer_tells_its_history_a_comparison_begins_a_year_before(visit: Any) -> None:
    page = visit.open(**BLOCKS, datetime="2024-06-01T00:00", panel="none")
    page.route(re.compile(r"/collections/blocks$"), lambda route: route.abort())
    button(page, "对比").click()
    expect(page).to_have_url(re.compile("b.datetime=2023-06-01T00:00"))
    visit.complaints.clear()  # the browser's own line about the aborted request


def test_a_swipe_is_dragged_and_its_place_is_kept_in_the_link(visit: Any) -> None:
    page = visit.open(**BLOCKS, compare="swipe", panel="none", **{"b.datetime": BEFORE})
    visit.drawn()
    middle = (RAIL + WIDTH) / 2
    left, right = (middle - 40, 430), (middle + 40, 430)
    until_color(visit, left, DWELLINGS)
    until_color(visit, right, SHOPS)
    drag(page, divider(page), lambda x, y: (x + 90, y))
    expect(divider(page)).to_have_attribute("aria-valuenow", "58")
    expect(page).to_have_url(re.compile("divider=58"))
    until_color(visit, right, DWELLINGS)
    drag(page, divider(page), lambda x, y: (x - 180, y))
    until_color(visit, left, SHOPS)


def test_the_keyboard_alone_compares(visit: Any) -> None:
    page = visit.open(**BLOCKS, panel="none")
    button(page, "图层").focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(button(page, "对比")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="对比", exact=True)).to_be_focused()
    panel = page.locator("compare-panel")
    field = panel.locator("side-choice").first.locator("#datetime")
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2025-6-30")
    page.keyboard.press("Enter")
    expect(page.locator(".label.other-side")).to_contain_text("2025-06-30")
    divider(page).focus()
    for key in ("ArrowRight", "ArrowRight", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(divider(page)).to_have_attribute("aria-valuenow", "62")
    page.keyboard.press("Home")
    expect(divider(page)).to_have_attribute("aria-valuenow", "0")
    middle = (SIDE_LEFT + WIDTH) / 2
    until_color(visit, (middle - 40, 430), SHOPS)
    page.keyboard.press("End")
    until_color(visit, (middle + 40, 430), DWELLINGS)
    button(page, "并列").focus()
    page.keyboard.press("Enter")
    expect(divider(page)).to_have_count(0)
    visit.drawn()
    other = page.locator("#other-map .maplibregl-canvas")
    other.focus()
    page.keyboard.press("Enter")
    heading = page.locator("feature-card h2")
    expect(heading).to_have_text("地块3-3号")
    expect(heading).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#map .maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(heading).to_have_text("人民路12号A座")
    button(page, "差异").focus()
    page.keyboard.press("Enter")
    change = page.locator("change-list .list").get_by_role("button").filter(has_text="变更")
    change.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="变化").get_by_role("row", name="用途")).to_contain_text(
        "商业用地"
    )
    page.locator("compare-panel").get_by_role("button", name="结束对比").focus()
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("compare="))
    expect(page.locator("#other-map")).to_have_count(0)
    visit.drawn()


def test_side_by_side_both_look_at_the_same_ground(visit: Any) -> None:
    page = visit.open(**BLOCKS, compare="side", panel="none", **{"b.datetime": BEFORE})
    half = (WIDTH - RAIL) / 2
    centres = [(RAIL + half / 2 + 60, 440), (RAIL + half * 1.5 + 60, 440)]
    until_color(visit, centres[0], DWELLINGS)
    until_color(visit, centres[1], SHOPS)
    before = page.url
    page.mouse.move(*centres[0])
    page.mouse.down()
    page.mouse.move(centres[0][0] - 150, centres[0][1] - 60, steps=8)
    page.mouse.up()
    expect(page).not_to_have_url(before)
    visit.still()
    assert same_ground(visit.picture(), half) > 0.9, "the maps are apart"
    page.mouse.move(*centres[1])
    page.mouse.wheel(0, -240)
    visit.still()
    assert same_ground(visit.picture(), half) > 0.9, "the maps are apart"


def same_ground(picture: Any, half: float) -> float:
    """Share of pixels that are alike at the same place of both halves, where nothing lies over them."""
    top, bottom = 200, 640
    first = picture[:, top:bottom, RAIL + 20 : round(RAIL + half) - 60].astype(int)
    shift = round(half)
    second = picture[:, top:bottom, RAIL + 20 + shift : round(RAIL + half) - 60 + shift].astype(int)
    # The changed block has another colour: the edges are what must agree.
    edges = [each[0] < 180 for each in (first, second)]
    steps = [(dy, dx) for dy in (-2, 0, 2) for dx in (-2, 0, 2)]
    grown = [np.logical_or.reduce([np.roll(each, step, (0, 1)) for step in steps]) for each in edges]
    hits = (edges[0] & grown[1]).sum() + (edges[1] & grown[0]).sum()
    return float(hits / max(1, edges[0].sum() + edges[1].sum()))


def test_each_side_tells_of_features_as_they_were_then(visit: Any, browser: Browser) -> None:
    page = visit.open(**BLOCKS, compare="side", panel="none", **{"b.datetime": BEFORE})
    half = (WIDTH - RAIL) / 2
    card = page.get_by_role("region", name="要素属性")
    page.mouse.click(RAIL + half * 1.5, 400)
    expect(card.get_by_role("heading", name="人民路12号A座")).to_be_visible()
    expect(card).to_contain_text("本图")
    page.mouse.click(RAIL + half / 2, 400)
    expect(card.get_by_role("heading", name="地块3-3号")).to_be_visible()
    expect(card).to_contain_text("对比图")
    expect(card).to_contain_text("城镇住宅用地")
    expect(page).to_have_url(re.compile(r"b\.selected=1"))
    again = new_visit(browser, visit.site).page
    try:
        again.goto(page.url)
        expect(again.locator("#map[aria-busy=false]")).to_have_count(1, timeout=60_000)
        expect(again.locator("#other-map canvas")).to_have_count(1)
        expect(again.locator("feature-card h2")).to_have_text("地块3-3号", timeout=60_000)
        assert again.url == page.url
    finally:
        again.context.close()


def test_two_versions_and_two_layers_can_be_compared(visit: Any) -> None:
    """What the platform knew before the second delivery; then streets alone beside the blocks."""
    known = visit.site.before_change
    page = visit.open(**BLOCKS, compare="side", panel="compare")
    sides = page.locator("side-choice")
    sides.first.get_by_role("button", name="上次变更前").click()
    expect(page.locator(".label.other-side")).to_contain_text("认知")
    assert re.search(r"b\.asof=[\d-]+T[\d:]+", page.url)
    half = (WIDTH - SIDE_LEFT) / 2
    left, right = (SIDE_LEFT + half / 2, 430), (SIDE_LEFT + half * 1.5, 430)
    until_color(visit, left, DWELLINGS)
    until_color(visit, right, SHOPS)
    sides.first.locator("#asof").fill(known.replace("T", " "))
    page.keyboard.press("Enter")
    visit.drawn()
    until_color(visit, left, DWELLINGS)
    sides.first.get_by_role("checkbox", name="与本图相同").uncheck()
    layers = sides.first.get_by_role("list", name="对比图的图层")
    layers.get_by_role("checkbox", name="地块").uncheck()
    layers.get_by_role("checkbox", name="道路").check()
    visit.drawn()
    expect(page).to_have_url(re.compile(r"b\.layers=streets"))
    expect(page.locator(".label.other-side")).to_contain_text("道路")
    assert not near(color_at(visit, *left), DWELLINGS, 40)
    until_color(visit, right, SHOPS)
    button(page, "⇄ 互换两侧").click()
    visit.drawn()
    until_color(visit, left, SHOPS)
    expect(page).to_have_url(re.compile("&layers=streets.*b.layers=blocks"))


def test_an_edit_reaches_both_maps_over_one_stream(visit: Any) -> None:
    visit.open(map="118.82700,37.02700,13.00", layers="blocks", compare="side", panel="none")
    visit.streaming()
    half = (WIDTH - RAIL) / 2
    places = [(RAIL + half / 2, 430), (RAIL + half * 1.5, 430)]
    for use, wanted in (("0901", SHOPS), ("0701", DWELLINGS)):
        answer = httpx.patch(
            f"{visit.site.url}/collections/blocks/items/B-06-06",
            json={"properties": {"use": use}},
            headers={"Content-Type": "application/merge-patch+json", "If-Match": "*"},
        )
        assert answer.status_code < 300, answer.text
        for place in places:
            until_color(visit, place, wanted)
    assert len([url for url in visit.requests if "/changes/stream" in url]) == 1


def test_measuring_takes_clicks_on_either_map(visit: Any) -> None:
    page = visit.open(**BLOCKS, compare="side", panel="measure", **{"b.datetime": BEFORE})
    half = (WIDTH - SIDE_LEFT) / 2
    expect(page.get_by_role("textbox", name="顶点坐标")).to_be_visible()
    for x in (SIDE_LEFT + half / 2, SIDE_LEFT + half * 1.5):
        page.mouse.click(x, 400)
    vertices = page.get_by_role("textbox", name="顶点坐标")
    expect(vertices).to_have_value(re.compile(r"^.+\n.+$"))
    points = vertices.input_value().split("\n")
    one, other = (np.array([float(each) for each in point.split(",")]) for point in points)
    assert np.abs(one - other).max() < 2e-4, "both are the middle of the same ground"
    expect(page.locator("feature-card")).to_have_count(0)


def test_a_side_before_all_history_says_so(visit: Any) -> None:
    page = visit.open(**BLOCKS, compare="side", panel="none", **{"b.datetime": "1990-01-01T00:00"})
    expect(page.locator(".label.other-side")).to_contain_text("图层的历史未及此时")
    expect(page.locator(".label.own-side .bare")).to_have_count(0)
    page.evaluate("location.hash = location.hash.replace(/map=[^&]*/, 'map=119.30000,37.30000,13.00')")
    expect(page.locator(".label.own-side")).to_contain_text("此处没有要素")


def test_leaving_leaves_nothing_behind(visit: Any) -> None:
    """A browser allows a page 16 drawing contexts: the oldest is lost where they are not given back."""
    warnings: list[str] = []
    visit.page.on("console", lambda message: warnings.append(message.text))
    page = visit.open(**BLOCKS, panel="none")
    for _ in range(18):
        page.evaluate("location.hash += '&compare=side&b.datetime=2025-06-30T00:00'")
        expect(page.locator("#other-map canvas")).to_have_count(1)
        button(page, "结束对比").click()
        expect(page.locator("canvas")).to_have_count(1)
    visit.drawn()
    assert not [text for text in warnings if "WebGL contexts" in text or "context lost" in text.lower()]
    until_color(visit, (WIDTH / 2 + 40, 430), SHOPS)
    assert len([url for url in visit.requests if "/changes/stream" in url]) == 1
    asked = len(visit.requests)
    page.evaluate("location.hash = location.hash.replace('118.76700', '118.76800')")
    page.wait_for_timeout(500)
    later = [url for url in visit.requests[asked:] if "2025-06-30" in url]
    assert later == [], "a map that was left still asks"


def test_any_comparison_comes_back_from_its_link(visit: Any) -> None:
    """What the page makes of a link is the same link."""
    dice = random.Random(5)
    page = visit.open(**BLOCKS, panel="none")

    def moment() -> str:
        day = np.datetime64("2019-01-01") + dice.randrange(2500)
        return f"{day}T{dice.randrange(24):02}:{dice.randrange(60):02}"

    def maybe(name: str, make: Callable[[], str]) -> list[str]:
        return [f"{name}={make()}"] if dice.random() < 0.5 else []

    for _ in range(12):
        own = [f"map={118.7 + dice.random() / 10:.5f},36.96000,13.00", "layers=blocks"]
        own += maybe("datetime", moment)
        compared = [f"compare={dice.choice(['swipe', 'side', 'difference'])}"]
        compared += maybe("divider", lambda: str(dice.choice([*range(50), *range(51, 101)])))
        compared += maybe("b.datetime", moment) + maybe("b.asof", moment)
        compared += maybe("b.layers", lambda: ",".join(dice.sample(["blocks", "streets", "sites"], 2)))
        compared += maybe("b.images", lambda: dice.choice(["picture", "heights", "hillshade"]))
        compared += maybe("differing", lambda: dice.choice(["blocks", "streets"]))
        compared += maybe("axis", lambda: "recorded") + maybe("b.selected", lambda: "1")
        wanted = "#" + "&".join([*own, *compared, "panel=none"])
        page.evaluate("(hash) => { location.hash = hash }", wanted)
        page.wait_for_timeout(250)
        assert page.evaluate("location.hash") == wanted
        page.evaluate("(hash) => { location.hash = hash }", wanted.replace("map=118.7", "map=118.8"))
    page.evaluate("(hash) => { location.hash = hash }", "#compare=sideways&divider=300&axis=up&panel=none")
    expect(page.locator("#other-map")).to_have_count(0)
    page.evaluate("(hash) => { location.hash = hash }", "#layers=blocks&compare=swipe&divider=300&panel=none")
    expect(divider(page)).to_have_attribute("aria-valuenow", "50")
    visit.drawn()


@pytest.mark.parametrize("frame", ["4490", "mercator"])
def test_other_frames_compare_as_well(visit: Any, frame: str) -> None:
    page = visit.open(**BLOCKS, frame=frame, compare="swipe", panel="none", **{"b.datetime": BEFORE})
    middle = (RAIL + WIDTH) / 2
    until_color(visit, (middle - 40, 430), DWELLINGS)
    until_color(visit, (middle + 40, 430), SHOPS)
    page.get_by_role("combobox", name="图面坐标系").select_option("gk")
    visit.drawn()
    until_color(visit, (middle - 40, 430), DWELLINGS)
    until_color(visit, (middle + 40, 430), SHOPS)


def test_a_phone_has_one_map_above_the_other(visit: Any) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    page = visit.open(**BLOCKS, compare="swipe", panel="none", **{"b.datetime": BEFORE})
    expect(divider(page)).to_have_attribute("aria-orientation", "horizontal")
    middle = (108 + 844 - 60) / 2
    until_color(visit, (230, middle - 60), DWELLINGS)
    until_color(visit, (230, middle + 60), SHOPS)
    drag(page, divider(page), lambda x, y: (x, y + 100))
    until_color(visit, (230, middle + 60), DWELLINGS)
    divider(page).focus()
    page.keyboard.press("ArrowUp")
    assert page.locator("html").evaluate("(root) => root.scrollWidth") <= 390
    button(page, "对比").click()
    sheet = page.locator("panel-frame").bounding_box()
    grip = divider(page).bounding_box()
    assert sheet and grip and grip["y"] + grip["height"] < sheet["y"], "the divider stays above the panel"


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_axe_finds_nothing_while_comparing(visit: Any, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = visit.open(**BLOCKS, compare="swipe", panel="compare", **{"b.datetime": BEFORE})
    unbroken(page, "swipe")
    page.locator("side-choice").first.get_by_role("checkbox", name="与本图相同").uncheck()
    unbroken(page, "layers of its own")
    button(page, "并列").click()
    page.evaluate("location.hash = location.hash.replace(/b.datetime=[^&]*/, 'b.datetime=1990-01-01T00:00')")
    expect(page.locator(".label.other-side")).to_contain_text("历史未及此时")
    unbroken(page, "side by side, one of them bare")
    page.evaluate("location.hash = location.hash.replace(/b.datetime=[^&]*/, 'b.datetime=2025-06-30T00:00')")
    button(page, "差异").click()
    changes = page.locator("change-list .list").get_by_role("button")
    expect(changes.first).to_be_visible()
    unbroken(page, "difference")
    changes.first.click()
    expect(page.get_by_role("region", name="变化").get_by_role("table")).to_be_visible()
    unbroken(page, "a change")
    page.evaluate("location.hash = location.hash.replace('panel=compare', 'panel=compare&lang=en')")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    unbroken(page, "English")
    visit.drawn()


def test_two_flights_and_two_looks_of_images_are_compared(looking: Any) -> None:
    """On the left before the flight, then as relief; on the right as it was taken."""
    at = {"map": f"{LON:.5f},{LAT:.5f},16.00", "layers": "raster-assets", "panel": "none"}
    middle = (RAIL + WIDTH) / 2
    left, right = (middle - 60, HEIGHT / 2 + 30), (middle + 60, HEIGHT / 2 + 30)
    page = looking.open(**at, compare="swipe", **{"b.datetime": "2001-01-01T00:00"})
    quarters = [tuple(int(each) for each in quarter) for quarter in QUARTERS]
    assert any(near(color_at(looking, *right), quarter) for quarter in quarters)
    assert not any(near(color_at(looking, *left), quarter, 40) for quarter in quarters)
    page.evaluate("location.hash = location.hash.replace(/b.datetime=[^&]*/, 'b.images=hillshade')")

    def relief() -> bool:
        red, green, blue = color_at(looking, *left)
        return red == green == blue and 100 < red < 230

    looking.until(relief)
    # A busy server refuses some images of two maps at once; they are asked for again.
    looking.complaints[:] = [each for each in looking.complaints if "503" not in each]
    assert any(near(color_at(looking, *right), quarter) for quarter in quarters)


@pytest.mark.parametrize(
    ("size", "divider"), [((1280, 800), 8), ((1280, 800), 94), ((640, 400), 50), ((640, 400), 6)]
)
def test_words_of_a_side_are_whole_wherever_the_divider_stands(
    visit: Any, size: tuple[int, int], divider: int
) -> None:
    """640 by 400 is a window of 1280 by 800 at 200 %."""
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    at = {"map": ON_CHANGED, "b.datetime": BEFORE, "panel": "none", "layers": "blocks"}
    page = visit.open(**at, compare="swipe", divider=str(divider))
    boxes = [page.locator(f"map-area .{side}-side").bounding_box() for side in ("other", "own")]
    notice = page.locator("notice-board .notice").first.bounding_box()
    assert notice
    for box in boxes:
        assert box
        assert box["height"] < 60 and box["width"] > 90, "lines of words, no column of signs"
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0]
        assert box["y"] >= notice["y"] + notice["height"], "below what is told of the comparison"
    other, own = boxes
    assert other and own
    beside = other["x"] + other["width"] <= own["x"]
    assert beside or other["y"] + other["height"] <= own["y"]
