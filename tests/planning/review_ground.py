"""Small grounds for the tests of the review: parcels cut gap-free, their outline, and a sound delivery."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import shapely

from planning.layers import contract
from planning.review.catalogue import shipped
from planning.review.model import Declared, Delivery, LayerState, Outcome
from planning.review.review import Review, review
from planning.review.subject import Against, Subject
from planning.sample.split import Cutting, pieces
from spatial.catalogue.city import read_city
from spatial.datum import frame, legal_areas_m2
from spatial.sample.plane import to_degrees

CITY = read_city("370783")
EPSG = 4549


@cache
def ground(count: int = 400, seed: int = 1) -> Any:
    """About so many parcels of a square, which together are the square; degrees of CGCS2000."""
    half = np.sqrt(count * 6500.0) / 2
    ring = to_degrees(np.array([[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]]))
    cut = pieces(ring, Cutting(6500.0, 28.0, 8), np.random.default_rng(seed))
    return np.array([shapely.MultiPolygon([shapely.Polygon(each.ring_deg)]) for each in cut], dtype=object)


def outline(shapes: Any) -> Any:
    """Their outline: by GEOS, which the review does not use for this."""
    return shapely.Polygon(shapely.coverage_union_all(shapes).exterior)


def layer(name: str, shapes: Any, **columns: Any) -> LayerState:
    """A layer whose features have codes of 18 digits of their own."""
    number = sorted(
        ("land-use-survey", "urban-boundary", "permanent-farmland", "planning-zones", name)
    ).index(name)
    keys = np.array([f"3707832090{number}{row:07d}" for row in range(len(shapes))], dtype=object)
    given = {field: np.array(values, dtype=object) for field, values in columns.items()}
    return LayerState(contract(name), Declared(name, "EPSG:4490"), keys, {"bsm": keys, **given}, shapes)


def survey(shapes: Any, **columns: Any) -> LayerState:
    """Parcels of the land survey, every fourth of them a road, with true areas."""
    count = len(shapes)
    areas = np.round(legal_areas_m2(shapes, frame("4549"), given_in=frame("4490")), 2).tolist()
    codes = ["1006" if row % 4 == 0 else "0102" for row in range(count)]
    names = ["农村道路" if row % 4 == 0 else "水浇地" for row in range(count)]
    share = [0.0 if row % 4 == 0 else 0.05 for row in range(count)]
    less = [round(area * part, 2) for area, part in zip(areas, share, strict=True)]
    net = [round(area - gone, 2) for area, gone in zip(areas, less, strict=True)]
    own = {
        "dlbm": codes, "dlmc": names, "tbmj": areas, "kcxs": share, "kcmj": less, "tbdlmj": net,
        "zldwdm": ["370783001001"] * count,
    }  # fmt: skip
    return layer("land-use-survey", shapes, **(own | columns))


def subject(*states: LayerState, area: Any = None, against: Against | None = None, **more: Any) -> Subject:
    """A delivery of these layers under review."""
    found = Delivery("测试成果", {each.id: each for each in states}, area, **more)
    return Subject(found, CITY, against)


def with_shapes(state: LayerState, shapes: Any) -> LayerState:
    return replace(state, shapes_4490=shapes)


def found_in(given: Subject, *groups: int) -> dict[str, Outcome]:
    """Outcomes with defects of some groups, by check."""
    wanted = [each.id for number in groups for each in shipped().group(number)]
    told: Review = review(given, wanted)
    return {each.check: each for each in told.outcomes if each.total}


def legal_m2(shapes: Any) -> list[float]:
    """Legal areas of shapes in degrees, m²."""
    found: list[float] = legal_areas_m2(shapes, frame("4549"), given_in=frame("4490")).tolist()
    return found


def changed(state: LayerState, name: str, row: int, value: object) -> LayerState:
    """The layer with another value in one row."""
    column = state.columns[name].copy()
    column[row] = value
    keys = column if name == "bsm" else state.keys
    return replace(state, keys=keys, columns={**state.columns, name: column})


def moved(state: LayerState, row: int, change: Any) -> LayerState:
    """The layer with the coordinates of one shape changed."""
    assert state.shapes_4490 is not None
    shapes = state.shapes_4490.copy()
    shapes[row] = shapely.MultiPolygon([shapely.Polygon(change(shapely.get_coordinates(shapes[row])))])
    return with_shapes(state, shapes)
