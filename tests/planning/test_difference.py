"""The difference of two states of a planning layer: exact, and told by the ground."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.difference.areas import reckon
from planning.difference.difference import apply, compare, invert
from planning.difference.ground import lay_out
from planning.difference.pairs import Kind, Shape, pair
from planning.edition import KEY, Edition
from planning.errors import BadEdition, NotTheBase
from spatial.datum import frame, legal_area_m2, move

Row = tuple[Any, ...]
EAST, NORTH = 393_000.0, 4_090_000.0  # in the middle of the city, EPSG:4549


def square(x_m: float, y_m: float, wide_m: float = 100.0, high_m: float = 100.0) -> shapely.Geometry:
    """A rectangle drawn on the plane, its corners stored in degrees."""
    return degrees(shapely.box(x_m, y_m, x_m + wide_m, y_m + high_m))


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    places = shapely.get_coordinates(shape) + np.array([EAST, NORTH])
    moved = move(places[:, 0], places[:, 1], frame("EPSG:4549"), frame("EPSG:4490"))
    return shapely.set_coordinates(shape, np.column_stack((moved.x, moved.y)))


def edition(rows: dict[str, tuple[str | None, shapely.Geometry | None]]) -> Edition:
    return Edition.of(
        list(rows), {"dlbm": [each[0] for each in rows.values()]}, [each[1] for each in rows.values()]
    )


def legal(shape: shapely.Geometry) -> float:
    return legal_area_m2(shape, frame("EPSG:4549"), given_in=frame("EPSG:4490"))


def rows_of(found: Edition) -> list[dict[str, Any]]:
    return found.table.to_pylist()


# The exact difference.

VALUES = st.tuples(
    st.sampled_from(["0101", "0702", "", None]),
    st.one_of(st.none(), st.floats(allow_nan=False), st.just(-0.0)),
    st.sampled_from([None, 0, 7, -(2**62)]),
    st.one_of(st.none(), st.tuples(st.integers(0, 3), st.integers(0, 3))),
)
STATES = st.dictionaries(st.text("0123ab", min_size=1, max_size=3), VALUES, max_size=12)


def _edition(state: dict[str, Row]) -> Edition:
    shapes = [None if each[3] is None else shapely.box(*each[3], 9, 9) for each in state.values()]
    return Edition.of(
        list(state),
        {
            "dlbm": pa.array([each[0] for each in state.values()], pa.string()),
            "mj": pa.array([each[1] for each in state.values()], pa.float64()),
            "n": pa.array([each[2] for each in state.values()], pa.int64()),
        },
        shapes,
    )


def _bits(row: Row) -> tuple[Any, ...]:
    return (row[0], None if row[1] is None else np.float64(row[1]).tobytes(), row[2], row[3])


@given(STATES, STATES)
@settings(max_examples=60, deadline=None)
def test_a_and_the_difference_are_b(a: dict[str, Row], b: dict[str, Row]) -> None:
    older, newer = _edition(a), _edition(b)
    found = compare(older, newer)
    assert apply(found, older).identical(newer)
    assert apply(invert(found), newer).identical(older)
    # What a dictionary of rows says of it.
    common = a.keys() & b.keys()
    changed = {key for key in common if _bits(a[key]) != _bits(b[key])}
    assert set(found.removed.keys.to_pylist()) == a.keys() - b.keys()
    assert set(found.inserted.keys.to_pylist()) == b.keys() - a.keys()
    assert set(found.before.keys.to_pylist()) == changed == set(found.after.keys.to_pylist())
    assert found.unchanged == len(common) - len(changed)
    for place, name in enumerate(("dlbm", "mj", "n", "geom")):
        told = dict(zip(found.before.keys.to_pylist(), found.changed[name].tolist(), strict=True))
        assert told == {key: _bits(a[key])[place] != _bits(b[key])[place] for key in changed}


def test_the_same_states_differ_in_nothing_and_other_bits_are_told() -> None:
    a = Edition.of(["1", "2"], {"mj": [0.0, float("nan")]})
    assert compare(a, Edition.of(["2", "1"], {"mj": [float("nan"), 0.0]})).empty
    assert compare(a, Edition.of(["1", "2"], {"mj": [-0.0, float("nan")]})).changed["mj"].tolist() == [True]


def test_a_difference_refuses_another_base() -> None:
    a = Edition.of(["1", "2", "3"], {"dlbm": ["a", "b", "c"]})
    b = Edition.of(["1", "2", "4"], {"dlbm": ["a", "x", "d"]})
    found = compare(a, b)
    for other in (
        Edition.of(["1", "2"], {"dlbm": ["a", "b"]}),
        Edition.of(["1", "2", "3"], {"dlbm": ["a", "z", "c"]}),
        Edition.of(["1", "2", "3", "4"], {"dlbm": ["a", "b", "c", "d"]}),
    ):
        with pytest.raises(NotTheBase):
            apply(found, other)
    assert apply(found, Edition.of(["0", "2", "3"], {"dlbm": ["q", "b", "c"]})).keys.to_pylist() == [
        "0",
        "2",
        "4",
    ]


def test_states_that_are_none_are_refused() -> None:
    with pytest.raises(BadEdition, match=re.compile("标识码重复 1 处.*b", re.S)):
        Edition.of(["b", "a", "b"], {})
    with pytest.raises(BadEdition):
        Edition.of(["b", None], {})
    with pytest.raises(BadEdition, match="mj"):
        compare(Edition.of(["1"], {"mj": [1]}), Edition.of(["1"], {"mj": [1.0]}))


# The ground.


def test_what_became_of_what() -> None:
    line = shapely.Polygon(
        [(0, 300), (100, 300), (100, 350), (100, 400), (0, 400)]
    )  # a vertex more on an edge
    older = edition(
        {
            "split": ("01", square(0, 0)),
            "m1": ("02", square(200, 0)),
            "m2": ("02", square(300, 0)),
            "same-ground": ("03", square(0, 300)),
            "recoded": ("04", square(200, 300)),
            "shift-1": ("05", square(400, 300)),
            "shift-2": ("06", square(500, 300)),
            "used-again": ("07", square(0, 600)),
            "class": ("08", square(200, 600)),
            "gone": ("09", square(400, 600)),
        }
    )
    newer = edition(
        {
            "split": ("01", square(0, 0, 60)),
            "split-2": ("10", square(60, 0, 40)),
            "merged": ("02", square(200, 0, 200)),
            "same-ground": ("03", degrees(line)),
            "renamed": ("04", square(200, 300)),
            "shift-1": ("05", square(400, 300, 110)),
            "shift-2": ("06", square(510, 300, 90)),
            "used-again": ("11", square(600, 600)),
            "class": ("12", square(200, 600)),
            "new": ("13", square(800, 600)),
        }
    )
    told = {(each.kind, each.before, each.after): each for each in pair(lay_out(compare(older, newer)))}
    assert set(told) == {
        (Kind.SPLIT, ("split",), ("split", "split-2")),
        (Kind.MERGED, ("m1", "m2"), ("merged",)),
        (Kind.CHANGED, ("same-ground",), ("same-ground",)),
        (Kind.RECODED, ("recoded",), ("renamed",)),
        (Kind.CHANGED, ("shift-1",), ("shift-1",)),
        (Kind.CHANGED, ("shift-2",), ("shift-2",)),
        (Kind.REMOVED, ("used-again",), ()),
        (Kind.INSERTED, (), ("used-again",)),
        (Kind.CHANGED, ("class",), ("class",)),
        (Kind.REMOVED, ("gone",), ()),
        (Kind.INSERTED, (), ("new",)),
    }
    shapes = {each.before: (each.shape, each.fields) for each in told.values() if each.shape}
    assert shapes == {
        ("same-ground",): (Shape.REDRAWN, ()),
        ("recoded",): (Shape.SAME, ()),
        ("shift-1",): (Shape.MOVED, ()),
        ("shift-2",): (Shape.MOVED, ()),
        ("class",): (Shape.SAME, ("dlbm",)),
    }


def test_areas_by_class_are_those_of_the_ground() -> None:
    older = edition({"1": ("01", square(0, 0)), "2": ("02", square(100, 0)), "3": ("03", square(500, 0))})
    newer = edition(
        {"1": ("01", square(0, 0, 130)), "2": ("02", square(130, 0, 90)), "3": ("04", square(500, 0))}
    )
    areas = reckon(lay_out(compare(older, newer)), "dlbm", {"09": 5.0})
    table = {(each.before, each.after): each.area_m2 for each in areas.transitions}
    want = {
        ("01", "01"): legal(square(0, 0)),
        ("02", "01"): legal(square(100, 0, 30)),
        ("02", "02"): legal(square(130, 0, 70)),
        (None, "02"): legal(square(200, 0, 20)),
        ("03", "04"): legal(square(500, 0)),
    }
    big = {key: area for key, area in table.items() if area > 0.1}
    assert big == pytest.approx(want, abs=0.01)
    by_class = {each.code: each for each in areas.balances}
    assert by_class["01"].moved_in_m2 == pytest.approx(legal(square(100, 0, 30)), abs=0.01)
    assert by_class["02"].added_m2 == pytest.approx(legal(square(200, 0, 20)), abs=0.01)
    assert by_class["09"].before_m2 == by_class["09"].after_m2 == 5.0
    assert areas.doubled_m2 == 0.0


def test_ground_that_counts_twice_is_told_and_what_is_invalid_is_mended_on_a_copy() -> None:
    twice = edition({"1": ("01", square(0, 0)), "2": ("02", square(50, 0))})
    ground = lay_out(compare(edition({"1": ("01", square(0, 0))}), edition({"1": ("03", square(0, 0))})))
    assert reckon(ground, "dlbm").doubled_m2 == 0.0
    ground = lay_out(compare(twice, edition({"3": ("01", square(0, 0, 150))})))
    assert reckon(ground, "dlbm").doubled_m2 == pytest.approx(legal(square(50, 0, 50)), abs=0.01)
    bow = degrees(shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))
    found = compare(edition({"1": ("01", square(0, 0))}), edition({"1": ("01", bow)}))
    ground = lay_out(found)
    assert ground.mended == 1
    assert ground.newer.areas_m2[0] == pytest.approx(0.5 * legal(square(0, 0)), abs=0.01)
    assert found.after.shapes()[0].equals_exact(bow), "what is stored stays as it was delivered"


@given(st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_no_square_metre_is_lost(seed: int) -> None:
    older, newer = _drawn(seed)
    ground = lay_out(compare(older, newer))
    areas = reckon(ground, "dlbm")
    for each in areas.balances:
        gained = each.added_m2 + each.moved_in_m2 - each.removed_m2 - each.moved_out_m2
        assert each.after_m2 == pytest.approx(each.before_m2 + gained, abs=0.01)
    # The net change of a class is that of its rows, each measured by itself.
    for code in ("01", "02", "03"):
        net = sum(
            sign * legal(shapely.from_wkb(row["geom"]))
            for sign, state in ((1, newer), (-1, older))
            for row in rows_of(state)
            if row["dlbm"] == code
        )
        found = next((each for each in areas.balances if each.code == code), None)
        assert (0.0 if found is None else found.after_m2 - found.before_m2) == pytest.approx(net, abs=0.01)
    changes = pair(ground)
    assert sorted(key for each in changes for key in each.before) == ground.older.rows.keys.sort().to_pylist()
    assert sorted(key for each in changes for key in each.after) == ground.newer.rows.keys.sort().to_pylist()


def _drawn(seed: int) -> tuple[Edition, Edition]:
    """A row of parcels, and the same cut anew at random places, partly renamed, partly gone."""
    draw = random.Random(seed)

    def cut(count: int) -> list[float]:
        return [0.0, *sorted(draw.uniform(5, 595) for _ in range(count)), 600.0]

    def row(cuts: list[float], names: list[str]) -> dict[str, tuple[str, shapely.Geometry]]:
        return {
            name: (draw.choice(["01", "02", "03"]), square(a, 0, b - a))
            for name, a, b in zip(names, cuts, cuts[1:], strict=False)
        }

    first = cut(4)
    second = [each for each in first if draw.random() < 0.6 or each in (0.0, 600.0)] + cut(1)[1:-1]
    older = row(first, list("abcde"))
    newer = row(sorted(second), draw.sample("abcdefgh", 8))
    if draw.random() < 0.5:
        newer.popitem()
    return edition(older), edition(newer)


def test_a_table_without_geometry_is_compared_by_code() -> None:
    older = Edition.of(["1", "2"], {"status": ["drafting", "filed"]})
    newer = Edition.of(["1", "3"], {"status": ["approved", "filed"]})
    changes = pair(lay_out(compare(older, newer)))
    assert [(each.kind, each.before, each.after, each.fields) for each in changes] == [
        (Kind.CHANGED, ("1",), ("1",), ("status",)),
        (Kind.REMOVED, ("2",), (), ()),
        (Kind.INSERTED, (), ("3",), ()),
    ]
    assert older.table.column_names == [KEY, "status"]
