"""ESRI's shape records: against those that GDAL writes into shapefiles, in every form, cut at every byte."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from geodatabase_files import shape_records
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.exchange.mdb import blobs

_HEADS = {1: 4, 8: 40, 3: 44, 5: 44}
"""Type → bytes before parts and positions."""

numbers = st.floats(-4e7, 4e7, allow_nan=False).map(lambda one: round(one, 4) + 0.0)
positions = st.tuples(numbers, numbers)
lines = st.lists(positions, min_size=2, max_size=6, unique=True).map(shapely.LineString)


@st.composite
def areas(draw: st.DrawFn) -> Any:
    """Squares of a grid, some with a hole."""
    cells = draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6))
    parts = []
    for column, row in sorted(cells):
        west, south = 40_500_000 + 200 * column, 4_080_000 + 200 * row
        holes = draw(st.integers(0, 2))
        inner = [
            shapely.box(west + 10 + 40 * n, south + 10, west + 30 + 40 * n, south + 50) for n in range(holes)
        ]
        parts.append(shapely.Polygon(shapely.box(west, south, west + 100, south + 100).exterior, [
            hole.exterior for hole in inner
        ]))  # fmt: skip
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


KINDS = {
    "Point": positions.map(shapely.Point),
    "MultiPoint": st.lists(positions, min_size=1, max_size=6, unique=True).map(shapely.MultiPoint),
    "LineString": st.one_of(lines, st.lists(lines, min_size=2, max_size=3).map(shapely.MultiLineString)),
    "Polygon": areas(),
}


def heights(shape: Any) -> Any:
    """The same with heights."""
    raised = shapely.force_3d(shape)
    flat = shapely.get_coordinates(raised)
    return shapely.set_coordinates(raised, np.column_stack((flat, (flat[:, 0] + 3 * flat[:, 1]) % 7)))


def same(found: Sequence[Any], meant: Sequence[Any]) -> None:
    for one, other in zip(found, meant, strict=True):
        if other is None:
            assert one is None
        else:
            assert shapely.has_z(one) == shapely.has_z(other)
            assert shapely.equals_identical(one, other) or (
                shapely.equals(one, other)
                and shapely.normalize(one).equals_exact(shapely.normalize(other), 0)
            )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("raised", [False, True], ids=["flat", "with heights"])
@pytest.mark.parametrize("kind", KINDS)
def test_records_of_shapefiles(kind: str, raised: bool, data: st.DataObject) -> None:
    shapes = data.draw(st.lists(st.one_of(KINDS[kind], st.none()), min_size=1, max_size=5))
    if all(one is None for one in shapes):
        shapes.append(data.draw(KINDS[kind]))
    meant = [one if one is None or not raised else heights(one) for one in shapes]
    made = blobs.decode(shape_records(meant, f"{kind} Z" if raised else kind))
    assert not made.problems and not made.curved
    same(made.shapes.tolist(), meant)


AREA = shapely.Polygon([(0, 0), (0, 9), (9, 9), (9, 0), (0, 0)], [[(1, 1), (2, 1), (2, 2), (1, 2), (1, 1)]])
EXAMPLES = {
    "Point": shapely.Point(1, 2),
    "MultiPoint": shapely.MultiPoint([(1, 2), (3, 4)]),
    "LineString": shapely.MultiLineString([[(1, 2), (3, 4)], [(5, 6), (7, 8)]]),
    "Polygon": AREA,
}
# kind → base type; Z without M, M, Z and M; general
FORMS = {
    "Point": (1, 9, 21, 11, 52),
    "MultiPoint": (8, 20, 28, 18, 53),
    "LineString": (3, 10, 23, 13, 50),
    "Polygon": (5, 19, 25, 15, 51),
}


def parts_of(kind: str, shape: Any) -> tuple[bytes, int]:
    """A record of GDAL's without its type, and its number of positions."""
    (record,) = shape_records([shape], kind)
    return record[4:], len(shapely.get_coordinates(shape))


def ordinates(kind: str, values: Sequence[float]) -> bytes:
    """Heights or measures as they follow the positions: with their range, for a point without."""
    packed = struct.pack(f"<{len(values)}d", *values)
    return packed if kind == "Point" else struct.pack("<2d", min(values), max(values)) + packed


