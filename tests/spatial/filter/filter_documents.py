"""Random CQL2 JSON documents over the layers of ``filter_rows``: every operator, well typed."""

from __future__ import annotations

from typing import Any

from filter_rows import GRID_DEG, SOUTH, WEST, WORDS
from hypothesis import strategies as st

Documents = st.SearchStrategy[Any]
DAYS = ("2019-03-01", "2020-01-01", "2020-02-29", "2021-06-01")
INSTANTS = ("2019-03-01T00:30:00+08:00", "2020-01-01T00:00:00+08:00", "2021-06-01T12:00:00+08:00")


def op(name: str, *args: Documents) -> Documents:
    return st.tuples(*args).map(lambda made: {"op": name, "args": list(made)})


def one(names: tuple[str, ...], *args: Documents) -> Documents:
    return st.sampled_from(names).flatmap(lambda name: op(name, *args))


def named(*names: str) -> Documents:
    return st.sampled_from(names).map(lambda name: {"property": name})


_days = named("built") | st.sampled_from(DAYS).map(lambda day: {"date": day})
_instants = named("seen", "valid_from", "valid_to") | st.sampled_from(INSTANTS).map(
    lambda instant: {"timestamp": instant}
)
_words = st.sampled_from(WORDS) | st.text("aÄä\u0301ßσΣ圣 %_'", max_size=4)
texts = st.recursive(
    named("name", "kind", "id") | _words,
    lambda inner: one(("casei", "accenti", "lower", "upper", "trim"), inner),
    max_leaves=3,
)
_quarters = st.integers(-12, 30).map(lambda number: number / 4)
numbers = st.recursive(
    named("floors", "height")
    | st.integers(-3, 8)
    | _quarters
    | op("char_length", texts)
    | one(("year", "month", "day"), _days | _instants),
    lambda inner: (
        one(("+", "-", "*", "/", "%", "div"), inner, inner)
        | op("^", inner, st.integers(-2, 3))
        | one(("abs", "floor", "ceil", "round"), inner)
    ),
    max_leaves=3,
)
_booleans = named("listed") | st.booleans()


@st.composite
def places(draw: st.DrawFn) -> Any:
    """A geometry literal whose sides lie on the grid."""

    def spot() -> list[float]:
        return [WEST + draw(st.integers(0, 9)) * GRID_DEG, SOUTH + draw(st.integers(0, 9)) * GRID_DEG]

    x, y = spot()
    wide, high = (draw(st.integers(1, 5)) * GRID_DEG for _ in range(2))
    ring = [[x, y], [x + wide, y], [x + wide, y + high], [x, y + high], [x, y]]
    line = [[x, y], [x + wide, y], [x + wide, y + high]]
    away = [[[lon + 8 * GRID_DEG, lat] for lon, lat in ring]]
    kind = draw(st.sampled_from(("Point", "LineString", "Polygon", "MultiPoint", "MultiPolygon", "bbox")))
    match kind:
        case "bbox":
            return {"bbox": [x, y, x + wide, y + high]}
        case "Point":
            return {"type": kind, "coordinates": [x, y]}
        case "MultiPoint":
            return {"type": kind, "coordinates": [[x, y], spot()]}
        case "LineString":
            return {"type": kind, "coordinates": line}
        case "Polygon":
            return {"type": kind, "coordinates": [ring]}
        case _:
            return {"type": kind, "coordinates": [[ring], away]}


_RELATIONS = tuple(
    f"s_{name}"
    for name in ("intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains")
)
_collections = st.lists(places().filter(lambda place: "type" in place), min_size=1, max_size=2).map(
    lambda members: {"type": "GeometryCollection", "geometries": members}
)
spatial = (
    one(_RELATIONS, named("geometry"), places())
    | one(_RELATIONS, places(), named("geometry"))
    | one(("s_intersects", "s_disjoint"), named("geometry"), _collections)
)
_intervals = st.sampled_from(
    [
        *(
            [start, end]
            for start in ("..", *DAYS)
            for end in ("..", *DAYS)
            if ".." in (start, end) or start <= end
        ),
        *([start, ".."] for start in INSTANTS),
        [{"property": "valid_from"}, {"property": "valid_to"}],
        [{"property": "built"}, ".."],
        [{"property": "built"}, {"property": "seen"}],
    ]
).map(lambda ends: {"interval": ends})
_times = _days | _instants | _intervals
temporal = one(
    tuple(
        f"t_{name}"
        for name in (
            *("after", "before", "contains", "disjoint", "during", "equals", "finishedBy", "finishes"),
            *("intersects", "meets", "metBy", "overlappedBy", "overlaps", "startedBy", "starts"),
        )
    ),
    _times,
    _times,
)
_arrays = one(
    ("a_contains", "a_containedBy", "a_equals", "a_overlaps"),
    *[st.lists(named("kind") | st.sampled_from("abc"), max_size=3)] * 2,
) | one(
    ("a_contains", "a_equals"), *[st.lists(named("floors") | st.integers(0, 3), min_size=1, max_size=2)] * 2
)
_patterns = st.text("aAÄä\u0301圣%_", max_size=4) | st.sampled_from(["50\\%", "a\\_b", "a\\\\b", "%街道"])
COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
comparisons = (
    one(COMPARISONS, numbers, numbers)
    | one(COMPARISONS, texts, texts)
    | one(COMPARISONS, _days | _instants, _days | _instants)
    | one(("=", "<>"), _booleans, _booleans)
    | op("between", numbers, numbers, numbers)
    | op("between", texts, texts, texts)
    | op("in", numbers, st.lists(numbers, min_size=1, max_size=3))
    | op("in", texts, st.lists(texts, min_size=1, max_size=3))
    | op("like", texts, _patterns)
    | op("like", op("casei", texts), op("casei", _patterns))
    | op("like", op("accenti", texts), op("accenti", _patterns))
    | op("isNull", numbers | texts | _booleans | _days | _instants | named("geometry"))
)
conditions = st.recursive(
    comparisons | spatial | temporal | _arrays | st.booleans(),
    lambda inner: (
        op("not", inner)
        | op("isNull", inner)
        | st.tuples(st.sampled_from(("and", "or")), st.lists(inner, min_size=2, max_size=4)).map(
            lambda made: {"op": made[0], "args": made[1]}
        )
    ),
    max_leaves=5,
)
"""Conditions of every kind."""
