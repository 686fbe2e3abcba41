"""What far tiles show together: clusters and dissolved areas say what they are and lead nearer."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import TimeoutError, expect
from test_browser_panels_access import unbroken

pytestmark = pytest.mark.browser

CLUSTERED = "118.82,37.0,11.40"
DISSOLVED = "118.76,36.96,7.20"


def test_a_cluster_says_how_many_it_is_and_leads_nearer(visit: Any) -> None:
    page = visit.open(map=CLUSTERED, layers="sites")
    note = page.locator("group-note")
    for x in range(560, 660, 10):
        page.mouse.click(x, 380)
        with suppress(TimeoutError):  # there is ground between the clusters
            note.wait_for(timeout=3000)
            break
    expect(note.get_by_role("heading", name="5G 基站")).to_be_visible()
    expect(note.get_by_role("status")).to_contain_text("个要素")
    unbroken(page, "cluster")
    before = page.url
    note.get_by_role("button", name="放大到此处").click()
    expect(note).to_have_count(0)
    expect(page).not_to_have_url(before)
    expect(page.locator(".maplibregl-canvas")).to_be_focused()


def test_a_dissolved_area_says_its_class_and_is_left_by_keyboard(visit: Any) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})  # so far out that blocks lie together
    page = visit.open(map=DISSOLVED, layers="blocks")
    page.mouse.click(200, 450)
    note = page.locator("group-note")
    nearer = note.get_by_role("button", name="放大到此处")
    expect(nearer).to_be_visible()
    expect(note).to_contain_text("公顷")
    expect(note.get_by_role("listitem")).to_contain_text("用地")
    unbroken(page, "dissolved area")
    nearer.focus()
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)
    expect(page.locator(".maplibregl-canvas")).to_be_focused()
    expect(page.locator("feature-card")).to_have_count(0)


def test_a_feature_that_is_by_itself_is_picked_as_ever(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,10.50", layers="blocks")
    page.mouse.click(600, 380)
    expect(page.locator("feature-card h2")).to_be_visible()
    expect(page.locator("group-note")).to_have_count(0)