@pytest.mark.parametrize("general", [False, True], ids=["own number", "general"])
@pytest.mark.parametrize(("z", "m"), [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_number_of_a_type(kind: str, z: bool, m: bool, general: bool) -> None:
    body, count = parts_of(kind, EXAMPLES[kind])
    told = FORMS[kind][4] | 0x80000000 * z | 0x40000000 * m if general else FORMS[kind][z + 2 * m]
    rising = [float(one) for one in range(count)]
    record = struct.pack("<I", told) + body + ordinates(kind, rising) * z + ordinates(kind, rising) * m
    made = blobs.decode([record, None, record])
    assert not made.problems and made.measured == m
    found, nothing, again = made.shapes.tolist()
    assert nothing is None and found.equals(EXAMPLES[kind]) and again.equals(found)
    assert found.has_z == z
    if z:
        closed = [0, 1, 2, 3, 0, 5, 6, 7, 8, 5] if kind == "Polygon" else rising
        assert shapely.get_coordinates(found, include_z=True)[:, 2].tolist() == closed
    for size in range(1, len(record)):
        cut = blobs.decode([record[:size]])
        # Measures are not read, so a record without the last of them is no loss.
        if cut.shapes[0] is not None:
            needed = len(record) - m * len(ordinates(kind, rising))
            assert size >= needed and cut.shapes[0].equals(found)
        else:
            assert cut.problems


def test_empty_null_and_unset_measures() -> None:
    nothing = struct.pack("<I4d2I", 5, *[float("nan")] * 4, 0, 0)
    unset = struct.pack("<I3d", 21, 1, 2, -1.7e308)
    made = blobs.decode([struct.pack("<I", 0), nothing, unset, b""])
    assert [one is None for one in made.shapes] == [True, True, False, True]
    assert not made.measured and list(made.problems) == [3]


def polygon(*positions: float, parts: tuple[int, ...] = (0,), kind: int = 5, tail: bytes = b"") -> bytes:
    head = struct.pack("<I4d2I", kind, 0, 0, 9, 9, len(parts), len(positions) // 2)
    return head + struct.pack(f"<{len(parts)}i{len(positions)}d", *parts, *positions) + tail


SQUARE = (0.0, 0.0, 0.0, 9.0, 9.0, 9.0, 9.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (b"\1", "cut off (1 bytes"),
        (struct.pack("<I2d", 99, 1, 2), "unknown type of shape: 99"),
        (struct.pack("<I2d", 1 | 0x100, 1, 2), "unknown type of shape: 257"),
        (polygon(*SQUARE[:-2]), "does not close"),
        (polygon(*SQUARE[:2], *SQUARE[2:4], *SQUARE[:2]), "fewer than 4"),
        (polygon(*SQUARE, parts=(1,)), "[1] do not fit"),
        (polygon(*SQUARE, parts=(0, 7)), "[0, 7] do not fit"),
        (polygon(*SQUARE, parts=(0, -1)), "[0, -1] do not fit"),
        (polygon(*SQUARE, parts=()), "5 positions and no part"),
        (struct.pack("<I4d2I", 3, 0, 0, 9, 9, 1, 2**31), "cut off"),
        (polygon(*SQUARE[:2], kind=3), "fewer than 2 positions"),
        (struct.pack("<III", 5, 4, 60) + b"\x78\x9c\0\0", "a compressed shape"),
    ],
)
def test_a_damaged_record_says_what_is_wrong(record: bytes, said: str) -> None:
    if "compressed" in said:
        record = struct.pack("<III", 5, 4, 60) + b"\x78\x9c\0\0"
    made = blobs.decode([record, polygon(*SQUARE)])
    assert made.shapes[0] is None and made.shapes[1].area == 81
    assert list(made.problems) == [0] and said in made.problems[0][1] and made.problems[0][0]


def test_curves_and_multipatches_are_told() -> None:
    plain = polygon(*SQUARE, kind=51 | 0x20000000, tail=struct.pack("<I", 0))
    curved = polygon(*SQUARE, kind=51 | 0x20000000, tail=struct.pack("<I", 1) + bytes(28))
    with_ids = polygon(*SQUARE, kind=51 | 0x10000000, tail=struct.pack("<5i", *range(5)))
    patch = polygon(*SQUARE, kind=54)
    made = blobs.decode([plain, curved, with_ids, patch, polygon(*SQUARE, kind=51 | 0x20000000)])
    assert made.curved == {1: "CURVE", 3: "MULTIPATCH"}
    assert [one is not None for one in made.shapes] == [True, False, True, False, False]
    assert list(made.problems) == [4], "curves are announced and not there"


@given(st.binary(max_size=120))
@settings(max_examples=300, deadline=None)
def test_no_bytes_bring_the_decoder_down(record: bytes) -> None:
    made = blobs.decode([record, struct.pack("<I", 5 | len(record) % 2 * 0x2E) + record])
    assert len(made.shapes) == 2
