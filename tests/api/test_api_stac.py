"""The catalogue of flights over HTTP: STAC read by an independent client, files in ranges, to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import httpx
import pystac
import pytest
import rasterio
from api_serving import Served, database_of, server
from pystac_client import Client
from raster_files import NORTH, PIXEL_M, WEST, photograph, surface

from spatial.access import store as access
from spatial.access.model import Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import HeightType, Sharing
from spatial.database import connect
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions

FLIGHTS = "/stac/collections/raster-assets/items"


@dataclass(frozen=True)
class Flown:
    """Two flights of a photograph and a surface each, and a photograph that belongs to none."""

    served: Served
    files: dict[str, Path]
    ids: dict[str, str]


@pytest.fixture(scope="module")
def flown(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    folder = tmp_path_factory.mktemp("stac")
    files = {
        "正射2024": photograph(folder / "正射2024.tif"),
        "正射2026": photograph(folder / "正射2026.tif", ((1, 2, 3),) * 4),
        "dsm2024": surface(folder / "dsm2024.tif"),
        "dsm2026": surface(folder / "dsm2026.tif", raised_m=3.0),
        "lone": photograph(folder / "lone.tif", ((9, 9, 9),) * 4),
    }
    ids = {}
    with database_of(server_dsn, template) as dsn:
        for name, path in files.items():
            year = int(name[-4:]) if name != "lone" else None
            said = AssetOptions(
                *("李工", "自然资源局", "航飞"),
                acquired=None if year is None else date(year, 5, 1),
                flight=None if year is None else f"弥河/{year}",
                height_type=HeightType.NORMAL_1985 if "dsm" in name else None,
            )
            ids[name] = str(assets.add(dsn, [path], said)[0].values["asset_id"])
        with server(dsn, folder / "server.log", environment={"ONEMAP_ACCESS": "open"}) as running:
            yield Flown(running, files, ids)


def test_an_independent_client_walks_and_searches_the_catalogue(flown: Flown) -> None:
    client = Client.open(f"{flown.served.url}/stac")
    assert [each.id for each in client.get_collections()] == ["raster-assets", "flood-runs"]
    collection = client.get_collection("raster-assets")
    interval = collection.extent.temporal.intervals[0]
    assert interval[0] is not None and interval[0].isoformat() == "2024-04-30T16:00:00+00:00"
    found = list(client.search(collections=["raster-assets"], limit=1).items())
    assert [each.id for each in found[1:]] == ["弥河-2026-ff73d6_2026-05-01", "弥河-2024-923678_2024-05-01"]
    assert found[0].id == flown.ids["lone"] and found[0].properties["onemap:dated"] is False
    taken = client.search(datetime="2024-01-01/2025-01-01")
    assert [each.id for each in taken.items()] == ["弥河-2024-923678_2024-05-01"] and taken.matched() == 1
    west, south, east, north = found[1].bbox
    assert client.search(bbox=[west, south, east, north]).matched() == 3
    assert client.search(bbox=[west - 1, south, west - 0.5, north]).matched() == 0
    away = {"type": "Point", "coordinates": [118.1, 36.1]}
    assert client.search(intersects=away).matched() == 0
    assert client.search(ids=[found[1].id]).matched() == 1
    again = collection.get_item(found[1].id)
    assert again is not None and again.to_dict()["assets"] == found[1].to_dict()["assets"]


def test_a_flight_is_a_valid_item_with_its_orthophoto_and_its_surface(flown: Flown) -> None:
    document = flown.served.get(f"{FLIGHTS}/弥河-2026-ff73d6_2026-05-01").json()
    # The schemas of extensions lie on the network; those of the core come with the validator.
    pystac.Item.from_dict(document | {"stac_extensions": []}).validate()
    assert set(document["assets"]) == {"正射2026.tif", "dsm2026.tif"}
    dsm = document["assets"]["dsm2026.tif"]
    assert dsm["roles"] == ["data", "surface-model"] and dsm["onemap:height_type"] == "normal_1985"
    assert dsm["proj:code"] == "EPSG:4549" and dsm["proj:shape"] == [600, 600] and dsm["gsd"] == 0.5
    content = flown.files["dsm2026"].read_bytes()
    assert dsm["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
    assert dsm["file:size"] == len(content)
    assert document["assets"]["正射2026.tif"]["roles"] == ["data", "visual"]
    assert [len(document["assets"][name]["bands"]) for name in ("正射2026.tif", "dsm2026.tif")] == [3, 1]
    (tiles,) = [each["href"] for each in document["links"] if each["rel"] == "xyz"]
    assert tiles.endswith("?flight=%E5%BC%A5%E6%B2%B3%2F2026")
    pystac.Collection.from_dict(flown.served.get("/stac/collections/raster-assets").json()).validate()
    pystac.Catalog.from_dict(flown.served.get("/stac").json()).validate()


def test_a_file_is_read_from_afar_in_ranges(flown: Flown) -> None:
    content = flown.files["dsm2024"].read_bytes()
    address = f"/collections/raster-assets/items/{flown.ids['dsm2024']}/original"
    whole = flown.served.get(address)
    assert whole.content == content and whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["etag"] == f'"{flown.ids["dsm2024"]}"'
    for asked, part in (
        ("bytes=10-19", content[10:20]),
        ("bytes=100-", content[100:]),
        ("bytes=-7", content[-7:]),
        (f"bytes=5-{10**9}", content[5:]),
    ):
        answer = flown.served.get(address, headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"].endswith(f"/{len(content)}")
    beyond = flown.served.get(address, headers={"range": f"bytes={len(content)}-"})
    assert beyond.status_code == 416 and str(len(content)) in beyond.json()["en"]
    stale = flown.served.get(address, headers={"range": "bytes=0-1", "if-range": '"another"'})
    assert stale.status_code == 200 and stale.content == content
    known = flown.served.get(address, headers={"if-none-match": whole.headers["etag"]})
    assert known.status_code == 304
    with rasterio.open(f"/vsicurl/{flown.served.url}{address}") as far:
        sample = next(far.sample([(WEST + 10 * PIXEL_M, NORTH - 20 * PIXEL_M)]))[0]
    with rasterio.open(flown.files["dsm2024"]) as near:
        assert sample == next(near.sample([(WEST + 10 * PIXEL_M, NORTH - 20 * PIXEL_M)]))[0]


def test_a_file_that_has_changed_since_is_not_handed_out(flown: Flown) -> None:
    path = flown.files["lone"]
    content = path.read_bytes()
    path.write_bytes(content + b"x")
    try:
        answer = flown.served.get(f"/collections/raster-assets/items/{flown.ids['lone']}/original")
    finally:
        path.write_bytes(content)
    assert answer.status_code == 410 and answer.json()["value"] == "lone.tif"
    assert "place" not in answer.text and str(path.parent) not in answer.text


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=1,2,3,nan", "bbox"),
        ("bbox=118,37,119,36", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("limit=0", "limit"),
        ("token=x", "token"),
        ("intersects={}", "intersects"),
        ("bbox=1,2,3,4&intersects={}", "intersects"),
        ("ids=", "ids"),
        ("collections=raster-assets,", "collections"),
        ("nonsense=1", "nonsense"),
    ],
)
def test_a_search_that_says_nothing_sensible_is_refused_by_name(flown: Flown, query: str, named: str) -> None:
    answer = flown.served.get(f"/stac/search?{query}")
    assert answer.status_code == 400 and named in answer.json()["en"], answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"bbox": "1,2,3,4"},
        {"bbox": [1, 2, True, 4]},
        {"ids": "a"},
        {"limit": -1},
        {"token": 3},
        {"token": None},
        {"query": {}},
        {"intersects": {"type": "Point", "coordinates": [118, 91]}},
        {"intersects": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}},
    ],
)
def test_a_body_that_says_nothing_sensible_is_refused_by_name(flown: Flown, body: dict[str, object]) -> None:
    answer = httpx.post(f"{flown.served.url}/stac/search", json=body)
    assert answer.status_code == 400 and next(iter(body)) in answer.json()["en"], answer.text


def test_what_is_not_there_is_told(flown: Flown) -> None:
    for address in (
        f"{FLIGHTS}/none",
        "/stac/collections/none",
        "/stac/collections/parcels/items",
        f"/collections/raster-assets/items/{'0' * 64}/original",
        f"/collections/point-cloud-assets/items/{'0' * 64}/original",
    ):
        assert flown.served.get(address).status_code == 404, address


def test_who_does_not_see_the_layer_sees_no_flight_and_gets_no_file(
    server_dsn: str, template: str, tmp_path: Path
) -> None:
    with database_of(server_dsn, template) as dsn:
        said = AssetOptions("李工", "自然资源局", "航飞", acquired=date(2026, 5, 1), flight="弥河")
        (asset,) = assets.add(dsn, [photograph(tmp_path / "正射.tif")], said)
        steward = assets.contract("raster-assets").steward
        with connect(dsn) as connection:
            _, secret = access.add_key(connection, "王工", steward, [Role.READER], by="test")
            closed = replace(catalogue.get(connection, "raster-assets").contract, sharing=Sharing.CLOSED)
            catalogue.publish(connection, closed)
            connection.commit()
        file = f"/collections/raster-assets/items/{asset.values['asset_id']}/original"
        with server(dsn, tmp_path / "server.log", environment={"ONEMAP_ACCESS": "guarded"}) as served:
            assert served.get("/stac/collections").json()["collections"] == []
            assert served.get("/stac/search").json()["features"] == []
            for address in (FLIGHTS, f"{FLIGHTS}/弥河_2026-05-01", file):
                assert served.get(address).status_code == 404, address
            key = {"x-api-key": secret}
            (flight,) = served.get("/stac/search", headers=key).json()["features"]
            assert flight["id"] == "弥河_2026-05-01"
            answer = served.get(file, headers=key)
            assert answer.content == (tmp_path / "正射.tif").read_bytes()
            assert answer.headers["cache-control"].startswith("private")
