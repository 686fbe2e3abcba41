"""The link of the page in a real browser: whatever it carries comes back, what it cannot is told."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from test_browser_panels_access import unbroken
from visits import REFUSAL, VIEW, Site, Visit, visiting

pytestmark = pytest.mark.browser

ON_CHANGED = "118.76700,36.96700,12.00"
LAYERS = ("blocks", "streets", "sites")
PIXELS_A_DEGREE = 512 / 360
"""At zoom 0, from west to east."""
OTHER_PIXELS_MOST = 0.001
"""Share of the picture that a second drawing may have otherwise: edges are rounded by the driver."""


@pytest.fixture
def stray(browser: Browser, site: Site) -> Any:
    """Visits by links that name what there is not: the browser's own line about it is no complaint."""
    with visiting(browser, site, expected=(REFUSAL,)) as watched:
        yield watched


def said(page: Page) -> dict[str, str]:
    """What the address carries."""
    return {key: values[0] for key, values in parse_qs(page.url.partition("#")[2]).items()}


def random_link(dice: random.Random) -> dict[str, str]:
    """Any state that the page can have, written as the page writes it."""

    def moment() -> str:
        day = np.datetime64("2024-02-01") + dice.randrange(1200)
        return f"{day}T{dice.randrange(24):02}:{dice.randrange(60):02}"

    def some(share: float, make: Callable[[], str]) -> str | None:
        return make() if dice.random() < share else None

    zoom = dice.choice([11, 12.37, 13.456, 16, 17.25])
    place = [f"{at + dice.random() / 20:.{7 if zoom > 15 else 5}f}" for at in (118.74, 36.94)]
    tilt = some(0.3, lambda: f"{dice.randrange(10, 60)}.0,{dice.randrange(-170, 170)}.0")
    compare = some(0.5, lambda: dice.choice(["swipe", "side", "difference"]))
    shown = dice.sample(LAYERS, dice.randrange(1, 4))
    table = "layer=streets&filter=" + quote("name = '人民路'")
    panels = ["none", "layers", "table", "measure", *(["compare"] if compare else [])]
    panel = dice.choice(panels)
    found = {
        "map": ",".join([*place, re.sub("0$", "", f"{zoom:.3f}"), *([tilt] if tilt else [])]),
        "frame": some(0.5, lambda: dice.choice(["4490", "mercator"])),
        "layers": ",".join(shown),
        "opacity": some(0.5, lambda: f"{dice.choice(LAYERS)}:0.{dice.randrange(1, 10)}"),
        "datetime": some(0.4, moment),
        "asof": some(0.2, lambda: "2099-01-01T08:00"),
        "selected": some(0.4, lambda: "blocks/B-03-03"),
        "compare": compare,
        "divider": some(0.5, lambda: str(dice.randrange(51, 90))) if compare == "swipe" else None,
        "b.datetime": some(0.7, moment) if compare else None,
        "b.layers": some(0.5, lambda: ",".join(dice.sample(LAYERS, 2))) if compare else None,
        "order": some(0.5, lambda: ",".join(dice.sample(LAYERS, 3))),
        "panel": panel,
        "detail": table if panel == "table" else None,
        "lang": some(0.4, lambda: "en"),
    }
    return {key: text for key, text in found.items() if text}


@pytest.mark.parametrize("seed", range(6))
def test_any_state_comes_back_with_the_same_picture(browser: Browser, site: Site, seed: int) -> None:
    wanted = random_link(random.Random(seed))
    link = "&".join(f"{key}={quote(text, safe=',:/')}" for key, text in wanted.items())
    pictures = []
    for _ in range(2):
        with visiting(browser, site, expected=(REFUSAL,)) as visit:
            visit.page.goto(f"{site.url}/map#{link}")
            visit.drawn()
            visit.still()
            assert said(visit.page) == wanted
            pictures.append(visit.picture().astype(int))
            expect(visit.page.locator("link-note")).to_have_count(0)
    differing = np.abs(pictures[0] - pictures[1]).max(axis=0) > 24
    assert differing.mean() <= OTHER_PIXELS_MOST


def test_what_was_set_by_hand_is_there_after_a_reload(visit: Visit) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks,streets")
    page.get_by_role("checkbox", name="道路").uncheck()
    page.get_by_role("button", name="地块:说明与不透明度").click()
    page.get_by_role("slider", name="地块不透明度").fill("0.4")
    page.locator("page-head #datetime").fill("2025-06-30")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="图面坐标系").select_option("4490")
    visit.drawn()
    page.get_by_role("button", name="放大", exact=True).click()
    page.get_by_role("button", name="属性表", exact=True).click()
    page.get_by_role("textbox", name="筛选条件").fill("code = 'B-03-03'")
    page.keyboard.press("Enter")
    expect(page.locator("table-panel tbody tr")).to_have_count(1)
    page.locator("table-panel tbody tr").get_by_role("button").click()
    expect(page.locator("selected-card")).to_be_visible()
    page.get_by_role("button", name="English").click()
    visit.still()
    before = said(page)
    page.reload()
    visit.drawn()
    visit.still()
    assert said(page) == before
    assert before["opacity"] == "blocks:0.4"
    assert (before["layers"], before["frame"], before["datetime"]) == ("blocks", "4490", "2025-06-30T00:00")
    assert (before["selected"], before["lang"], before["panel"]) == ("blocks/B-03-03", "en", "table")
    expect(page.locator("table-panel tbody tr")).to_have_count(1)
    expect(page.locator("table-panel tr[aria-current]")).to_have_count(1)
    expect(page.locator("page-head #datetime")).to_have_value("2025-06-30")


