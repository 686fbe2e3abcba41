"""Map tiles of catalogued images over HTTP: which flight shows, when, to whom, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from api_serving import Served, database_of, server
from raster_files import EDGE_PX, NORTH, PIXEL_M, QUARTERS, WEST, Spot, photograph, plane_m, spot, surface
from rasterio.io import MemoryFile

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import HeightType
from spatial.database import connect
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from tiles.matrix import matrix_sets
from tiles.raster import picture
from tiles.raster.model import Range
from tiles.raster.prepare import prepare

GRID = matrix_sets(read_city("370783")).own_first[0]
LATER = tuple((255 - red, 255 - green, 255 - blue) for red, green, blue in QUARTERS)
BASE = "/collections/raster-assets/map/tiles"


@dataclass(frozen=True)
class Flown:
    """A server with two flights, two surfaces and an undated image beside them."""

    served: Served
    ids: dict[str, str]

    def tile(self, at: Spot, **parameters: str) -> np.ndarray:
        answer = self.served.get(f"{BASE}/{GRID.id}/{at.zoom}/{at.row}/{at.column}", params=parameters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/png"
        return decoded(answer.content)


def decoded(content: bytes) -> np.ndarray:
    with MemoryFile(content) as file, file.open() as dataset:
        return dataset.read()


def here(share_x: float, share_y: float, zoom: int = 14) -> Spot:
    return spot(GRID, zoom, WEST + share_x * EDGE_PX * PIXEL_M, NORTH - share_y * EDGE_PX * PIXEL_M)


@pytest.fixture(scope="module")
def flown(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    folder = tmp_path_factory.mktemp("imagery")
    ids = {}
    with database_of(server_dsn, template) as dsn:
        for name, path, taken in (
            ("2024", photograph(folder / "2024.tif"), date(2024, 5, 1)),
            ("2026", photograph(folder / "2026.tif", LATER), date(2026, 5, 1)),
            ("older", surface(folder / "older.tif"), date(2024, 5, 1)),
            ("newer", surface(folder / "newer.tif", raised_m=3.0), date(2026, 5, 1)),
        ):
            said = AssetOptions(
                "李工",
                "自然资源局",
                "航飞",
                acquired=taken,
                flight=f"航飞{taken.year}",
                height_type=HeightType.NORMAL_1985 if "er" in name else None,
            )
            ids[name] = str(assets.add(dsn, [path], said)[0].values["asset_id"])
        log = folder / "server.log"
        with connect(dsn) as connection:
            table = catalogue.get(connection, "raster-assets").table
        assert len(list(prepare(dsn, table, (GRID,), log.with_suffix("") / "rasters"))) == 4
        with server(dsn, log, environment={"ONEMAP_ACCESS": "open"}) as running:
            yield Flown(running, ids)


def test_the_newest_flight_lies_on_top_and_the_date_chooses(flown: Flown) -> None:
    at = here(0.25, 0.25)
    for parameters, color in (
        ({}, LATER[0]),
        ({"datetime": "2026-05-01"}, LATER[0]),
        ({"datetime": "2026-04-30T23:00:00+08:00"}, QUARTERS[0]),
        ({"datetime": "../2025-01-01"}, QUARTERS[0]),
        ({"flight": "航飞2024"}, QUARTERS[0]),
        ({"asset": flown.ids["2024"]}, QUARTERS[0]),
    ):
        pixels = flown.tile(at, **parameters)
        assert np.abs(pixels[:3, at.y_px, at.x_px].astype(int) - color).max() <= 6, parameters
        assert pixels[3, at.y_px, at.x_px] == 255
    assert not flown.tile(at, datetime="2020-01-01").any()
    assert not flown.tile(at, asof="2020-01-01").any()


def test_heights_reliefs_and_differences(flown: Flown) -> None:
    at = here(0.25, 0.5)
    encoded = flown.tile(at, style="terrain-rgb", asset=flown.ids["older"])
    east = WEST + 0.25 * EDGE_PX * PIXEL_M
    assert abs(picture.decoded(encoded)[at.y_px, at.x_px] - plane_m(east, NORTH - 150)) < 0.03
    relief = flown.tile(at, style="hillshade")
    assert relief[0, at.y_px, at.x_px] == relief[2, at.y_px, at.x_px] > 0
    colors = flown.tile(at, style="heights", range="0,50")
    wanted = picture.colored(np.array([[plane_m(east, NORTH - 150)]]), picture.HEIGHTS, Range(0, 50))
    assert np.abs(colors[:3, at.y_px, at.x_px].astype(int) - wanted[:3, 0, 0]).max() <= 2
    pair = f"{flown.ids['newer']},{flown.ids['older']}"
    for share, raised in ((0.25, 0.0), (0.75, 3.0)):
        at = here(share, 0.5)
        pixels = flown.tile(at, style="difference", asset=pair)
        wanted = picture.colored(np.array([[raised]]), picture.DIFFERENCE, Range(-5, 5))
        assert np.abs(pixels[:3, at.y_px, at.x_px].astype(int) - wanted[:3, 0, 0]).max() <= 1


def test_a_set_of_tiles_tells_its_styles_and_pins_its_addresses(flown: Flown) -> None:
    listed = flown.served.get(BASE).json()["tilesets"]
    assert listed[0]["tileMatrixSetId"] == GRID.id and len(listed) == 3
    told = flown.served.get(f"{BASE}/{GRID.id}?style=heights").json()
    assert told["onemap:maxZoom"] == 14 and told["onemap:flights"] == 2
    ramp = next(each["ramp"] for each in told["onemap:styles"] if each["id"] == "heights")
    assert 10 < ramp["low_m"] < ramp["high_m"] < 40 and len(ramp["colors"]) > 3
    for path in (BASE, f"{BASE}/{GRID.id}"):
        assert "图片瓦片" in flown.served.get(path, headers={"Accept": "text/html"}).text
    address = next(each["href"] for each in told["links"] if each["rel"] == "item")
    at = here(0.5, 0.5)
    for name, value in (("tileMatrix", at.zoom), ("tileRow", at.row), ("tileCol", at.column)):
        address = address.replace(f"{{{name}}}", str(value))
    pinned = flown.served.get(address)
    assert pinned.status_code == 200 and "immutable" in pinned.headers["cache-control"]
    free = flown.served.get(address.partition("?")[0])
    assert "no-cache" in free.headers["cache-control"]
    again = flown.served.get(address, headers={"If-None-Match": pinned.headers["etag"]})
    assert again.status_code == 304 and not again.content
    as_webp = flown.served.get(address + "&f=webp")
    assert as_webp.headers["content-type"] == "image/webp" and as_webp.content[8:12] == b"WEBP"
    assert as_webp.headers["etag"] != pinned.headers["etag"]


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/Nowhere/1/0/0", 404, "Nowhere"),
        (f"/{GRID.id}/99/0/0", 404, "99"),
        (f"/{GRID.id}/3/8/0", 404, "8"),
        (f"/{GRID.id}/3/0/-1", 404, "-1"),
        (f"/{GRID.id}/3/0/1.5", 404, "1.5"),
        (f"/{GRID.id}/3/0/99999999999999999999", 404, "99999999999999999999"),
        (f"/{GRID.id}/3/0/0?style=oil", 400, "oil"),
        (f"/{GRID.id}/3/0/0?range=5,1", 400, "5,1"),
        (f"/{GRID.id}/3/0/0?range=nan,1", 400, "nan,1"),
        (f"/{GRID.id}/3/0/0?asset=abc", 400, "abc"),
        (f"/{GRID.id}/3/0/0?style=difference", 400, ""),
        (f"/{GRID.id}/3/0/0?f=gif", 400, "gif"),
        (f"/{GRID.id}/3/0/0?f=webp&style=terrain-rgb", 400, "webp"),
        (f"/{GRID.id}/3/0/0?datetime=yesterday", 400, "yesterday"),
        (f"/{GRID.id}/3/0/0?colour=red", 400, "colour"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(flown: Flown, path: str, status: int, named: str) -> None:
    answer = flown.served.get(BASE + path)
    assert answer.status_code == status, answer.text
    assert answer.json()["value"] == named and answer.json()["zh"] and answer.json()["en"]


def test_only_who_may_see_the_catalogue_sees_the_pictures(flown: Flown, tmp_path: Path) -> None:
    at = here(0.25, 0.25)
    tile = f"map/tiles/{GRID.id}/{at.zoom}/{at.row}/{at.column}"
    log, guarded = tmp_path / "guarded.log", {"ONEMAP_ACCESS": "guarded"}
    with server(flown.served.dsn, log, environment=guarded) as running:
        hidden = running.get(f"/collections/raster-assets/{tile}")
        unknown = running.get(f"/collections/nothing/{tile}")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.json()["code"] == unknown.json()["code"] == "unknown-layer"


def test_layers_without_pixels_have_no_pictures(flown: Flown) -> None:
    answer = flown.served.get("/collections/point-cloud-assets/map/tiles")
    assert answer.status_code == 404
