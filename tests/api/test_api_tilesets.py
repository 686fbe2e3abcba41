"""What describes tiles: matrix sets, tilesets, TileJSON, links, conformance."""

from __future__ import annotations

import httpx
import morecantile
import pytest
from api_serving import POINTS, Served
from tile_requests import GRIDS, MVT, Grid

ALL = pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"


def linked(document: dict[str, list[dict[str, str]]], rel: str) -> dict[str, str]:
    (found,) = [link for link in document["links"] if link["rel"] == rel]
    return found


def get(served: Served, address: str) -> dict[str, object]:
    answer = served.get(address)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_client_finds_a_tile_from_the_landing_page(served: Served) -> None:
    landing = get(served, "/")
    listed = get(served, linked(landing, f"{OGC}tilesets-vector")["href"])  # type: ignore[arg-type]
    assert len(listed["tilesets"]) == 3  # type: ignore[arg-type]
    collection = get(served, "/collections/points")
    tilesets = get(served, linked(collection, f"{OGC}tilesets-vector")["href"])  # type: ignore[arg-type]
    for one in tilesets["tilesets"]:  # type: ignore[attr-defined]
        tileset = get(served, linked(one, "self")["href"])
        assert tileset["dataType"] == "vector"
        scheme = get(served, linked(tileset, f"{OGC}tiling-scheme")["href"])  # type: ignore[arg-type]
        assert scheme["crs"] == tileset["crs"] == one["crs"]
        item = linked(tileset, "item")  # type: ignore[arg-type]
        assert item["templated"] is True and item["type"] == MVT
        for limit in tileset["tileMatrixSetLimits"][:12]:  # type: ignore[index]
            address = (
                item["href"]
                .replace("{tileMatrix}", limit["tileMatrix"])
                .replace("{tileRow}", str(limit["minTileRow"]))
                .replace("{tileCol}", str(limit["minTileCol"]))
            )
            assert served.get(address).status_code == 200


def test_a_layer_without_geometry_has_no_link_to_tiles(served: Served) -> None:
    rels = {link["rel"] for link in get(served, "/collections/notes")["links"]}  # type: ignore[attr-defined]
    assert f"{OGC}tilesets-vector" not in rels
    assert all(one["id"] != "notes" for one in get(served, "/tiles/CGCS2000Quad")["layers"])  # type: ignore


@ALL
def test_limits_hold_every_feature_and_no_more_than_a_ring(served: Served, grid: Grid) -> None:
    tileset = get(served, f"/collections/points/tiles/{grid.id}")
    for limit in tileset["tileMatrixSetLimits"]:  # type: ignore[attr-defined]
        zoom = int(limit["tileMatrix"])
        tiles = [grid.tile_of(zoom, *grid.place(place.geometry).coords[0]) for place in POINTS]
        rows, columns = [row for row, _ in tiles], [column for _, column in tiles]
        assert limit["minTileRow"] <= min(rows) and max(rows) <= limit["maxTileRow"]
        assert limit["minTileCol"] <= min(columns) and max(columns) <= limit["maxTileCol"]
        slack = 1 if zoom < grid.near else 2 ** (zoom - grid.near + 2)
        assert min(rows) - limit["minTileRow"] <= slack and limit["maxTileRow"] - max(rows) <= slack


def test_sets_are_read_by_another_library(served: Served) -> None:
    listed = get(served, "/tileMatrixSets")["tileMatrixSets"]
    assert [one["id"] for one in listed] == list(GRIDS)  # type: ignore[attr-defined]
    for one in listed:  # type: ignore[attr-defined]
        document = get(served, linked(one, "self")["href"])
        read = morecantile.TileMatrixSet.model_validate(document)
        grid = GRIDS[one["id"]]
        x, y = grid.place(POINTS[0].geometry).coords[0]
        row, column = grid.tile_of(12, x, y)
        found = read._tile(x, y, 12)
        assert (found.y, found.x) == (row, column)