def test_near_ground_comes_back_to_the_pixel(visit: Visit) -> None:
    """At the deepest level a fifth digit of a degree is eight pixels."""
    near = "118.7671234,36.9671234,18.765"
    page = visit.open(map=near, layers="blocks", panel="none")
    assert said(page)["map"] == near
    page.reload()
    visit.drawn()
    assert said(page)["map"] == near


def test_a_day_written_by_hand_is_understood(visit: Visit) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks", datetime="2025-6-30")
    expect(page.locator("page-head #datetime")).to_have_value("2025-06-30")
    expect(page.get_by_role("status").filter(has_text="现状 2025-06-30")).to_be_visible()
    expect(page.locator("link-note")).to_have_count(0)


@pytest.mark.parametrize("time", ["2026-02-30T00:00", "2026-99-99", "昨天"])
def test_a_time_that_is_none_is_told_and_not_taken_for_now_in_silence(visit: Visit, time: str) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks", datetime=quote(time))
    expect(page.locator("link-note").get_by_role("alert")).to_contain_text(
        f"“{time}”不是有效的时间,显示的是现在"
    )
    assert "datetime" not in said(page)


def test_what_a_link_cannot_bring_is_told_and_the_map_works(stray: Visit) -> None:
    """Of an earlier version of the page, cut off, or with layers that have gone."""
    page = stray.open(
        map="999,-999,99", frame="9999", layers="blocks,gone", compare="sideways", panel="history",
        datetime="2026-99-99", time="2025-01-01",
    )  # fmt: skip
    note = page.locator("link-note").get_by_role("alert")
    expect(note).to_contain_text("链接里有的内容用不上:“2026-99-99”不是有效的时间")
    expect(note).to_contain_text("没有图层“gone”,或您无权查看")
    expect(note).to_contain_text("“map=999,-999,99”读不懂,未采用")
    expect(note).to_contain_text("另有 3 处")
    unbroken(page, "a link that is doubtful")
    page.get_by_role("button", name="English").click()
    expect(note).to_contain_text("“2026-99-99” is no valid time; the present is shown")
    note.get_by_role("button", name="Close").click()
    expect(note).to_have_count(0)
    page.locator("page-rail").get_by_role("button", name="Layers", exact=True).click()
    expect(page.get_by_role("checkbox", name="Blocks")).to_be_checked()
    page.evaluate("location.hash = 'layers=blocks&datetime=nonsense'")
    expect(note).to_contain_text("“nonsense” is no valid time")
    page.evaluate("location.hash = 'layers=blocks&datetime=2025-06-30'")
    expect(note).to_have_count(0)


def test_a_time_before_all_history_says_so(visit: Visit) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks", datetime="1000-01-01T00:00")
    told = page.get_by_role("status").filter(has_text="现状 1000-01-01")
    expect(told).to_contain_text("图层的历史未及此时")
    page.get_by_role("button", name="回到现在", exact=True).click()
    expect(page.get_by_text("图层的历史未及此时")).to_have_count(0)
    visit.drawn()


@pytest.mark.parametrize("way", ["卷帘", "并列"])
def test_comparing_leaves_the_ground_in_the_middle_of_the_free_part(visit: Visit, way: str) -> None:
    """What one looks at beside the panel is not pushed out of the window by the second map."""
    page = visit.open(map=ON_CHANGED, layers="blocks")
    before = page.url
    page.get_by_role("button", name="对比", exact=True).click()
    expect(page.locator("#other-map canvas")).to_have_count(1)
    page.get_by_role("button", name=way, exact=True).click()
    expect(page.locator(".seam" if way == "并列" else "swipe-divider")).to_have_count(1)
    visit.still()

    def middle(address: str) -> float:
        return float(parse_qs(address.partition("#")[2])["map"][0].split(",")[0])

    moved_px = (middle(page.url) - middle(before)) * PIXELS_A_DEGREE * 2**12
    # Of 1200 pixels the panel leaves those from 460 to 1168 free: there is the middle of what is compared.
    free_px = (460 + VIEW["width"] - 32) / 2 - VIEW["width"] / 2
    assert abs(moved_px - free_px) < 12
    page.get_by_role("button", name="结束对比").first.click()
    expect(page.locator("#other-map")).to_have_count(0)
    visit.still()
    assert abs(middle(page.url) - middle(before)) < 2e-5


def test_a_sheet_that_there_is_not_becomes_the_usual_one(visit: Visit) -> None:
    asked = quote("paper=A9&scale=1&title=图")
    page = visit.open(map=ON_CHANGED, layers="blocks", panel="print", detail=asked)
    panel = page.locator("print-panel")
    expect(panel.get_by_role("alert")).to_contain_text("500")
    expect(panel.get_by_role("combobox", name="图幅")).to_have_value("A3")
    expect(panel).to_contain_text("实地 634 × 494 m")
    expect(page).to_have_url(re.compile("detail=paper%3DA3.*scale%3D2000"))
