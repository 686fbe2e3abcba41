"""The map in a browser without a Chinese font: the platform's own glyphs, of rare characters, too."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from chromium_running import launched
from playwright.sync_api import Browser, Page, Response
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from serving import ROOT, database_of, server, until

from api.cli.fonts import WORDS_IN
from spatial import sample
from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Delivery, Intent
from tiles.fonts.outlines import Outlines
from tiles.fonts.shelf import Shelf
from tiles.fonts.slices import Group, whole
from tiles.fonts.sources import missing
from tiles.fonts.typesetter import Typesetter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing()), reason=f"no fonts here: {missing()}"),
]
NAMES = ("㙟㙟㙟", "𬀩𬀩𬀩", "𠂉𠂉𠂉", "垚垚垚")
"""Of extension A, E and B, and one that is in none of the platform's own words."""
ZOOM = 14
NO_CHINESE = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>{cache}</cachedir></fontconfig>
"""
PLACES = Contract(
    id="rare-places",
    title=Title("生僻地名", "Places with rare names"),
    description=Title("为测试而设", "made for tests"),
    steward="自然资源和规划局",
    source_standard="为测试而设",
    geometry="Point",
    key="code",
    valid_time=Title("实地存在", "existence on the ground"),
    legend=Legend("circle", "#ff0000", label="name", radius_px=1),
    order=900,
    fields=(
        Field("code", FieldType.TEXT, Title("编码", "Code"), required=True),
        Field("name", FieldType.TEXT, Title("名称", "Name")),
    ),
)


@dataclass(frozen=True)
class Town:
    """The sample city with places of rare names, served with fonts and without."""

    lettered: str
    bare: str


def spot(number: int) -> tuple[float, float]:
    return 118.70 + number * 0.05, 36.90


@pytest.fixture(scope="module")
def town(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    place = tmp_path_factory.mktemp("letters")
    with database_of(server_dsn, template) as dsn:
        sample.build(dsn)
        deliver(dsn)
        outlines, shelf = Outlines(), Shelf(place / "lettered" / "fonts")
        words_in = tuple(path for each in WORDS_IN for path in ROOT.glob(each))
        list(Typesetter(outlines, shelf, words_in).own())
        rare = {ord(each) for name in NAMES for each in name}
        needed = [part for part in whole(outlines.covered) if rare.intersection(part.characters)]
        list(shelf.fill(outlines, needed, {Group.COMMON, Group.ROW}))
        with server(dsn, place / "lettered.log") as lettered, server(dsn, place / "bare.log") as bare:
            yield Town(lettered.url, bare.url)


def deliver(dsn: str) -> None:
    with connect(dsn) as connection:
        store.publish(connection, PLACES)
        staging = write.create_staging(connection, store.get(connection, PLACES.id).table)
        rows = [
            (n, f"R{n}", False, shapely.to_wkb(shapely.Point(spot(n))), f"R{n}", name)
            for n, name in enumerate(NAMES)
        ]
        write.copy_rows(connection, staging, ["line", "fid", "remove", "geom", "code", "name"], rows)
        write.canonicalise(connection, staging)
        start = parse_instant("2024-01-01")
        write.apply(connection, staging, Intent("李工", PLACES.steward, "首次", start, Delivery.PARTIAL))
        write.drop_staging(connection, staging)


@pytest.fixture(scope="module")
def without_chinese(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium to whom this machine shows Latin fonts alone."""
    place = tmp_path_factory.mktemp("fontconfig")
    told = place / "fonts.conf"
    told.write_text(NO_CHINESE.format(cache=place / "cache"))
    latin = launched(browser.browser_type, environ={"FONTCONFIG_FILE": str(told)})
    yield latin
    latin.close()


