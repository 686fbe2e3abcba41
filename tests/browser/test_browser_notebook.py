"""The map in a cell of a notebook: a page of another origin frames it, at two dates."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from serving import database_of, server, until

from notebooks.city import City
from notebooks.frame import MapFrame
from notebooks.line import Line

pytestmark = pytest.mark.browser

DWELLINGS, SHOPS = (242, 201, 76), (217, 83, 79)
ON_CHANGED = (118.767, 36.967, 12.0)
"""In a block of dwellings that became shops with 2026."""
CELL_PX = 520


@contextmanager
def cells(*frames: MapFrame) -> Iterator[str]:
    """The address of a notebook's page that shows these values, at an origin of its own."""
    body = "".join(f"<div>{frame._repr_html_()}</div>" for frame in frames)
    page = f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>笔记</title>{body}</html>'.encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            pass

    serving = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{serving.server_port}/"
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


def color_in(picture: np.ndarray[Any, Any], box: dict[str, float]) -> tuple[int, ...]:
    """Median of a patch in the middle of a frame."""
    x, y = int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2)
    patch = picture[:, y - 4 : y + 5, x - 4 : x + 5].reshape(3, -1)
    return tuple(int(each) for each in np.median(patch, axis=1))


def test_two_cells_show_one_layer_on_two_dates(visit: Any) -> None:
    blocks = City(Line(visit.site.url))
    before, after = (
        blocks.map(["blocks"], on=day).at(*ON_CHANGED).tall(CELL_PX) for day in ("2025-06-30", "2026-06-30")
    )
    page = visit.page
    page.set_viewport_size({"width": 1100, "height": 1250})
    with cells(before, after) as notebook:
        page.goto(notebook)
        for number in (0, 1):
            frame = page.frame_locator("iframe").nth(number)
            expect(frame.locator("#map[aria-busy=false]")).to_have_count(1, timeout=60_000)
            expect(frame.get_by_role("heading", level=1)).to_contain_text("寿光市")
        boxes = [page.locator("iframe").nth(number).bounding_box() for number in (0, 1)]
        picture = visit.picture()
    shown = [color_in(picture, box) for box in boxes if box]
    for color, wanted in zip(shown, (DWELLINGS, SHOPS), strict=True):
        assert max(abs(a - b) for a, b in zip(color, wanted, strict=True)) < 12, shown
    assert all(each.startswith(notebook) for each in visit.foreign), visit.foreign
    visit.foreign.clear()  # but for the notebook, which is the page itself


def test_a_platform_for_others_is_framed_by_those_it_names(
    browser: Browser, built: Path, server_dsn: str, template: str, tmp_path: Path
) -> None:
    told = {"ONEMAP_ACCESS": "guarded", "ONEMAP_FRAMED_BY": ""}
    with (
        database_of(server_dsn, template) as dsn,
        server(dsn, tmp_path / "closed.log", environment=told) as closed,
        cells(City(Line(closed.url)).map()) as notebook,
    ):
        assert not drawn_in(browser, notebook)
        told["ONEMAP_FRAMED_BY"] = notebook.rstrip("/")
        with server(dsn, tmp_path / "named.log", environment=told) as named:
            assert f"frame-ancestors 'self' {notebook[:-1]};" in policy_of(named.url)


def policy_of(url: str) -> str:
    return httpx.get(f"{url}/map").headers["content-security-policy"]


def drawn_in(browser: Browser, notebook: str) -> bool:
    """Whether the page in the first frame runs; a browser says why not in its console."""
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(notebook)

    def running() -> bool:
        return page.frame_locator("iframe").locator("one-map").count() > 0

    def refused() -> bool:
        page.wait_for_timeout(100)
        return any("frame-ancestors" in text for text in said)

    until(lambda: running() or refused())
    drawn = running()
    context.close()
    return drawn