@ALL
def test_tilejson_has_the_members_of_its_specification(served: Served, grid: Grid) -> None:
    told = get(served, f"/collections/areas/tiles/{grid.id}?f=tilejson")
    assert told["tilejson"] == "3.0.0"
    (template,) = told["tiles"]  # type: ignore[misc]
    assert all(place in template for place in ("{z}", "{y}", "{x}"))
    assert {"datetime", "asof", "v"} == set(httpx.URL(template).params)
    (layer,) = told["vector_layers"]  # type: ignore[misc]
    assert layer["id"] == "areas"
    assert layer["fields"]["fid"] == "String" and layer["fields"]["listed"] == "Boolean"
    assert "owner" not in layer["fields"]
    west, south, east, north = told["bounds"]  # type: ignore[misc]
    assert 118.5 < west < east < 119.2 and 36.7 < south < north < 37.4
    assert told["onemap:synthetic"] == "合成数据"
    assert isinstance(told["onemap:changeset"], int)
    assert told["minzoom"] == 0 and told["onemap:generalisedBelow"] == grid.near


def test_an_empty_layer_has_a_tilejson_and_empty_tiles(served: Served) -> None:
    told = get(served, "/collections/empty/tiles/CGCS2000Quad?f=tilejson")
    assert told["onemap:changeset"] is None and "onemap:synthetic" not in told
    (template,) = told["tiles"]  # type: ignore[misc]
    answer = served.get(template.replace("{z}", "0").replace("{y}", "0").replace("{x}", "0"))
    assert answer.status_code == 200 and answer.content == b""
    assert answer.headers["cache-control"] == "no-cache"  # who writes to it first makes it another one


def test_parameters_are_handed_on_in_links(served: Served) -> None:
    asked = "datetime=2026-02-01&properties=name&labels=true"
    tileset = get(served, f"/collections/points/tiles/CGCS2000Quad?{asked}")
    assert asked in linked(tileset, "item")["href"]  # type: ignore[arg-type]
    told = get(served, f"/collections/points/tiles/CGCS2000Quad?f=tilejson&{asked}")
    assert asked in told["tiles"][0]  # type: ignore[index]


@pytest.mark.parametrize("path", ["/tiles/CGCS2000Quad", "/collections/points/tiles/CGCS2000Quad"])
def test_a_format_that_there_is_not_is_refused_with_those_there_are(served: Served, path: str) -> None:
    told = served.get(f"{path}?f=xml")
    assert told.status_code == 400 and told.json()["value"] == "xml"
    assert all(name in told.json()["zh"] for name in ("json", "html", "tilejson"))


def test_pages_for_readers(served: Served) -> None:
    for path in ("/tiles", "/tiles/CGCS2000Quad", "/tileMatrixSets", "/tileMatrixSets/CGCS2000Quad"):
        answer = served.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


def test_conformance_is_declared(served: Served) -> None:
    declared = get(served, "/conformance")["conformsTo"]
    names = "core tileset tilesets-list dataset-tilesets geodata-tilesets collections-selection datetime mvt"
    assert {f"{TILES}{name}" for name in names.split()} <= set(declared)  # type: ignore[call-overload]


def test_a_list_of_tilesets_leads_to_tiles_by_itself(served: Served) -> None:
    """What is listed says how far each level reaches and where its tiles are."""
    for path in ("/tiles", "/collections/points/tiles"):
        for one in served.get(path).json()["tilesets"]:
            (template,) = [link for link in one["links"] if link["rel"] == "item"]
            assert template["templated"]
            limits = one["tileMatrixSetLimits"][0]
            address = template["href"].replace("{tileMatrix}", limits["tileMatrix"])
            address = address.replace("{tileCol}", str(limits["minTileCol"]))
            within = address.replace("{tileRow}", str(limits["maxTileRow"])).removeprefix(served.url)
            assert served.get(within).status_code in (200, 204)
            outside = address.replace("{tileRow}", "1000000").removeprefix(served.url)
            assert served.get(outside).status_code == 404
            assert f"/{one['tileMatrixSetId']}/" in address