@dataclass
class Look:
    """A page and the fonts it loaded."""

    page: Page
    fonts: dict[str, int]

    def picture(self) -> np.ndarray[Any, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with MemoryFile(self.page.screenshot()) as file, file.open() as opened:
                return opened.read((1, 2, 3)).astype(int).mean(axis=0)


@pytest.fixture
def look(without_chinese: Browser) -> Iterator[Look]:
    context = without_chinese.new_context(
        viewport={"width": 1200, "height": 760}, locale="zh-CN", reduced_motion="reduce"
    )
    page = context.new_page()
    found = Look(page, {})

    def loaded(response: Response) -> None:
        if response.url.endswith(".woff2") and response.status == 200:
            found.fonts[response.url] = len(response.body())

    page.on("response", loaded)
    yield found
    context.close()


def drawn(look: Look, address: str) -> None:
    look.page.goto(address)
    look.page.locator("#map[aria-busy=false]").wait_for(timeout=60_000)
    look.page.evaluate("document.fonts.ready.then(() => 0)")
    still(look)


def still(look: Look) -> None:
    """Wait until nothing comes to the screen any more."""
    before = [look.picture()]

    def alike() -> bool:
        look.page.wait_for_timeout(300)
        before.append(look.picture())
        return np.array_equal(before[-1], before[-2])

    until(alike)


def labels(look: Look, url: str) -> list[np.ndarray[Any, Any]]:
    """Around the label of each place, which stands right of its point."""
    found = []
    for number in range(len(NAMES)):
        lon, lat = spot(number)
        drawn(look, f"{url}/map#map={lon},{lat},{ZOOM}.00&layers={PLACES.id}")
        found.append(look.picture()[380 - 14 : 380 + 14, 600 + 5 : 600 + 75])
    return found


def alike(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    return int((abs(one - other) > 60).sum()) < 20


def test_the_map_draws_rare_characters_without_a_font_of_the_reader(town: Town, look: Look) -> None:
    real = labels(look, town.lettered)
    assert all((each < 130).sum() > 20 for each in real), "something is written"
    for number, one in enumerate(real):
        assert not any(alike(one, other) for other in real[number + 1 :]), "tofu looks alike"
    assert len(look.fonts) >= len(NAMES)


def test_without_the_platform_s_fonts_this_browser_shows_tofu(town: Town, look: Look) -> None:
    tofu = labels(look, town.bare)
    assert all((each < 130).sum() > 20 for each in tofu)
    assert all(alike(tofu[0], other) for other in tofu[1:])
    assert look.fonts == {}


def test_the_page_s_text_is_lettered_too(town: Town, look: Look) -> None:
    """Widths do not tell hanzi apart, pixels do: each name as a heading in the page's own font."""
    drawn(look, f"{town.lettered}/map")
    pictures = []
    for name in NAMES:
        look.page.evaluate(
            """(name) => {
              const shown = document.createElement('p')
              shown.id = 'shown'
              shown.textContent = name
              shown.style.cssText = 'position:fixed;left:0;top:0;z-index:99;margin:0;background:#fff;'
                + 'color:#000;font-size:32px'
              document.querySelector('#shown')?.remove()
              document.body.append(shown)
              return document.fonts.load('32px "One Map Sans"', name).then(() => document.fonts.ready)
                .then(() => 0)
            }""",
            name,
        )
        still(look)
        pictures.append(look.picture()[0:44, 0:96])
    for number, one in enumerate(pictures):
        assert not any(alike(one, other) for other in pictures[number + 1 :]), NAMES[number]


def test_a_first_view_loads_few_fonts(town: Town, look: Look) -> None:
    drawn(look, f"{town.lettered}/map")
    assert look.fonts, "this browser has no other"
    assert sum(look.fonts.values()) <= 300_000, look.fonts
    print(f"first view: {len(look.fonts)} files, {sum(look.fonts.values())} bytes")


def test_the_policy_allows_it_and_nothing_else_is_asked(town: Town, look: Look) -> None:
    asked: list[str] = []
    said: list[str] = []
    look.page.on("request", lambda request: asked.append(request.url))
    look.page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    drawn(look, f"{town.lettered}/map")
    assert said == []
    assert [url for url in asked if not url.startswith((f"{town.lettered}/", "blob:", "data:"))] == []
