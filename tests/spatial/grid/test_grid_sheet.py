"""Map sheets of GB/T 13989."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.errors import BadCoordinate, BadGridCode, OutsideArea, TooLarge
from spatial.grid.sheet import Scale, Sheet, covering, decode, encode, seconds

UNITS = 3600 * 2048
longitudes = st.decimals(-180, 180, allow_nan=False, places=10)
latitudes = st.decimals(0, "59.9999999999", allow_nan=False, places=10)
scales = st.sampled_from(Scale)


@pytest.mark.parametrize(
    ("letter", "width_s", "height_s"),
    [
        ("B", 3 * 3600, 2 * 3600),
        ("C", 5400, 3600),
        ("D", 1800, 1200),
        ("E", 900, 600),
        ("F", 450, 300),
        ("G", 225, 150),
        ("H", 112.5, 75),
        ("I", 37.5, 25),
        ("J", 18.75, 12.5),
        ("K", 9.375, 6.25),
    ],
)
def test_sizes_of_the_series(letter: str, width_s: float, height_s: float) -> None:
    assert seconds(Scale[letter]) == (width_s, height_s)


def test_sheets_of_the_point() -> None:
    assert encode("118.7909", "36.8560", Scale.A).number == "J50"
    assert encode("118.7909", "36.8560", Scale.E).number == "J50E019020"
    assert encode("118.7909", "36.8560", Scale.G).number == "J50G076077"


def test_sheet_with_the_corner_of_the_reference() -> None:
    sheet = encode("118°45′", "36°45′", Scale.of(10_000))
    assert sheet.bounds.west_deg == 118.75 and sheet.bounds.south_deg == 36.75


def test_rows_count_from_the_north_west() -> None:
    assert decode("J50B001001").bounds.north_deg == 40
    assert decode("J50B001001").bounds.west_deg == 114
    assert decode("J50B002002").bounds.south_deg == 36
    assert decode("J50B002002").bounds.east_deg == 120


def test_four_digits_at_1_to_1000_and_1_to_500() -> None:
    assert len(encode("118.7909", "36.8560", Scale.J).number) == len("J50J") + 8
    assert decode("J50K23042304").bounds.south_deg == 36


@given(longitudes, latitudes, scales)
def test_number_leads_back_and_the_sheet_holds_the_position(lon: Decimal, lat: Decimal, scale: Scale) -> None:
    sheet = encode(lon, lat, scale)
    assert decode(sheet.number) == sheet
    west, south, east, north = sheet.bounds_units
    assert west <= Fraction(lon) * UNITS <= east
    assert south <= Fraction(lat) * UNITS < north
    assert encode(*sheet.centre, scale) == sheet
    assert sheet.at_scale(Scale.A) == encode(lon, lat, Scale.A)
    assert sheet.number.startswith(sheet.at_scale(Scale.A).number)


@given(longitudes, latitudes, scales)
def test_neighbours_join(lon: Decimal, lat: Decimal, scale: Scale) -> None:
    sheet = encode(lon, lat, scale)
    for other in sheet.neighbours():
        assert sheet in other.neighbours()


def test_sheet_at_a_scale_that_does_not_nest() -> None:
    with pytest.raises(BadGridCode):
        decode("J50E019020").at_scale(Scale.G)


def test_covering_reads_like_an_index_map() -> None:
    numbers = [sheet.number for sheet in covering("118.539", "36.720", "119.116", "37.304", Scale.D)]
    assert numbers[0] == encode("118.539", "37.304", Scale.D).number
    assert numbers[-1] == encode("119.116", "36.720", Scale.D).number
    assert len(numbers) == 4
    cell = decode("J50E019020")
    edges = [Fraction(u, UNITS) for u in cell.bounds_units]
    assert list(covering(*edges, Scale.E)) == [cell]


def test_covering_has_limits() -> None:
    with pytest.raises(TooLarge):
        covering(118, 36, 120, 38, Scale.K)
    with pytest.raises(OutsideArea):
        covering(118, -1, 120, 38, Scale.A)
    with pytest.raises(BadCoordinate):
        covering(118, 38, 120, 36, Scale.A)


@pytest.mark.parametrize("lat", ["60", "-0.1", "90"])
def test_outside_the_series(lat: str) -> None:
    with pytest.raises(OutsideArea):
        encode("118", lat, Scale.G)
    with pytest.raises(OutsideArea):
        Sheet(Scale.A, 0, 15)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "J5",
        "J61",
        "J00",
        "P50",
        "J50L001001",
        "J50G000001",
        "J50G097001",
        "J50G0760077",
        "J50J001001",
        "J50G",
    ],
)
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(BadGridCode):
        decode(number)


def test_unknown_scale_is_refused() -> None:
    with pytest.raises(BadGridCode):
        Scale.of(7_500)
