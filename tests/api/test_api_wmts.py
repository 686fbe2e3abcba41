"""WMTS 1.0.0 of the images, read by a client of its own kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from api_serving import Served, database_of, server
from owslib.wmts import WebMapTileService
from raster_files import NORTH, WEST, flown, photograph, spot

from spatial.catalogue.city import read_city
from tiles.matrix import matrix_sets

GRID = matrix_sets(read_city("370783")).own_first[0]
TILE = "TILEMATRIXSET=WebMercatorQuad&TILEMATRIX=3&TILEROW=1&TILECOL=0"
LOWER = "tilematrixset=WebMercatorQuad&tilematrix=3&tilerow=1&tilecol=0"
ASKED = "REQUEST=GetTile&LAYER=raster-assets"
OWS = "{http://www.opengis.net/ows/1.1}"


@pytest.fixture(scope="module")
def flight(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("wmts")
    log = folder / "server.log"
    with database_of(server_dsn, template) as dsn:
        flown(dsn, [photograph(folder / "2026.tif")], log.with_suffix(""))
        with server(dsn, log) as running:
            yield running


def test_a_client_of_the_standard_reads_capabilities_and_tiles(flight: Served) -> None:
    told = WebMapTileService(f"{flight.url}/wmts")
    layer = told.contents["raster-assets"]
    assert set(layer.styles) == {"picture", "heights", "hillshade"} and layer.styles["picture"]["isDefault"]
    assert set(layer.tilematrixsetlinks) == set(matrix_sets(read_city("370783")).by_id)
    west, south, east, north = layer.boundingBoxWGS84
    assert 118 < west < east < 120 and 36 < south < north < 38
    for own in matrix_sets(read_city("370783")).by_id.values():
        held = told.tilematrixsets[own.id]
        assert held.crs == f"urn:ogc:def:crs:EPSG::{own.epsg}"
        matrix = held.tilematrix["7"]
        wanted = (own.top, own.left) if own.swapped else (own.left, own.top)
        assert tuple(matrix.topleftcorner) == pytest.approx(wanted)
        assert (matrix.matrixwidth, matrix.matrixheight) == (own.columns(7), own.rows(7))
        cell = matrix.scaledenominator * 0.00028 / own.metres_per_unit
        assert cell == pytest.approx(own.tile_side(7) / 256)
    at = spot(GRID, 14, WEST + 75, NORTH - 75)
    tile = told.gettile(
        layer="raster-assets",
        tilematrixset=GRID.id,
        tilematrix=str(at.zoom),
        row=at.row,
        column=at.column,
        format="image/png",
    ).read()
    path = f"/collections/raster-assets/map/tiles/{GRID.id}/{at.zoom}/{at.row}/{at.column}"
    assert tile == flight.get(path).content and len(tile) > 300
    by_template = layer.resourceURLs[0]["template"].replace("{Style}", "picture")
    names = ("TileMatrixSet", "TileMatrix", "TileRow", "TileCol")
    for name, value in zip(names, (GRID.id, at.zoom, at.row, at.column), strict=True):
        by_template = by_template.replace(f"{{{name}}}", str(value))
    assert flight.get(by_template).content == tile
    stated = flight.get("/wmts/1.0.0/WMTSCapabilities.xml")
    assert stated.headers["content-type"] == "application/xml"


@pytest.mark.parametrize(
    ("query", "code", "locator"),
    [
        ("", "MissingParameterValue", "REQUEST"),
        ("SERVICE=WMS&REQUEST=GetCapabilities", "InvalidParameterValue", "SERVICE"),
        ("SERVICE=WMTS&REQUEST=GetFeatureInfo", "OperationNotSupported", "REQUEST"),
        ("REQUEST=GetTile&LAYER=raster-assets", "MissingParameterValue", "TILEMATRIXSET"),
        ("REQUEST=GetCapabilities&AcceptVersions=2.0.0", "VersionNegotiationFailed", "AcceptVersions"),
        (f"REQUEST=GetTile&LAYER=no<&{TILE}", "InvalidParameterValue", "LAYER"),
        (f"REQUEST=GetTile&LAYER=%00%0B%EF%BF%BE&{TILE}", "InvalidParameterValue", "LAYER"),
        (f"REQUEST=GetTile&LAYER=&{TILE}", "MissingParameterValue", "LAYER"),
        (f"{ASKED}&{TILE}".replace("ROW=1", "ROW=9"), "TileOutOfRange", "TILEROW"),
        (f"{ASKED}&{TILE}".replace("COL=0", "COL=x%0B"), "TileOutOfRange", "TILECOL"),
        (f"{ASKED}&{TILE}".replace("COL=0", "COL="), "MissingParameterValue", "TILECOL"),
        (f"{ASKED}&{TILE}".replace("MATRIX=3", "MATRIX=99"), "InvalidParameterValue", "TILEMATRIX"),
        (f"{ASKED}&{TILE}".replace("WebM", "webm"), "InvalidParameterValue", "TILEMATRIXSET"),
        (f"{ASKED}&{TILE}&VERSION=2.0.0", "InvalidParameterValue", "VERSION"),
        (f"{ASKED}&{TILE}&STYLE=night", "InvalidParameterValue", "STYLE"),
        (f"{ASKED}&{TILE}&TIME=2026-02-30", "InvalidParameterValue", "TIME"),
        (f"request=GetTile&layer=raster-assets&{LOWER}&format=image/gif", "InvalidParameterValue", "FORMAT"),
    ],
)
def test_refusals_are_exceptions_of_the_standard(flight: Served, query: str, code: str, locator: str) -> None:
    """They name the parameter as the client sent it, and stay XML whatever was sent."""
    answer = flight.get(f"/wmts?{query}")
    assert answer.status_code in (400, 404)
    found = ElementTree.fromstring(answer.content).find(f"{OWS}Exception")
    assert found is not None
    assert (found.get("exceptionCode"), found.get("locator")) == (code, locator)
    if code == "InvalidParameterValue" and locator in ("STYLE", "TIME", "FORMAT"):
        told = found.findtext(f"{OWS}ExceptionText") or ""
        assert locator in told and query.rpartition("=")[2] in told


def test_who_sees_no_images_sees_no_layer(flight: Served, tmp_path: Path) -> None:
    guarded = {"ONEMAP_ACCESS": "guarded"}
    with server(flight.dsn, tmp_path / "guarded.log", environment=guarded) as running:
        assert not WebMapTileService(f"{running.url}/wmts").contents
        assert running.get(f"/wmts?REQUEST=GetTile&LAYER=raster-assets&{TILE}").status_code == 404
