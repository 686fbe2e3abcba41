"""Beidou grid codes: the vectors of GB/T 39409-2020 and the laws of the grid."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.errors import BadCoordinate, BadGridCode, OutsideArea, TooLarge
from spatial.grid import beidou

UNITS = 3600 * 2048
P = ("118.7909", "36.8560")

longitudes = st.decimals(-180, 180, allow_nan=False, places=12)
latitudes = st.decimals("-87.999999999999", "87.999999999999", allow_nan=False, places=12)
levels = st.integers(1, 10)


# Annex B: one position, level by level.
ANNEX_B = ["N50J", "47", "5", "39", "B8", "2", "55", "34"]


@pytest.mark.parametrize("level", range(1, 9))
def test_annex_b_level_by_level(level: int) -> None:
    cell = beidou.encode("116°18′45.37″E", "39°59′35.38″N", level)
    assert cell.code == "".join(ANNEX_B[:level])
    assert beidou.decode(cell.code) == cell


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        ("116°19′14.3184″", "39°59′56.1444″", "N50J475493E"),
        ("116°19′5.9808″", "39°59′59.7012″", "N50J475491E"),
        ("116°19′9.3540″", "39°59′56.5260″", "N50J475492E"),
    ],
)
def test_places_of_section_8(lon: str, lat: str, code: str) -> None:
    assert beidou.encode(lon, lat, 5).code == code


@pytest.mark.parametrize(
    ("place", "origin", "target", "short"),
    [
        ("求是塔", "N50J475491E", "N50J475493E", "求是塔-20"),
        ("办公楼", "N50J475492E", "N50J475493E", "办公楼-10"),
        ("某某大学东一门", "N50J475493E", "N50J475491E", "某某大学东一门-B0"),
    ],
)
def test_short_codes_of_section_8(place: str, origin: str, target: str, short: str) -> None:
    here, there = beidou.decode(origin), beidou.decode(target)
    assert beidou.shorten(place, here, there) == short
    assert beidou.resolve(short, {place: here}) == there
    assert beidou.refer(here, there) == origin + short[len(place) :]
    assert beidou.resolve(beidou.refer(here, there)) == there


def test_interleaved_code_of_table_1() -> None:
    plane, space = "N36J93078B3101524314", "N036J0093000780B3010010520430140"
    block = beidou.Block(beidou.decode(plane), False, 0)
    assert block.code == space
    assert beidou.decode_block(space) == block
    assert block.heights_m[0] == 0


def test_point_of_the_city() -> None:
    cell = beidou.encode(*P, 10)
    assert cell.code == "N50J9152165146735134"
    assert (cell.column, cell.row) == (875_821_547, 271_731_916)
    assert beidou.encode_block(*P, "23.4").code == "N050J009105021065010463730513343"
    assert beidou.encode_block(*P, "23.4", 8).code == "N050J009105021065010463730"


def test_city_lies_in_four_cells_of_level_2() -> None:
    cells = beidou.covering("118.539", "36.720", "119.116", "37.304", 2)
    assert {cell.code for cell in cells} == {"N50J91", "N50J92", "N50JA1", "N50JA2"}


def test_text_decimal_fraction_and_float_agree_on_a_line() -> None:
    # 118.7901 · 7372800 = 875815649.28; 118.79 · 7372800 = 875814912: a line of level 10.
    for value in ("118.79", Decimal("118.79"), Fraction("118.79"), 118.79, "118°47′24″E"):
        assert beidou.encode(value, 36, 10).column == 875_814_912
    assert beidou.encode(118.7899999999, 36, 10).column == 875_814_911
    assert beidou.encode("118.7901", 36, 10).column == 875_815_649


@given(longitudes, latitudes, st.integers(0, 10))
def test_decode_of_encode_is_the_cell_and_holds_the_position(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = beidou.encode(lon, lat, level)
    assert beidou.decode(cell.code) == cell
    west, south, east, north = cell.bounds_units
    assert west <= Fraction(lon) * UNITS <= east
    assert south <= Fraction(lat) * UNITS <= north
    assert cell.bounds.holds(float(lon), float(lat))


@given(longitudes, latitudes, st.integers(0, 10))
def test_centre_encodes_to_the_same_cell(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = beidou.encode(lon, lat, level)
    assert beidou.encode(*cell.centre, level) == cell


@given(longitudes, latitudes, levels, levels)
def test_parent_is_the_encoding_at_its_level_and_a_prefix(
    lon: Decimal, lat: Decimal, level: int, coarser: int
) -> None:
    coarser = min(level, coarser)
    cell = beidou.encode(lon, lat, level)
    parent = cell.parent(coarser)
    assert parent == beidou.encode(lon, lat, coarser)
    assert cell.code.startswith(parent.code)


@given(longitudes, latitudes, st.integers(1, 7))
def test_children_tile_their_parent(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = beidou.encode(lon, lat, level)
    children = list(cell.children())
    assert len(set(children)) == len(children)
    assert {child.parent() for child in children} == {cell}
    west, south, east, north = cell.bounds_units
    edges = [child.bounds_units for child in children]
    assert sum((e - w) * (n - s) for w, s, e, n in edges) == (east - west) * (north - south)


def test_level_0_has_the_cells_of_its_hemisphere_as_children() -> None:
    assert sum(1 for _ in beidou.decode("S").children()) == 60 * 22
    assert beidou.encode(1, -1, 0).code == "S"


@given(longitudes, latitudes, levels)
def test_neighbours_touch_and_know_each_other(lon: Decimal, lat: Decimal, level: int) -> None:
    cell = beidou.encode(lon, lat, level)
    neighbours = cell.neighbours()
    assert len(neighbours) in (5, 8)
    for other in neighbours:
        assert cell in other.neighbours()


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        ("0.1", "0.1", "N31A"),
        ("-0.1", "0.1", "N30A"),
        ("0.1", "-0.1", "S31A"),
        ("-0.1", "-0.1", "S30A"),
        ("180", "1", "N60A"),
        ("-180", "1", "N01A"),
        ("179.99", "87.99", "N60V"),
        ("-0.0", "-0.0", "N31A"),
    ],
)
def test_hemispheres_and_ends(lon: str, lat: str, code: str) -> None:
    assert beidou.encode(lon, lat, 1).code == code


@given(longitudes, latitudes, levels)
def test_code_below_level_1_mirrors_in_every_hemisphere(lon: Decimal, lat: Decimal, level: int) -> None:
    east_north = beidou.encode(abs(lon), abs(lat), level).code
    west_south = beidou.encode(-abs(lon), -abs(lat), level).code
    assert east_north[4:] == west_south[4:]


@pytest.mark.parametrize("lat", ["88", "-88", "90"])
def test_polar_caps_are_refused(lat: str) -> None:
    with pytest.raises(OutsideArea) as refusal:
        beidou.encode("1", lat)
    assert refusal.value.value == lat and refusal.value.zh.endswith(lat)
    with pytest.raises(OutsideArea):
        beidou.encode_many([1.0], [float(lat)])


@pytest.mark.parametrize("code", ["N000", "S000"])
def test_polar_codes_are_refused(code: str) -> None:
    with pytest.raises(OutsideArea):
        beidou.decode(code)


@pytest.mark.parametrize(
    "code",
    ["", "X50J", "N5", "N50", "N50W", "N61A", "N00A", "N50JC0", "N50J08", "N50J4", "N50J476", "N50J475F9",
     "N50J4753A", "N50J47539F0", "N50J47539B84", "N50J47539B828", "N50J9152165146735134" + "0", "N²0J"],
)  # fmt: skip
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BadGridCode) as refusal:
        beidou.decode(code)
    assert refusal.value.en.endswith(code)


@pytest.mark.parametrize("lon", ["181", "nan", "inf", "east", "", "1°60′", None])
def test_what_is_no_position_is_refused(lon: str) -> None:
    with pytest.raises(BadCoordinate):
        beidou.encode(lon, "36")


@pytest.mark.parametrize("level", [-1, 11, 1.5, True])
def test_what_is_no_level_is_refused(level: int) -> None:
    with pytest.raises(BadGridCode):
        beidou.encode(*P, level)


# Covering.


@given(
    st.floats(-179, 179),
    st.floats(-85, 85),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_every_position_inside_a_box_is_covered(
    west: float, south: float, width: float, height: float, u: float, v: float
) -> None:
    east, north = min(west + width, 180.0), min(south + height, 87.0)
    cells = beidou.covering(west, south, east, north, 3)
    assert len(set(cells)) == len(cells)
    lon, lat = west + u * (east - west), south + v * (north - south)
    if west < lon < east and south < lat < north:
        assert beidou.encode(lon, lat, 3) in cells


def test_box_of_one_cell_is_covered_by_it_alone() -> None:
    for code in ("N50J91", "S19I9240400"):
        cell = beidou.decode(code)
        edges = (Fraction(u, UNITS) for u in cell.bounds_units)
        assert beidou.covering(*edges, cell.level) == (cell,)


def test_box_across_the_antimeridian_and_limits() -> None:
    assert [c.code for c in beidou.covering(179, 1, -179, 2, 1)] == ["N60A", "N01A"]
    assert len(beidou.covering(-180, -88, 180, 88, 1)) == 60 * 44
    with pytest.raises(TooLarge):
        beidou.covering(118, 36, 119, 37, 8)
    with pytest.raises(OutsideArea):
        beidou.covering(0, 80, 1, 89, 1)
    with pytest.raises(BadCoordinate):
        beidou.covering(0, 2, 1, 1, 1)


# Height.


@pytest.mark.parametrize(("height", "n"), [("23.4", 1563), (0, 0), (-1, -67), ("0.0149", 0), ("0.0150", 1)])
def test_layers_by_hand(height: str | int, n: int) -> None:
    # One layer is r0·ln(1 + π/180)/7372800 ≈ 14.9684 mm thick at the ellipsoid.
    assert beidou.block.layer(height) == n


@given(longitudes, latitudes, st.decimals(-6_000_000, 900_000_000, allow_nan=False, places=4), levels)
def test_block_holds_its_height(lon: Decimal, lat: Decimal, height: Decimal, level: int) -> None:
    block = beidou.encode_block(lon, lat, height, level)
    assert beidou.decode_block(block.code) == block
    bottom, top = block.heights_m
    slack = 1e-9 * (6_378_137 + abs(float(height)))
    assert bottom - slack <= float(height) <= top + slack
    assert beidou.encode_block(*block.centre, level) == block
    assert [block.parent(k) for k in range(1, level + 1)] == [
        beidou.encode_block(lon, lat, height, k) for k in range(1, level + 1)
    ]


def test_lengths_of_space_codes() -> None:
    lengths = [len(beidou.encode_block(*P, 23, level).code) for level in range(1, 11)]
    assert lengths == [7, 10, 12, 15, 18, 20, 23, 26, 29, 32]


def test_part_of_level_5_reaches_f() -> None:
    # Layers 15 · 8192 to 16 · 8192 of 14.97 mm: about 1839 to 1962 m.
    letters = {h: beidou.encode_block(*P, h, 5).code[-1] for h in (1835, 1845, 1955, 1970)}
    assert letters == {1835: "E", 1845: "F", 1955: "F", 1970: "0"}
    code = beidou.encode_block(*P, 1900, 5).code
    assert beidou.decode_block(code).code == code


def test_below_the_ellipsoid_is_sign_and_magnitude() -> None:
    block = beidou.encode_block(*P, -1)
    assert block.code[1] == "1" and block.magnitude == 67
    assert block.heights_m[0] <= -1 < block.heights_m[1] < 0


def test_heights_that_have_no_layer() -> None:
    for height, error in ((-6378137, BadCoordinate), (10**10, OutsideArea), ("high", BadCoordinate)):
        with pytest.raises(error):
            beidou.encode_block(*P, height)


@pytest.mark.parametrize(
    "code", ["N", "N0", "N250J00", "N050J64", "N050J0", "N050J0091", "N050J00918", "N050J009105" + "2"]
)
def test_what_is_no_space_code_is_refused(code: str) -> None:
    with pytest.raises(BadGridCode):
        beidou.decode_block(code)


# Reference codes.


@given(
    longitudes,
    st.decimals(-80, 80, places=9),
    st.integers(5, 10),
    st.integers(5, 10),
    *[st.integers(-7, 7)] * 2,
)
def test_reference_codes_lead_back(
    lon: Decimal, lat: Decimal, level: int, finer: int, east: int, north: int
) -> None:
    origin = beidou.encode(lon, lat, level)
    target = origin.moved(east, north)
    assert target is not None
    while target.level < finer:
        target = list(target.children())[-1]
    code = beidou.refer(origin, target)
    assert code.count("-") == 1 + max(0, finer - level)
    assert beidou.resolve(code) == target


def test_reference_codes_have_their_limits() -> None:
    origin = beidou.decode("N50J475491E")
    far = origin.moved(8, 0)
    assert far is not None
    with pytest.raises(OutsideArea):
        beidou.refer(origin, far)
    with pytest.raises(BadGridCode):
        beidou.refer(origin.parent(), origin)
    for text in ("N50J475491E", "N50J475491E-", "N50J475491E-H0", "N50J475491E-2", "N50J47549-20", "塔-20"):
        with pytest.raises(BadGridCode):
            beidou.resolve(text)


# Arrays.


@given(st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=20), levels)
def test_arrays_equal_single_encoding(places: list[tuple[Decimal, Decimal]], level: int) -> None:
    lon = [float(x) for x, _ in places]
    lat = [float(y) for _, y in places]
    cells = beidou.encode_many(lon, lat, level)
    single = [beidou.encode(x, y, level) for x, y in zip(lon, lat, strict=True)]
    assert cells.codes().tolist() == [cell.code for cell in single]
    assert np.transpose(cells.centres()) == pytest.approx(np.array([cell.centre for cell in single]))
    heights = [23.4 * k - 40 for k in range(len(lon))]
    blocks = beidou.encode_blocks(lon, lat, heights, level)
    assert blocks.codes().tolist() == [
        beidou.encode_block(x, y, h, level).code for x, y, h in zip(lon, lat, heights, strict=True)
    ]


def test_arrays_are_exact_on_grid_lines() -> None:
    rng = np.random.default_rng(1)
    units = rng.integers(-180 * UNITS, 180 * UNITS, 2000)
    lon = units / UNITS
    lat = np.full(lon.shape, 36.85)
    columns = beidou.encode_many(lon, lat).columns
    assert columns.tolist() == [beidou.encode(x, "36.85").column for x in lon.tolist()]


def test_arrays_refuse_what_single_encoding_refuses() -> None:
    for lon, lat in (([181.0], [1.0]), ([np.nan], [1.0]), ([1.0, 2.0], [1.0])):
        with pytest.raises(BadCoordinate):
            beidou.encode_many(lon, lat)
    with pytest.raises(BadCoordinate):
        beidou.encode_blocks([1.0], [1.0], [np.inf])
