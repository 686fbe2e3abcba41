"""Tile matrix sets against morecantile, which reads the documents and knows nothing of the code."""

from __future__ import annotations

import math

import morecantile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from spatial.catalogue.city import read_city
from tiles.ground import degrees, lon_lat, placed
from tiles.matrix import Box, MatrixSet, NoSuchMatrixSet, NoSuchTile, Tile, matrix_sets

CITY = read_city("370783")
SETS = matrix_sets(CITY)
WORLD = morecantile.tms.get("WebMercatorQuad")


def oracle(one: MatrixSet) -> morecantile.TileMatrixSet:
    return morecantile.TileMatrixSet.model_validate(one.document())


ORACLES = {name: oracle(one) for name, one in SETS.by_id.items()}
names = st.sampled_from(sorted(SETS.by_id))


@st.composite
def tiles(draw: st.DrawFn) -> tuple[str, Tile]:
    name = draw(names)
    one = SETS.by_id[name]
    zoom = draw(st.integers(0, one.offered_max))
    row = draw(st.integers(0, one.rows(zoom) - 1))
    return name, Tile(zoom, row, draw(st.integers(0, one.columns(zoom) - 1)))


@given(tiles())
def test_bounds_are_those_of_the_document(drawn: tuple[str, Tile]) -> None:
    name, tile = drawn
    found = SETS.by_id[name].bounds(tile)
    expected = ORACLES[name].xy_bounds(morecantile.Tile(tile.column, tile.row, tile.zoom))
    for ours, theirs in zip((found.left, found.bottom, found.right, found.top), expected, strict=True):
        assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-6)


@given(tiles(), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_position_inside_a_tile_leads_back_to_it(drawn: tuple[str, Tile], right: float, up: float) -> None:
    name, tile = drawn
    one = SETS.by_id[name]
    box = one.bounds(tile)
    x, y = box.left + right * (box.right - box.left), box.bottom + up * (box.top - box.bottom)
    assert one.at(tile.zoom, x, y) == tile
    if tile.zoom <= 18:  # beyond, a double of the other arithmetic may fall on the other side
        found = ORACLES[name]._tile(x, y, tile.zoom)
        assert (found.z, found.y, found.x) == (tile.zoom, tile.row, tile.column)


@given(tiles())
def test_the_cover_of_a_tile_s_middle_is_the_tile(drawn: tuple[str, Tile]) -> None:
    name, tile = drawn
    one = SETS.by_id[name]
    inside = one.bounds(tile).grown(-one.tile_side(tile.zoom) / 4)
    cover = one.cover(tile.zoom, inside)
    assert (cover.row_min, cover.row_max) == (tile.row, tile.row)
    assert (cover.column_min, cover.column_max) == (tile.column, tile.column)


def test_the_world_s_set_is_the_registered_one() -> None:
    ours = SETS.by_id["WebMercatorQuad"].document()
    theirs = WORLD.model_dump(mode="json", exclude_none=True)
    assert ours["uri"] == theirs["uri"] and ours["crs"] == theirs["crs"]
    assert ours["wellKnownScaleSet"] == theirs["wellKnownScaleSet"]
    assert len(ours["tileMatrices"]) == len(theirs["tileMatrices"])
    for mine, other in zip(ours["tileMatrices"], theirs["tileMatrices"], strict=True):
        assert (mine["matrixWidth"], mine["matrixHeight"]) == (other["matrixWidth"], other["matrixHeight"])
        assert math.isclose(mine["scaleDenominator"], other["scaleDenominator"], rel_tol=1e-12)
        assert math.isclose(mine["cellSize"], other["cellSize"], rel_tol=1e-12)


def test_degrees_are_those_of_tianditu_one_level_on_from_the_registered_set() -> None:
    """WorldCRS84Quad begins with two tiles; its level n is level n + 1 here."""
    theirs = morecantile.tms.get("WorldCRS84Quad")
    ours = SETS.by_id["CGCS2000Quad"]
    for level in range(12):
        matrix = theirs.matrix(level)
        assert (ours.columns(level + 1), ours.rows(level + 1)) == (matrix.matrixWidth, matrix.matrixHeight)
        assert math.isclose(ours.tile_side(level + 1) / 256, matrix.cellSize, rel_tol=1e-12)


@pytest.mark.parametrize("name", ["CGCS2000Quad", "CGCS2000_GK120Quad"])
def test_documents_put_the_origin_in_the_order_of_the_authority(name: str) -> None:
    one = SETS.by_id[name]
    first = one.document()["tileMatrices"][0]
    assert first["pointOfOrigin"] == [one.top, one.left]
    assert one.document()["orderedAxes"][0] in ("Lat", "N")


@given(tiles())
def test_degrees_hold_every_corner_and_edge_of_a_tile(drawn: tuple[str, Tile]) -> None:
    name, tile = drawn
    one = SETS.by_id[name]
    box, found = one.bounds(tile), degrees(one, tile)
    to_degrees = Transformer.from_crs(one.epsg, 4490 if one.epsg != 3857 else 4326, always_xy=True)
    for part in range(9):
        share = part / 8
        for x, y in (
            (box.left + share * (box.right - box.left), box.top),
            (box.left + share * (box.right - box.left), box.bottom),
            (box.left, box.bottom + share * (box.top - box.bottom)),
            (box.right, box.bottom + share * (box.top - box.bottom)),
        ):
            lon, lat = to_degrees.transform(x, y) if one.epsg != 4490 else (x, y)
            if abs(lat) <= 90 and abs(lon) <= 180:
                assert found.left - 1e-9 <= lon <= found.right + 1e-9
                assert found.bottom - 1e-9 <= lat <= found.top + 1e-9


@pytest.mark.parametrize("name", sorted(SETS.by_id))
def test_a_box_of_the_city_comes_back_no_smaller(name: str) -> None:
    city = CITY.extent_4490
    one = SETS.by_id[name]
    back = lon_lat(one, placed(one, Box(city.west, city.south, city.east, city.north)))
    assert back.left <= city.west + 1e-9 and back.right >= city.east - 1e-9
    assert back.bottom <= city.south + 1e-9 and back.top >= city.north - 1e-9


@pytest.mark.parametrize(
    "text", ["-1", "1.5", "01", "1e3", " 1", "", "²", "٣", "99999999999999999999", "21", "NaN", "0x1"]
)
def test_what_is_no_zoom_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(NoSuchTile) as refused:
        SETS.find("CGCS2000Quad").tile(text, "0", "0")
    assert "0–20" in refused.value.zh and refused.value.value == text


def test_rows_and_columns_beyond_the_matrix_are_refused_with_the_range() -> None:
    one = SETS.find("CGCS2000Quad")
    assert one.tile("3", "3", "7") == Tile(3, 3, 7)
    with pytest.raises(NoSuchTile, match="0–3 行"):
        one.tile("3", "4", "7")
    with pytest.raises(NoSuchTile, match="0–7 列"):
        one.tile("3", "3", "8")


def test_an_unknown_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(NoSuchMatrixSet, match="CGCS2000_GK120Quad"):
        SETS.find("WorldCRS84Quad")


def test_near_zooms_are_alike_on_the_ground() -> None:
    for one in SETS.by_id.values():
        assert 7.5 < one.pixel_m(one.near_zoom, 36.9) <= 8.0
