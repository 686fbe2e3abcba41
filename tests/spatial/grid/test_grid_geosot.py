"""GeoSOT codes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.errors import BadCoordinate, BadGridCode
from spatial.grid import geosot

UNITS = 3600 * 2048
longitudes = st.decimals(-180, 180, allow_nan=False, places=12)
latitudes = st.decimals(-90, 90, allow_nan=False, places=12)
levels = st.integers(0, 32)


def test_point_of_the_city() -> None:
    cell = geosot.encode("118.7909", "36.8560")
    assert cell.code == "G001310310-321133-031213.20133103211"
    assert geosot.decode(cell.code) == cell


def test_degree_cell_by_hand() -> None:
    # 118 = 001110110, 36 = 000100100: digits 2·lat + lon.
    assert geosot.encode("118.5", "36.5", 9).code == "G001310310"


@given(longitudes, latitudes, levels)
def test_decode_of_encode_is_the_cell_and_holds_the_position(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = geosot.encode(lon, lat, level)
    assert cell.level == level
    assert geosot.decode(cell.code) == cell
    west, south, east, north = cell.bounds_units
    assert west <= Fraction(lon) * UNITS <= east
    assert south <= Fraction(lat) * UNITS <= north


@given(longitudes, latitudes, st.integers(1, 32))
def test_centre_and_prefix(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = geosot.encode(lon, lat, level)
    assert geosot.encode(*cell.centre, level) == cell
    assert cell.parent() == geosot.encode(lon, lat, level - 1)


@given(longitudes, latitudes, st.integers(1, 31))
def test_children_tile_their_parent(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = geosot.encode(lon, lat, level)
    children = list(cell.children())
    assert len(children) in (1, 2, 4)

    def area(of: geosot.GeoSotCell) -> int:
        west, south, east, north = of.bounds_units
        return (east - west) * (north - south)

    assert sum(map(area, children)) == area(cell)


@pytest.mark.parametrize(("lon", "lat", "digit"), [(1, 1, "0"), (-1, 1, "1"), (1, -1, "2"), (-1, -1, "3")])
def test_signs(lon: int, lat: int, digit: str) -> None:
    assert geosot.encode(lon, lat, 1).digits == digit


@given(
    st.decimals(-179, 179, places=6),
    st.decimals(-89, 89, places=6),
    *[st.decimals("0.0001", "0.9", places=4)] * 2,
)
def test_object_cell_holds_the_box_and_no_child_does(
    west: Decimal, south: Decimal, width: Decimal, height: Decimal
) -> None:
    box = (west, south, west + width, south + height)
    cell = geosot.object_cell(*box)
    units = [Fraction(v) * UNITS for v in box]
    shared = west >= 0 or west + width <= 0
    shared = shared and (south >= 0 or south + height <= 0)

    def holds(of: geosot.GeoSotCell) -> bool:
        w, s, e, n = of.bounds_units
        return w <= units[0] and s <= units[1] and e >= units[2] and n >= units[3]

    if shared:
        assert holds(cell)
        assert not any(holds(child) for child in cell.children())
    else:
        w, s, e, n = cell.bounds_units
        assert e - w >= units[2] - units[0] and n - s >= units[3] - units[1]


def test_object_cells_by_hand() -> None:
    assert geosot.object_cell(118, 36, 119, 37).code == "G001310310"
    assert geosot.object_cell("118.5", "36.5", "118.5", "36.5").level == 32
    assert geosot.object_cell(-119, -37, -118, -36).code == "G301310310"
    with pytest.raises(BadCoordinate):
        geosot.object_cell(119, 36, 118, 37)


@pytest.mark.parametrize(
    "code",
    ["", "001310310", "G4", "G00131031-321133", "G001310310-3333-", "G001310310-333300",
     "G001310310-321133-0312132", "G022000000", "G001310310-321133-031213-0"],
)  # fmt: skip
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BadGridCode):
        geosot.decode(code)
