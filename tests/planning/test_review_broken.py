"""Shapes that are none: each is a finding, and hides nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from review_ground import ground, layer, outline, subject, survey, with_shapes

from planning.review.report import report
from planning.review.review import review

_X, _Y = 118.83, 37.0
_BOX = shapely.box(_X, _Y, _X + 1e-3, _Y + 1e-3)


def _without_place(value: float) -> Any:
    with np.errstate(invalid="ignore"):
        return shapely.Polygon([(_X, _Y), (_X, value), (_X, _Y + 1e-3)])


BROKEN = [
    None,
    shapely.Polygon(),
    shapely.Point(_X, _Y),
    shapely.Polygon([(_X, _Y), (_X + 1e-4, _Y), (_X, _Y)]),
    shapely.Polygon([(_X, _Y)] * 4),
    shapely.Polygon([(_X, _Y), (_X + 1e-3, _Y), (_X + 2e-3, _Y)]),
    shapely.Polygon([(_X, _Y), (_X + 1e-3, _Y + 1e-3), (_X + 1e-3, _Y), (_X, _Y + 1e-3)]),
    shapely.MultiPolygon([_BOX, _BOX]),
    shapely.Polygon(_BOX.exterior, [_BOX.exterior]),
    shapely.GeometryCollection([_BOX, shapely.Point(_X, _Y)]),
    _without_place(np.nan),
    _without_place(np.inf),
    shapely.box(200, 100, 201, 101),
    shapely.box(0, 0, 1e-9, 1e-9),
]


@pytest.mark.parametrize("shape", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_shape_is_a_finding_and_hides_nothing_else(shape: Any) -> None:
    sound = ground(100, 4)
    shapes = np.append(sound, [sound[3], None])
    shapes[-1] = shape
    states = [
        survey(np.append(sound, [sound[3], sound[3]]), dlbm=["0101"] * len(shapes), tbmj=[1.0] * len(shapes))
    ]
    states += [
        layer(name, shapes, ghfqdm=["400"] * len(shapes)) for name in ("planning-zones", "urban-boundary")
    ]
    states[0] = with_shapes(states[0], shapes)
    given = subject(*states, area=outline(sound))
    told = review(given)
    json.dumps(report(given, told, datetime.now(UTC)), allow_nan=False)
    found = {each.check for each in told.outcomes if each.total and each.layer == "land-use-survey"}
    assert found & {"geometry-missing", "geometry-invalid", "geometry-type", "outside-city"}
    assert {"overlap", "area-differs"} <= found, "the twin and the wrong areas are found beside it"
